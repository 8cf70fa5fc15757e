// The BrokerSession port: one connection to a broker, from accepted to closed. It never reconnects; whoever holds it opens
// another.

export interface BrokerMessage {
  readonly topic: string;
  /** JSON text, or bytes; empty clears a retained topic. */
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  /** The session's where absent. */
  readonly qos?: 0 | 1;
  readonly properties?: MessageProperties;
}

/** What MQTT 5 can say of a message; nothing of it travels over 3.1.1. */
export interface MessageProperties {
  readonly contentType?: string;
  /** The broker forgets it after this long, s. */
  readonly expiryS?: number;
  readonly user?: Readonly<Record<string, string>>;
  readonly correlationData?: Uint8Array;
}

export interface ReceivedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
  /** Where the sender wants the answer, MQTT 5. */
  readonly responseTopic?: string | undefined;
  /** To be sent back with the answer, MQTT 5. */
  readonly correlationData?: Uint8Array | undefined;
}

/**
 * What became of a published message: at the broker, or refused by it. `message`: this one will never do (too large); `rights`:
 * all like it are refused (access list, quota), until a person or time changes that.
 */
export type PublishResult =
  | { readonly result: 'acknowledged' }
  | { readonly result: 'refused'; readonly because: 'message' | 'rights'; readonly reason: string };

export interface BrokerSession {
  readonly protocolVersion: ProtocolVersion;
  /** Messages that may be unacknowledged at once, as the broker asks. */
  readonly receiveMaximum: number;
  /** Settles when the broker has answered; never, when the session closes before. */
  publish(message: BrokerMessage): Promise<PublishResult>;
  /** Rejects with MQTT_REFUSED. */
  subscribe(filter: string): Promise<void>;
  /** Orderly: the broker does not send the will. */
  close(): Promise<void>;
  /** At once, for `reason`, which `closed` hears; the broker sends the will. */
  abort(reason?: string): void;
}

/** MQTT 5, or 3.1.1. */
export type ProtocolVersion = 5 | 4;

export interface SessionSettings {
  readonly url: string;
  readonly clientId: string;
  readonly username: string | undefined;
  /** Never logged, never in an error. */
  readonly password: string | undefined;
  readonly tls: {
    readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer; readonly verify: boolean;
    /** Name that the broker's certificate must carry, where it is not that of the address. */
    readonly serverName?: string;
  };
  readonly qos: 0 | 1;
  readonly will: BrokerMessage;
  readonly protocolVersion: ProtocolVersion;
}

export interface SessionEvents {
  message(message: ReceivedMessage): void;
  /** Once, after the session was open and not by our own close. */
  closed(reason: string): void;
}

/**
 * Opens a session. Rejects with MQTT_REFUSED (credentials, rights, certificate: a person must act) or MQTT_UNAVAILABLE (try
 * again later); `context.versionRefused` where another protocol version may do.
 */
export type OpenSession = (settings: SessionSettings, events: SessionEvents) => Promise<BrokerSession>;
