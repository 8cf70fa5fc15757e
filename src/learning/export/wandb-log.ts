// The frame of a .wandb file, W&B's transaction log: LevelDB's log format (github.com/google/leveldb, doc/log_format.md) with two
// changes that W&B made (github.com/wandb/wandb, core/pkg/leveldb/record.go): seven bytes of its own at the start, which belong to
// the first block, and a plain CRC-32 (IEEE) instead of a masked CRC-32C.
//
//   ":W&B" 0xBEE1 version │ block of 32 KiB: chunk chunk … │ block …     chunk: crc32 (4) length (2) type (1) payload, little-endian
import { crc32 } from 'node:zlib';

const BLOCK = 32_768;
const CHUNK_HEADER = 7;
const FULL = 1, FIRST = 2, MIDDLE = 3, LAST = 4;
const FILE_HEADER = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0);

/** The bytes of a log of `records`, each an encoded protobuf message. */
export function wandbLog(records: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [FILE_HEADER];
  let at = FILE_HEADER.length;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    at += part.length;
  };
  for (const record of records) {
    let from = 0, isFirst = true;
    do {
      const room = BLOCK - (at % BLOCK);
      if (room < CHUNK_HEADER) {
        // Too little for a chunk: the block ends with zeros.
        add(new Uint8Array(room));
        continue;
      }
      const to = Math.min(record.length, from + room - CHUNK_HEADER);
      const isLast = to === record.length;
      add(chunk(isFirst ? (isLast ? FULL : FIRST) : isLast ? LAST : MIDDLE, record.subarray(from, to)));
      isFirst = false;
      from = to;
    } while (from < record.length || isFirst);
  }
  return Buffer.concat(parts);
}

function chunk(type: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(CHUNK_HEADER + payload.length);
  bytes[6] = type;
  bytes.set(payload, CHUNK_HEADER);
  bytes.writeUInt16LE(payload.length, 4);
  bytes.writeUInt32LE(crc32(bytes.subarray(6)), 0);
  return bytes;
}
