// The message table of protocol version 1, as data: both sides, the document's tables and the test vectors derive from it.
// firmware-protocol.md § Messages. Bit 7 of an id is the direction; low bits of 0x10 and above are delivered reliably.

export type FieldType = 'u8' | 'u16' | 'u32' | 'i32' | 'ascii16';

export interface FieldSpec {
  readonly name: string;
  readonly type: FieldType;
  /** '' where the number has no unit. */
  readonly unit: string;
  /** Allowed values, both included; the whole type where absent. */
  readonly min?: number;
  readonly max?: number;
  /** The byte is an index into these names. */
  readonly values?: readonly string[];
}

export interface MessageSpec {
  readonly id: number;
  readonly from: 'host' | 'board';
  readonly fields: readonly FieldSpec[];
}

export const PROTOCOL_VERSION = 1;
/** A target further ahead than this is refused as `too-far`. */
export const MAX_AHEAD_COUNTS = 2 ** 30;
/** Frames in flight per direction, at most. */
export const MAX_WINDOW = 8;

export const RESET_CAUSES = ['unknown', 'power-on', 'external', 'brown-out', 'watchdog', 'software'] as const;
export const BOARD_STATES = ['safe', 'armed'] as const;
export const SAFE_CAUSES = ['none', 'boot', 'host-request', 'heartbeat-lost', 'e-stop', 'jam', 'fault'] as const;
export const FAULTS = ['none', 'encoder-reversed', 'encoder-implausible', 'output-failed', 'internal'] as const;
export const RESULT_CODES = [
  'ok', 'late', 'queue-full', 'bad-output', 'not-armed', 'duplicate', 'too-far', 'interlock', 'not-configured', 'bad-request', 'bad-config',
] as const;
export const MISSED_CAUSES = ['late', 'cancelled', 'inhibited'] as const;

/** Bits of `hello.reply.capabilities`. */
export const CAPABILITY = { quadrature: 1, beltControl: 2, binFullSensors: 4, jamSensor: 8, eStopInput: 16 } as const;
/** Bits of `board.state.inputs`. */
export const INPUT = { eStop: 1, jam: 2, beltRunning: 4 } as const;
/** Bits of `config.output.flags`. */
export const OUTPUT_FLAG = { safeOn: 1 } as const;

const commandId = { name: 'commandId', type: 'u16', unit: '', min: 1 } as const;
const output = { name: 'output', type: 'u8', unit: '', max: 31 } as const;
const atTicks = { name: 'atTicks', type: 'u32', unit: 'µs' } as const;
const atCount = { name: 'atCount', type: 'u32', unit: 'counts' } as const;
const countsPerSecond = { name: 'countsPerSecond', type: 'i32', unit: 'counts/s' } as const;
const configCrc = { name: 'configCrc', type: 'u16', unit: '' } as const;
const minVersion = { name: 'minVersion', type: 'u8', unit: '', min: 1 } as const;
const maxVersion = { name: 'maxVersion', type: 'u8', unit: '', min: 1 } as const;
const nonce = { name: 'nonce', type: 'u32', unit: '' } as const;
/** Bit n: the frame 1 + n after the expected one is here. */
const kept = { name: 'kept', type: 'u8', unit: '', max: 0x7f } as const;
const token = { name: 'token', type: 'u16', unit: '' } as const;

export const MESSAGES = {
  'hello.ask': { id: 0x01, from: 'host', fields: [minVersion, maxVersion, { ...nonce, min: 1 }] },
  'heartbeat.ask': { id: 0x02, from: 'host', fields: [token] },
  'host.ack': { id: 0x03, from: 'host', fields: [] },
  'host.nak': { id: 0x04, from: 'host', fields: [kept] },
  'config.begin': {
    id: 0x10, from: 'host', fields: [
      { name: 'outputCount', type: 'u8', unit: '', max: 32 },
      { name: 'heartbeatTimeoutMs', type: 'u16', unit: 'ms', min: 100, max: 5000 },
      { name: 'beltPeriodMs', type: 'u8', unit: 'ms', min: 5, max: 250 },
      { name: 'maxLateCounts', type: 'u16', unit: 'counts' },
    ],
  },
  'config.output': {
    id: 0x11, from: 'host', fields: [
      output,
      { name: 'flags', type: 'u8', unit: '', max: 1 },
      { name: 'maxOnMs', type: 'u16', unit: 'ms', min: 1, max: 60000 },
    ],
  },
  'config.commit': { id: 0x12, from: 'host', fields: [configCrc] },
  'board.arm': { id: 0x13, from: 'host', fields: [] },
  'board.safe': { id: 0x14, from: 'host', fields: [] },
  'fire.schedule': {
    id: 0x15, from: 'host', fields: [
      commandId,
      output,
      { name: 'fireAtCount', type: 'u32', unit: 'counts' },
      { name: 'holdUs', type: 'u32', unit: 'µs', min: 100, max: 60_000_000 },
    ],
  },
  'fire.cancel': { id: 0x16, from: 'host', fields: [commandId] },
  'fire.cancelAll': { id: 0x17, from: 'host', fields: [] },

  'hello.reply': {
    id: 0x81, from: 'board', fields: [
      minVersion,
      maxVersion,
      { name: 'version', type: 'u8', unit: '' },
      { name: 'resetCause', type: 'u8', unit: '', values: RESET_CAUSES },
      nonce,
      { name: 'bootId', type: 'u32', unit: '' },
      { name: 'outputCount', type: 'u8', unit: '', min: 1, max: 32 },
      { name: 'queueDepth', type: 'u8', unit: 'commands', min: 1 },
      { name: 'window', type: 'u8', unit: 'frames', min: 1, max: MAX_WINDOW },
      { name: 'capabilities', type: 'u16', unit: '' },
      { name: 'countsPerMetre', type: 'u32', unit: 'counts/m' },
      { name: 'maxCountsPerSecond', type: 'u32', unit: 'counts/s', min: 1 },
      { name: 'firmware', type: 'ascii16', unit: '' },
    ],
  },
  'heartbeat.reply': {
    id: 0x82, from: 'board', fields: [token, atTicks, atCount, countsPerSecond, { name: 'queueFree', type: 'u8', unit: 'commands' }],
  },
  'board.ack': { id: 0x83, from: 'board', fields: [] },
  'board.nak': { id: 0x84, from: 'board', fields: [kept] },
  'belt.sample': { id: 0x85, from: 'board', fields: [atTicks, atCount, countsPerSecond] },
  'request.result': {
    id: 0x90, from: 'board', fields: [
      { name: 'requestSeq', type: 'u8', unit: '' },
      { name: 'code', type: 'u8', unit: '', values: RESULT_CODES },
      { name: 'detail', type: 'u16', unit: '' },
    ],
  },
  'fire.fired': { id: 0x91, from: 'board', fields: [commandId, atCount] },
  'fire.missed': { id: 0x92, from: 'board', fields: [commandId, { name: 'cause', type: 'u8', unit: '', values: MISSED_CAUSES }, atCount] },
  'board.state': {
    id: 0x93, from: 'board', fields: [
      { name: 'state', type: 'u8', unit: '', values: BOARD_STATES },
      { name: 'cause', type: 'u8', unit: '', values: SAFE_CAUSES },
      { name: 'fault', type: 'u8', unit: '', values: FAULTS },
      { name: 'inputs', type: 'u8', unit: '' },
      { name: 'binFull', type: 'u32', unit: '' },
      configCrc,
    ],
  },
} as const satisfies Record<string, MessageSpec>;

export type MessageKind = keyof typeof MESSAGES;

type ValueOf<F> = F extends { readonly values: readonly (infer V)[] } ? V : F extends { readonly type: 'ascii16' } ? string : number;
type FieldsOf<K extends MessageKind> = {
  readonly [F in (typeof MESSAGES)[K]['fields'][number] as F['name']]: ValueOf<F>;
};

/** One message with its fields; `kind` is the key of {@link MESSAGES}. */
export type MessageOf<K extends MessageKind> = { readonly kind: K } & FieldsOf<K>;
export type Message = { [K in MessageKind]: MessageOf<K> }[MessageKind];
type KindFrom<S extends 'host' | 'board'> = { [K in MessageKind]: (typeof MESSAGES)[K]['from'] extends S ? K : never }[MessageKind];
export type HostMessage = { [K in KindFrom<'host'>]: MessageOf<K> }[KindFrom<'host'>];
export type BoardMessage = { [K in KindFrom<'board'>]: MessageOf<K> }[KindFrom<'board'>];

/** Whether frames with this id carry a sequence number and are repeated until acknowledged. */
export function isReliableId(id: number): boolean {
  return (id & 0x7f) >= 0x10;
}
