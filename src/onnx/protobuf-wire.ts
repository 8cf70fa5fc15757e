// Just enough of protobuf's wire format to take an ONNX file apart field by field (base/protobuf-fields.ts puts it together
// again). Fields that nobody touches keep their bytes, so a rewritten model differs only where it was meant to.
// Source: protobuf.dev/programming-guides/encoding (varint, I64, LEN, I32; groups do not occur in ONNX).
import { SortlineError } from '../base/errors.ts';
import { I32, I64, LEN, VARINT } from '../base/protobuf-fields.ts';


export interface WireField {
  readonly number: number;
  readonly wireType: number;
  /** Value of a varint (exact up to 2^53). */
  readonly value: number;
  /** Payload of a LEN, I32 or I64 field: a view into the message. */
  readonly payload: Uint8Array;
  /** The field as it stands, tag included: a view into the message. */
  readonly whole: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** The fields of one message in order. `what` names it in MODEL_UNREADABLE, thrown where the bytes end too early. */
export function* readFields(message: Uint8Array, what: string): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw damaged(what, 'a number is cut off', at, message.length);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const number = Math.floor(tag / 8), wireType = tag % 8;
    const value = wireType === VARINT ? varint() : 0;
    const length = wireType === LEN ? varint() : wireType === I64 ? 8 : wireType === I32 ? 4 : 0;
    if (number === 0 || (wireType !== VARINT && wireType !== LEN && wireType !== I64 && wireType !== I32)) throw damaged(what, `no field has tag ${tag}`, start, message.length);
    if (at + length > message.length) throw damaged(what, `field ${number} claims ${length} bytes and ${message.length - at} follow: the file is truncated`, at, message.length);
    const payload = length === 0 ? NO_BYTES : message.subarray(at, at + length);
    at += length;
    yield { number, wireType, value, payload, whole: message.subarray(start, at) };
  }
}

/**
 * The integers of a repeated int64 field, exact up to 2^53 either way: one for an unpacked field, any number for a packed one.
 * Throws MODEL_UNREADABLE as {@link readFields}.
 */
export function signedIntegers(field: WireField, what: string): number[] {
  const bytes = field.wireType === LEN ? field.payload : field.whole;
  const values: number[] = [];
  let value = 0n, shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift = byte < 0x80 ? 0n : shift + 7n;
    if (byte >= 0x80) continue;
    values.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
  }
  if (shift !== 0n) throw damaged(what, 'a number is cut off', bytes.length, bytes.length);
  // An unpacked field's bytes begin with its tag.
  return field.wireType === LEN ? values : values.slice(1);
}

function damaged(what: string, problem: string, at: number, size: number): SortlineError {
  return new SortlineError('MODEL_UNREADABLE', `${what} is not a readable ONNX model: at byte ${at} of ${size}, ${problem}; copy or export it again`, { context: { what, at, size } });
}
