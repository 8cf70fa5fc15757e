// The only import of mqtt: a BrokerSession over MQTT.js. Its own reconnecting, storing and resubscribing are switched off,
// because the outbox and the connection above do them with the line's clock and policy.
import { connect } from 'mqtt';
import type { IClientOptions, IClientPublishOptions, MqttClient } from 'mqtt';
import { SortlineError } from '../base/errors.ts';
import type { BrokerMessage, BrokerSession, MessageProperties, ProtocolVersion, PublishResult, SessionEvents, SessionSettings } from './broker-session.ts';

const KEEPALIVE_S = 15;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_PACKET_IDS = 65_535;
// Reason codes of CONNACK, MQTT 3.1.1 § 3.2.2.3 and MQTT 5 § 3.2.2.2.
const VERSION_REFUSED = [1, 132];
const PERSON_MUST_ACT = [2, 4, 5, 133, 134, 135, 138, 140];
// Of PUBACK, MQTT 5 § 3.4.2.1 and § 4.13: topic name invalid, packet too large, payload format invalid.
const MESSAGE_IS_WRONG = [144, 149, 153];

/** See {@link OpenSession}. */
export function openMqttSession(settings: SessionSettings, events: SessionEvents): Promise<BrokerSession> {
  return new Promise((resolve, reject) => {
    const client = connect(settings.url, clientOptions(settings));
    let phase: 'opening' | 'open' | 'over' = 'opening';
    let lastError: Error | undefined;
    const over = (): void => {
      const before = phase;
      phase = 'over';
      client.end(true);
      if (before === 'opening') reject(refusal(settings, lastError));
      if (before === 'open') events.closed(lastError?.message ?? 'the broker closed the connection');
    };
    client.on('connect', (connack) => {
      phase = 'open';
      resolve(sessionOf(client, settings, {
        receiveMaximum: connack.properties?.receiveMaximum ?? MAX_PACKET_IDS,
        closing: () => { phase = 'over'; },
        abort: (reason) => {
          lastError = new Error(reason);
          over();
        },
      }));
    });
    client.on('message', (topic, payload, { retain: retained, properties }) => events.message({
      topic, payload, retained, responseTopic: properties?.responseTopic, correlationData: properties?.correlationData,
    }));
    client.on('disconnect', (packet) => { lastError = new Error(`the broker ended the connection: ${disconnectReason(packet.reasonCode, settings.clientId)}`); });
    client.on('error', (error) => {
      lastError = error;
      if (phase === 'opening') over();
    });
    client.on('close', over);
  });
}

function clientOptions(settings: SessionSettings): IClientOptions {
  const { clientId, username, password, tls, qos, will, protocolVersion } = settings;
  return {
    clientId, protocolVersion, clean: true, keepalive: KEEPALIVE_S, connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: 0, resubscribe: false, queueQoSZero: false,
    will: { topic: will.topic, payload: Buffer.from(will.payload), retain: will.retain, qos: will.qos ?? qos },
    rejectUnauthorized: tls.verify,
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
    ...(username !== undefined && { username }), ...(password !== undefined && { password }),
    ...(tls.ca !== undefined && { ca: tls.ca }), ...(tls.cert !== undefined && { cert: tls.cert }), ...(tls.key !== undefined && { key: tls.key }),
  };
}

interface Ending {
  readonly receiveMaximum: number;
  closing(): void;
  abort(reason: string): void;
}

function sessionOf(client: MqttClient, settings: SessionSettings, { receiveMaximum, closing, abort }: Ending): BrokerSession {
  const { protocolVersion } = settings;
  const publish = ({ topic, payload, retain, qos = settings.qos, properties }: BrokerMessage): Promise<PublishResult> => new Promise((resolve) => {
    client.publish(topic, payload as string | Buffer, { qos, retain, ...propertiesOf(properties, protocolVersion) }, (error) => {
      if (error === undefined || error === null) resolve({ result: 'acknowledged' });
      // Other errors mean that the connection is going away: whoever holds the session hears `closed`.
      else if ('code' in error && typeof error.code === 'number') {
        resolve({ result: 'refused', because: MESSAGE_IS_WRONG.includes(error.code) ? 'message' : 'rights', reason: error.message });
      }
    });
  });
  const subscribe = (filter: string): Promise<void> => new Promise((resolve, reject) => {
    client.subscribe(filter, { qos: settings.qos }, (error, granted) => {
      const isRefused = granted?.some((grant) => grant.qos >= 128);
      if (error === null && isRefused !== true) resolve();
      else reject(new SortlineError('MQTT_REFUSED', `the broker ${withoutCredentials(settings.url)} did not let ${settings.clientId} subscribe to ${filter}: remote requests do not arrive. Allow it in the broker's access list.`, { cause: error }));
    });
  });
  const close = (): Promise<void> => {
    closing();
    return new Promise((resolve) => void client.end(false, {}, () => resolve()));
  };
  return { protocolVersion, receiveMaximum, publish, subscribe, close, abort: (reason = 'given up') => abort(reason) };
}

function propertiesOf(properties: MessageProperties | undefined, protocolVersion: ProtocolVersion): Pick<IClientPublishOptions, 'properties'> {
  if (protocolVersion !== 5 || properties === undefined) return {};
  const { contentType, expiryS, user, correlationData } = properties;
  return {
    properties: {
      ...(contentType !== undefined && { contentType }), ...(expiryS !== undefined && { messageExpiryInterval: expiryS }),
      ...(user !== undefined && { userProperties: user }), ...(correlationData !== undefined && { correlationData: correlationData as Buffer }),
    },
  };
}

function refusal({ url, clientId, username, protocolVersion }: SessionSettings, error: Error | undefined): SortlineError {
  const broker = withoutCredentials(url);
  const reasonCode = error !== undefined && 'code' in error ? error.code : undefined;
  const reason = error?.message || 'it closed the connection without a word';
  if (typeof reasonCode === 'number' && PERSON_MUST_ACT.includes(reasonCode)) {
    const who = username === undefined ? 'no user name' : `user name ${username}`;
    return new SortlineError('MQTT_REFUSED', `the broker ${broker} refused client ${clientId} with ${who}: ${reason}. Correct \`mqtt.username\` and \`mqtt.password\`, or the broker's access list.`, { context: { broker, clientId, reasonCode } });
  }
  if (isCertificateError(reasonCode)) {
    return new SortlineError('MQTT_REFUSED', `${certificateTrouble(broker, String(reasonCode))} (${reason})`, { context: { broker, reasonCode } });
  }
  // Some brokers that speak only 3.1.1 hang up on MQTT 5 instead of refusing it (NATS does).
  const versionRefused = error === undefined || (typeof reasonCode === 'number' && VERSION_REFUSED.includes(reasonCode));
  return new SortlineError('MQTT_UNAVAILABLE', `the broker ${broker} cannot be reached: ${reason}. Check that it runs, and \`mqtt.url\`.`, { context: { broker, protocolVersion, versionRefused }, cause: error });
}

/** OpenSSL's and Node's codes: `ERR_TLS_…`, `SELF_SIGNED_CERT_…`, `UNABLE_TO_VERIFY_…`, `ERR_SSL_…_ALERT_CERTIFICATE_REQUIRED`. */
function isCertificateError(code: unknown): boolean {
  return typeof code === 'string' && /CERT|ERR_TLS|UNABLE_TO_|_ALERT_UNKNOWN_CA|HANDSHAKE_FAILURE/.test(code);
}

function certificateTrouble(broker: string, code: string): string {
  if (/_ALERT_|HANDSHAKE/.test(code)) return `the broker ${broker} does not take this line without a certificate, or not with the one it has. Set \`mqtt.tls.certFile\` and \`mqtt.tls.keyFile\` to one that the broker's authority signed`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate of the broker ${broker} is for another name. Put the name it carries into \`mqtt.url\`, or into \`mqtt.tls.serverName\``;
  return `the certificate of the broker ${broker} is not trusted. Set \`mqtt.tls.caFile\` to the authority that signed it`;
}

/** MQTT 5 § 3.14.2.1; 142 is what two lines under one client id do to each other. */
function disconnectReason(code: number | undefined, clientId: string): string {
  if (code === 142) return `another client uses the client id ${clientId}; give each line its own \`mqtt.clientId\``;
  return code === 139 ? 'it is shutting down' : `reason code ${code ?? 0}`;
}

export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}
