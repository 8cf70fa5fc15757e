// Consistent Overhead Byte Stuffing (Cheshire & Baker, 1999): takes every 0x00 out of a block, so that 0x00 can end it.
// The delimiter itself is the frame codec's. firmware-protocol.md § Block.
//
//   plain  11 22 00 33      coded  03 11 22 02 33
//                                  │        └ the next zero (or the end) is 2 bytes on
//                                  └ the next zero is 3 bytes on

/** Longest coded form of `length` plain bytes. */
export function cobsMaxLength(length: number): number {
  return length + Math.floor(length / 254) + 1;
}

/** Encodes `plain` into `target` from `offset`; returns the offset after the last byte. `target` must have room. */
export function cobsEncodeInto(plain: Uint8Array, target: Uint8Array, offset = 0): number {
  let codeAt = offset;
  let writeAt = offset + 1;
  for (let index = 0; index < plain.length; index++) {
    const byte = plain[index]!;
    if (byte !== 0) target[writeAt++] = byte;
    const run = writeAt - codeAt;
    // A full run of 254 bytes without a zero ends by itself, unless it ends the block.
    if (byte === 0 || (run === 0xff && index + 1 < plain.length)) {
      target[codeAt] = run;
      codeAt = writeAt++;
    }
  }
  target[codeAt] = writeAt - codeAt;
  return writeAt;
}

/**
 * Decodes `coded` (without the delimiter) into `target`, which needs `coded.length` bytes of room and may be `coded` itself.
 * Returns the plain length, or -1 where the block is not COBS: empty, a zero inside, or a run beyond the end.
 */
export function cobsDecodeInto(coded: Uint8Array, target: Uint8Array): number {
  const end = coded.length;
  if (end === 0) return -1;
  let readAt = 0;
  let writeAt = 0;
  while (readAt < end) {
    const code = coded[readAt++]!;
    const runEnd = readAt + code - 1;
    if (code === 0 || runEnd > end) return -1;
    while (readAt < runEnd) {
      const byte = coded[readAt++]!;
      if (byte === 0) return -1;
      target[writeAt++] = byte;
    }
    if (code !== 0xff && readAt < end) target[writeAt++] = 0;
  }
  return writeAt;
}
