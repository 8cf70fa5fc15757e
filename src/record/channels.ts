// The channels of a recording, and entries to messages and back. Frames are foxglove.CompressedImage; all else is JSON with a JSON
// Schema, so that any reader of MCAP shows it. A change that an older reader would misunderstand raises FORMAT_VERSION.
//
//   /camera  /camera/info  /belt  /serial/in  /serial/out  /board  /label  /note  /item/seen …  /alarm/raised …  /line/state …
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';
import { COMPRESSED_IMAGE, compressedImageDescriptor, decodeCompressedImage, encodeCompressedImage } from './compressed-image.ts';
import { LINE_EVENT_SCHEMAS, LINK_EVENT_SCHEMA } from './event-schemas.ts';
import type { McapChannel } from './mcap.ts';
import type { RecordedFrame, RecordEntry } from './record-entry.ts';

export const FORMAT_VERSION = 1;
/** Profile of the MCAP header. */
export const PROFILE = 'sortline';
const NO_BYTES = new Uint8Array(0);
const CAMERA_TOPIC = '/camera';
const CAMERA_FRAME = 'camera';

const atNs = z.number().describe('Host monotonic time, ns.');
const frameInfo = z.object({
  capturedAtNs: atNs, sequence: z.number().describe('Number of the frame; a gap is one that was not looked at.'),
  encoderCounts: z.number().describe('Belt encoder at the exposure, counts.'), width: z.int().positive(), height: z.int().positive(),
});
const serialBytes = z.object({ atNs, data: z.base64().describe('The bytes, base64.') });

/** Schema of each JSON channel, by topic. */
const JSON_SCHEMAS: Readonly<Record<string, { readonly name: string; readonly schema: z.ZodType }>> = {
  '/camera/info': { name: 'sortline.FrameInfo', schema: frameInfo },
  '/belt': { name: 'sortline.BeltSample', schema: z.object({ atNs, counts: z.number(), countsPerSecond: z.number() }) },
  '/serial/in': { name: 'sortline.SerialBytes', schema: serialBytes },
  '/serial/out': { name: 'sortline.SerialBytes', schema: serialBytes },
  '/board': { name: 'sortline.BoardEvent', schema: z.object({ atNs, event: LINK_EVENT_SCHEMA }) },
  '/label': { name: 'sortline.Label', schema: z.object({ atNs, material: z.enum(MATERIALS), positionCounts: z.number(), yMm: z.number().optional(), itemId: z.string().optional() }) },
  '/note': { name: 'sortline.Note', schema: z.object({ atNs, text: z.string() }) },
  ...Object.fromEntries(Object.entries(LINE_EVENT_SCHEMAS).map(([kind, schema]) => [topicOf(kind as LineEvent['kind']), { name: `sortline.${kind}`, schema }])),
};

const VERSION_METADATA = new Map([['sortline-format', String(FORMAT_VERSION)]]);

/** All channels, as a file declares them at its beginning. */
export function channels(): McapChannel[] {
  return [
    { topic: CAMERA_TOPIC, schemaName: COMPRESSED_IMAGE, schemaEncoding: 'protobuf', schemaData: compressedImageDescriptor(), messageEncoding: 'protobuf', metadata: new Map() },
    ...Object.entries(JSON_SCHEMAS).map(([topic, { name, schema }]): McapChannel => ({
      topic, schemaName: name, schemaEncoding: 'jsonschema', schemaData: Buffer.from(JSON.stringify(z.toJSONSchema(schema))), messageEncoding: 'json', metadata: VERSION_METADATA,
    })),
  ];
}

export interface TopicMessage {
  readonly topic: string;
  readonly data: Uint8Array;
}

/** The messages of an entry, in the order in which they must stand. `wallOffsetNs` turns monotonic into wall time. */
export function messagesOf(entry: RecordEntry, wallOffsetNs: bigint): TopicMessage[] {
  switch (entry.kind) {
    case 'frame': return frameMessages(entry.frame, wallOffsetNs);
    case 'belt': return [json('/belt', entry.sample)];
    case 'serial': return [json(entry.direction === 'in' ? '/serial/in' : '/serial/out', { atNs: entry.atNs, data: Buffer.from(entry.bytes).toString('base64') })];
    case 'board': return [json('/board', { atNs: entry.atNs, event: entry.event })];
    case 'event': return [json(topicOf(entry.event.kind), entry.event)];
    case 'label': return [json('/label', { atNs: entry.atNs, ...entry.label })];
    case 'note': return [json('/note', { atNs: entry.atNs, text: entry.text })];
  }
}

/** Messages back to entries, in the order of the file. */
export class EntryDecoder {
  readonly #withPictures: boolean;
  /** Told just before its picture. */
  #info: z.output<typeof frameInfo> | undefined;

  constructor(options: { readonly pictures: boolean }) {
    this.#withPictures = options.pictures;
  }

  /** The entry that the message completes; undefined for half of one, and for topics that are not ours. Throws RECORD_DAMAGED. */
  decode({ topic, data }: TopicMessage): RecordEntry | undefined {
    if (topic === CAMERA_TOPIC) return this.#frame(data);
    const known = JSON_SCHEMAS[topic];
    if (known === undefined) return undefined;
    const value = parsed(topic, known.schema, data);
    if (topic === '/camera/info') {
      this.#info = value as z.output<typeof frameInfo>;
      return undefined;
    }
    return entryOf(topic, value as { readonly atNs: number });
  }

  #frame(data: Uint8Array): RecordEntry {
    const info = this.#info;
    this.#info = undefined;
    if (info === undefined) throw new SortlineError('RECORD_DAMAGED', 'a picture of the recording stands alone: the message that says when it was taken is missing');
    const { format, data: picture } = decodeCompressedImage(data);
    if (format !== 'jpeg' && format !== 'png') throw new SortlineError('RECORD_DAMAGED', `a picture of the recording has the format '${format}': expected jpeg or png`);
    const { sequence, capturedAtNs, encoderCounts, width, height } = info;
    return { kind: 'frame', atNs: capturedAtNs, frame: { sequence, capturedAtNs, encoderCounts, size: { width, height }, format, data: this.#withPictures ? picture.slice() : NO_BYTES } };
  }
}

function entryOf(topic: string, value: { readonly atNs: number }): RecordEntry {
  const { atNs: at, ...rest } = value;
  switch (topic) {
    case '/belt': return { kind: 'belt', atNs: at, sample: value as Extract<RecordEntry, { kind: 'belt' }>['sample'] };
    case '/serial/in':
    case '/serial/out': return { kind: 'serial', atNs: at, direction: topic === '/serial/in' ? 'in' : 'out', bytes: Buffer.from((rest as { data: string }).data, 'base64') };
    case '/board': return { kind: 'board', atNs: at, ...(rest as Pick<Extract<RecordEntry, { kind: 'board' }>, 'event'>) };
    case '/label': return { kind: 'label', atNs: at, label: rest as Extract<RecordEntry, { kind: 'label' }>['label'] };
    case '/note': return { kind: 'note', atNs: at, text: (rest as { text: string }).text };
    default: return { kind: 'event', atNs: at, event: value as LineEvent };
  }
}

function frameMessages({ sequence, capturedAtNs, encoderCounts, size, format, data }: RecordedFrame, wallOffsetNs: bigint): TopicMessage[] {
  return [
    json('/camera/info', { capturedAtNs, sequence, encoderCounts, ...size }),
    { topic: CAMERA_TOPIC, data: encodeCompressedImage({ atNs: wallOffsetNs + BigInt(Math.round(capturedAtNs)), frameId: CAMERA_FRAME, format, data }) },
  ];
}

function json(topic: string, value: unknown): TopicMessage {
  return { topic, data: Buffer.from(JSON.stringify(value)) };
}

function parsed(topic: string, schema: z.ZodType, data: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch (cause) {
    throw new SortlineError('RECORD_DAMAGED', `a message on ${topic} of the recording is no JSON: ${reasonOf(cause)}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SortlineError('RECORD_DAMAGED', `a message on ${topic} of the recording does not follow its schema at '${issue!.path.join('.')}': ${issue!.message}`);
}

function topicOf(kind: LineEvent['kind']): string {
  return `/${kind.replace('.', '/')}`;
}
