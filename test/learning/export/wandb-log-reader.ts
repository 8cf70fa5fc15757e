// Reads a .wandb file back, written from the description of the format and independent of the writer.
import { crc32 } from 'node:zlib';
import { readFields } from '../../../src/onnx/protobuf-wire.ts';

/** The records of a log; throws where it is damaged. */
export function readWandbLog(file: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(file);
  if (bytes.subarray(0, 7).toString('latin1') !== ':W&B\xe1\xbe\0') throw new Error('no header');
  const records: Buffer[] = [];
  let parts: Buffer[] = [], at = 7;
  while (at < bytes.length) {
    const room = 32_768 - (at % 32_768);
    if (room < 7) {
      if (bytes.subarray(at, at + room).some((byte) => byte !== 0)) throw new Error(`no zeros at ${at}`);
      at += room;
      continue;
    }
    const length = bytes.readUInt16LE(at + 4), type = bytes[at + 6]!;
    if (length + 7 > room) throw new Error(`a chunk at ${at} crosses its block`);
    if (bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + 6, at + 7 + length))) throw new Error(`wrong sum at ${at}`);
    if ((type === 1 || type === 2) !== (parts.length === 0)) throw new Error(`type ${type} at ${at}`);
    parts.push(bytes.subarray(at + 7, at + 7 + length));
    at += 7 + length;
    if (type === 2 || type === 3) continue;
    records.push(Buffer.concat(parts));
    parts = [];
  }
  if (parts.length > 0) throw new Error('cut off');
  return records;
}

/** Fields of a message by number: numbers, or bytes. */
export function fieldsOf(message: Uint8Array): Record<number, (number | Uint8Array)[]> {
  const fields: Record<number, (number | Uint8Array)[]> = {};
  for (const { number, wireType, value, payload } of readFields(message, 'a record')) (fields[number] ??= []).push(wireType === 0 ? value : payload);
  return fields;
}

export function textOf(field: number | Uint8Array | undefined): string {
  return Buffer.from(field as Uint8Array).toString('utf8');
}

/** The key and value of items such as those of a history record. */
export function itemsOf(fields: readonly (number | Uint8Array)[] = []): Record<string, string> {
  return Object.fromEntries(fields.map((item) => {
    const inner = fieldsOf(item as Uint8Array);
    return [textOf(inner[1]![0]), textOf(inner[16]![0])];
  }));
}
