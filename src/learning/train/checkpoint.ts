// Where a training stands, in a file: everything that the steps to come depend on and that does not follow from the settings.
//
//   "SLCK" ─ CRC-32 of all behind it ─ length of the header ─ header, JSON, padded to 4 ─ tensors, float32, one behind the other
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { TrainingState } from './training-session.ts';
import { writeWhole } from './write-whole.ts';

const MAGIC = 0x4b434c53;
const PREFIX_BYTES = 12;
/** Where the part begins that the checksum covers. */
const COVERED_FROM = 8;
const PARTS = ['weights', 'averages', 'moments'] as const;

const position = z.strictObject({
  /** Digest of all that must be the same for the numbers to be: settings, data, backbone. */
  identity: z.string(),
  /** Passes over the data that are complete. */
  epoch: z.int().min(0),
  /** Steps of the pass that is not. */
  stepsInEpoch: z.int().min(0),
  /** Loss of these steps, summed. */
  lossSum: z.number(),
  /** The pass after which the weights were best; `best-N.onnx` beside the checkpoint holds them. */
  best: z.strictObject({ epoch: z.int().min(0), accuracy: z.number(), negativeLogLikelihood: z.number(), renderingsAccuracy: z.number().optional() }).nullable(),
});

const header = z.strictObject({
  format: z.literal(1),
  position,
  tensors: z.array(z.strictObject({ part: z.enum(PARTS), name: z.string(), length: z.int().min(0) })),
});

export type Position = z.output<typeof position>;

export interface Checkpoint {
  readonly position: Position;
  readonly state: TrainingState;
}

/** Replaces the checkpoint at `path`. Throws TRAIN_WRITE_FAILED; the earlier one then stays. */
export function writeCheckpoint(path: string, { position, state }: Checkpoint): void {
  const entries = PARTS.flatMap((part) => [...state[part]].map(([name, data]) => ({ part, name, data })));
  const bytes = entries.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const text = JSON.stringify({ format: 1, position, tensors: entries.map(({ part, name, data }) => ({ part, name, length: data.length })) } satisfies z.input<typeof header>);
  const padded = Buffer.from(text + ' '.repeat(-Buffer.byteLength(text) & 3));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(MAGIC, 0);
  prefix.writeUInt32LE(padded.length, COVERED_FROM);
  prefix.writeUInt32LE([prefix.subarray(COVERED_FROM), padded, ...bytes].reduce((sum, part) => crc32(part, sum), 0), 4);
  writeWhole(path, [prefix, padded, ...bytes], 'the checkpoint');
}

/** Throws TRAIN_CHECKPOINT_INVALID where the file is missing, damaged or of another version. */
export function readCheckpoint(path: string): Checkpoint {
  const refuse = (problem: string, cause?: unknown): SortlineError => new SortlineError('TRAIN_CHECKPOINT_INVALID', `the checkpoint ${path} cannot be used: ${problem}; start the training anew`, { context: { path }, cause });
  try {
    const file = readFileSync(path);
    if (file.length < PREFIX_BYTES || file.readUInt32LE(0) !== MAGIC) throw refuse('it is no checkpoint of Sortline');
    if (crc32(file.subarray(COVERED_FROM)) !== file.readUInt32LE(4)) throw refuse('it is damaged');
    const start = PREFIX_BYTES + file.readUInt32LE(COVERED_FROM);
    const { position: at, tensors } = header.parse(JSON.parse(file.toString('utf8', PREFIX_BYTES, start)));
    const values = file.subarray(start);
    if (values.length !== 4 * tensors.reduce((sum, { length }) => sum + length, 0)) throw refuse('its header and its values do not fit');
    return { position: at, state: stateOf(tensors, values) };
  } catch (cause) {
    throw cause instanceof SortlineError ? cause : refuse(reasonOf(cause), cause);
  }
}

function stateOf(tensors: z.output<typeof header>['tensors'], values: Buffer): TrainingState {
  const state = { weights: new Map<string, Float32Array>(), averages: new Map<string, Float32Array>(), moments: new Map<string, Float32Array>() };
  let at = 0;
  for (const { part, name, length } of tensors) {
    const data = new Float32Array(length);
    new Uint8Array(data.buffer).set(values.subarray(at, at + 4 * length));
    state[part].set(name, data);
    at += 4 * length;
  }
  return state;
}
