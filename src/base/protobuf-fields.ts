// Fields of protobuf's wire format, to put messages together from: ONNX models, Weights & Biases records, Sparkplug payloads.
// Source: protobuf.dev/programming-guides/encoding (varint, I64, LEN, I32).

export const VARINT = 0, I64 = 1, LEN = 2, I32 = 5;

/** A varint field: tag and value, an integer; a negative one as int64, in ten bytes. */
export function varintField(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varintBytes(number * 8 + VARINT), ...(value < 0 ? negativeBytes(value) : varintBytes(value))]);
}

/** A 32-bit float field. */
export function floatField(number: number, value: number): Uint8Array {
  return joinBytes([Uint8Array.from(varintBytes(number * 8 + I32)), new Uint8Array(Float32Array.of(value).buffer)]);
}

/** A 64-bit float field. */
export function doubleField(number: number, value: number): Uint8Array {
  return joinBytes([Uint8Array.from(varintBytes(number * 8 + I64)), new Uint8Array(Float64Array.of(value).buffer)]);
}

/** A length-delimited field: bytes, a nested message or (as UTF-8) a string. */
export function lenField(number: number, content: Uint8Array | string): Uint8Array {
  const payload = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return joinBytes([Uint8Array.from([...varintBytes(number * 8 + LEN), ...varintBytes(payload.length)]), payload]);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

function negativeBytes(value: number): number[] {
  const bits = BigInt.asUintN(64, BigInt(value));
  return Array.from({ length: 10 }, (_, index) => Number((bits >> BigInt(7 * index)) & 0x7fn) | (index < 9 ? 0x80 : 0));
}
