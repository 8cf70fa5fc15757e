// A camera frame as foxglove.CompressedImage in protobuf, so that Foxglove shows it without a plug-in: the message, and the
// description of its type that an MCAP schema carries (a FileDescriptorSet). Only what these two types need of the wire format.
//
//   message CompressedImage { google.protobuf.Timestamp timestamp = 1; bytes data = 2; string format = 3; string frame_id = 4; }
// Source: docs.foxglove.dev/docs/sdk/schemas/compressed-image, protobuf.dev/programming-guides/encoding, descriptor.proto
import { SortlineError } from '../base/errors.ts';

export interface CompressedImage {
  /** Since 1970, ns. */
  readonly atNs: bigint;
  readonly frameId: string;
  /** `jpeg` or `png`. */
  readonly format: string;
  /** Of a decoded message: a view into it. */
  readonly data: Uint8Array;
}

export const COMPRESSED_IMAGE = 'foxglove.CompressedImage';

const VARINT = 0, I64 = 1, LEN = 2, I32 = 5;
const NS_PER_S = 1_000_000_000n;
/** Values of `Type` and `Label` in descriptor.proto. */
const TYPE = { int64: 3, int32: 5, string: 9, message: 11, bytes: 12 };
const LABEL_OPTIONAL = 1;

export function encodeCompressedImage({ atNs, frameId, format, data }: CompressedImage): Uint8Array {
  const timestamp = Buffer.concat([number(1, atNs / NS_PER_S), number(2, atNs % NS_PER_S)]);
  return Buffer.concat([bytes(1, timestamp), bytes(2, data), text(3, format), text(4, frameId)]);
}

/** Throws RECORD_DAMAGED where the bytes are no such message. */
export function decodeCompressedImage(message: Uint8Array): CompressedImage {
  let atNs = 0n, frameId = '', format = '', data: Uint8Array = new Uint8Array(0);
  for (const { field, payload } of fieldsOf(message)) {
    if (field === 1) for (const part of fieldsOf(payload)) atNs += part.field === 1 ? part.value * NS_PER_S : part.value;
    if (field === 2) data = payload;
    if (field === 3) format = Buffer.from(payload).toString('utf8');
    if (field === 4) frameId = Buffer.from(payload).toString('utf8');
  }
  return { atNs, frameId, format, data };
}

/** The schema's data: a FileDescriptorSet of both types. */
export function compressedImageDescriptor(): Uint8Array {
  const timestamp = file('google/protobuf/timestamp.proto', 'google.protobuf', [], messageType('Timestamp', [['seconds', 1, TYPE.int64], ['nanos', 2, TYPE.int32]]));
  const image = file('foxglove/CompressedImage.proto', 'foxglove', ['google/protobuf/timestamp.proto'], messageType('CompressedImage', [
    ['timestamp', 1, TYPE.message, '.google.protobuf.Timestamp'], ['frame_id', 4, TYPE.string], ['data', 2, TYPE.bytes], ['format', 3, TYPE.string],
  ]));
  return Buffer.concat([bytes(1, timestamp), bytes(1, image)]);
}

type FieldRow = readonly [name: string, number: number, type: number, typeName?: string];

function file(name: string, packageName: string, dependencies: readonly string[], type: Uint8Array): Uint8Array {
  return Buffer.concat([text(1, name), text(2, packageName), ...dependencies.map((dependency) => text(3, dependency)), bytes(4, type), text(12, 'proto3')]);
}

function messageType(name: string, fields: readonly FieldRow[]): Uint8Array {
  return Buffer.concat([text(1, name), ...fields.map(([fieldName, fieldNumber, type, typeName]) => bytes(2, Buffer.concat([
    text(1, fieldName), number(3, BigInt(fieldNumber)), number(4, BigInt(LABEL_OPTIONAL)), number(5, BigInt(type)), ...(typeName === undefined ? [] : [text(6, typeName)]),
  ])))]);
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...out, Number(rest)]);
    out.push(Number(rest & 0x7fn) | 0x80);
  }
}

function number(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field * 8 + VARINT)), varint(value)]);
}

function bytes(field: number, payload: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt(field * 8 + LEN)), varint(BigInt(payload.length)), payload]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value, 'utf8'));
}

function* fieldsOf(message: Uint8Array): Generator<{ field: number; value: bigint; payload: Uint8Array }> {
  let at = 0;
  const next = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined || shift > 63n) throw new SortlineError('RECORD_DAMAGED', `a picture of the recording is damaged at byte ${at} of ${message.length}: a number is cut off`);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = next();
    const wireType = Number(tag & 7n);
    const value = wireType === VARINT ? next() : 0n;
    const length = wireType === LEN ? Number(next()) : wireType === I64 ? 8 : wireType === I32 ? 4 : 0;
    if (at + length > message.length || (wireType !== VARINT && length === 0 && wireType !== LEN)) {
      throw new SortlineError('RECORD_DAMAGED', `a picture of the recording is damaged at byte ${at} of ${message.length}: field ${tag >> 3n} claims ${length} bytes`);
    }
    yield { field: Number(tag >> 3n), value, payload: message.subarray(at, at + length) };
    at += length;
  }
}
