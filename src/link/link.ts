// The Link port: what the line hears from, and tells, the microcontroller. Expected outcomes are values.
import type { EncoderCounts } from '../base/units.ts';
import type { FireCommand } from '../domain/decision.ts';
import type { BeltSample } from '../domain/frame.ts';

/** The board's own state machine, firmware-protocol.md § State machine. */
export type BoardState = 'safe' | 'armed';

/** Why the board is in its safe state. */
export type SafeCause = 'boot' | 'host-request' | 'heartbeat-lost' | 'e-stop' | 'jam' | 'fault';

export interface BoardHello {
  readonly protocolVersion: number;
  readonly firmware: string;
  /** Changes at every reset of the board; commands sent before are gone. */
  readonly bootId: number;
  readonly outputCount: number;
  /** Commands the board can hold. */
  readonly queueDepth: number;
}

export type SensorEvent =
  | { readonly sensor: 'bin-full'; readonly output: number; readonly active: boolean }
  | { readonly sensor: 'e-stop'; readonly active: boolean }
  | { readonly sensor: 'jam'; readonly active: boolean };

/** Another protocol version; fewer outputs than are configured; a configuration that the board does not accept. */
export type LinkRefusalCode = 'LINK_VERSION' | 'LINK_OUTPUTS' | 'LINK_PROTOCOL';

export type LinkEvent =
  /** Hello exchanged and outputs configured; the board is safe until armed. `rebooted` when its boot id is new. */
  | { readonly kind: 'link.up'; readonly hello: BoardHello; readonly rebooted: boolean }
  | { readonly kind: 'link.down'; readonly reason: string; readonly retryInMs: number }
  /** The other side cannot be used (protocol version, output count): retried, but a person must act. */
  | { readonly kind: 'link.refused'; readonly code: LinkRefusalCode; readonly message: string }
  | { readonly kind: 'belt.sample'; readonly sample: BeltSample }
  | { readonly kind: 'board.state'; readonly state: BoardState; readonly cause: SafeCause | undefined }
  | { readonly kind: 'command.fired'; readonly commandId: number; readonly firedAtCounts: EncoderCounts; readonly targetCounts: EncoderCounts }
  | { readonly kind: 'command.missed'; readonly commandId: number; readonly cause: 'late' | 'cancelled' | 'inhibited' }
  | { readonly kind: 'board.sensor'; readonly event: SensorEvent };

/** Why the board refused a request, firmware-protocol.md § Firing and § State machine; `interlock`: E-stop or jam is active. */
export type RejectionReason =
  | 'late' | 'queue-full' | 'bad-output' | 'not-armed' | 'duplicate' | 'too-far'
  | 'interlock' | 'not-configured' | 'bad-request' | 'bad-config';

/** What became of a command on its way to the board; fired or missed is reported later. */
export type CommandResult =
  | { readonly result: 'acked' }
  | { readonly result: 'rejected'; readonly reason: RejectionReason }
  | { readonly result: 'timed-out' }
  | { readonly result: 'closed' };

export interface LinkStats {
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly retransmissions: number;
  /** Frames thrown away: CRC, length, framing. */
  readonly framesInvalid: number;
  readonly roundTripMs: number | undefined;
}

export interface Link {
  /** Opens the transport and keeps it open, with back-off; never throws for an absent device. */
  start(): void;
  /** Queues into the window; resolves once. A full window makes it wait: back-pressure. */
  schedule(command: FireCommand): Promise<CommandResult>;
  cancel(commandId: number): Promise<CommandResult>;
  cancelAll(): Promise<CommandResult>;
  /** Asks the board to accept fire commands (and run the belt); only after an operator's start. */
  arm(): Promise<CommandResult>;
  /** Outputs to their safe values, queue flushed, belt stopped. */
  safe(): Promise<CommandResult>;
  readonly stats: LinkStats;
  stop(): Promise<void>;
}

export type LinkSink = (event: LinkEvent) => void;

/** Static per-output contract, sent at every connect; the board enforces it without the host. */
export interface OutputConfig {
  readonly output: number;
  /** Longest time on, ms. */
  readonly maxOnMs: number;
  /** Value in the safe state. */
  readonly safeOn: boolean;
}
