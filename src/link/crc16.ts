// CRC-16/CCITT-FALSE: polynomial 0x1021, initial value 0xFFFF, not reflected, no final XOR; "123456789" gives 0x29B1.
// firmware-protocol.md § Frame.

const TABLE = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  TABLE[byte] = crc;
}

export const CRC16_INITIAL = 0xffff;

/** CRC of `bytes[start, end)`, 0 … 0xFFFF; `crc` continues an earlier call. */
export function crc16(bytes: Uint8Array, range: { start?: number; end?: number } = {}, crc: number = CRC16_INITIAL): number {
  const end = range.end ?? bytes.length;
  for (let index = range.start ?? 0; index < end; index++) {
    crc = ((crc << 8) & 0xffff) ^ TABLE[(crc >> 8) ^ bytes[index]!]!;
  }
  return crc;
}
