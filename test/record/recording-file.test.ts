// Recordings as files: everything comes back, a cut file is good up to its last whole chunk, and other programs read them by their schemas alone.
import { McapIndexedReader, McapStreamReader, McapWriter } from '@mcap/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';
import { afterAll, describe, expect, test } from 'vitest';
import { calibrationText } from '../../src/calibrate/calibration-text.ts';
import { Recording } from '../../src/record/open-recording.ts';
import type { RecordEntry } from '../../src/record/record-entry.ts';
import { virtualAbout, virtualEntries, writeEntries } from './virtual-recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-recording-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const about = virtualAbout();
const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map((value) => value + 0);
const times = fc.double({ noNaN: true, min: 0, max: 1e15 }).map((value) => value + 0);
const anEntry: fc.Arbitrary<RecordEntry> = fc.oneof(
  fc.record({ capturedAtNs: times, sequence: fc.nat(), encoderCounts: finite, data: fc.uint8Array({ maxLength: 3000 }) })
    .map(({ data, ...frame }): RecordEntry => ({ kind: 'frame', atNs: frame.capturedAtNs, frame: { ...frame, size: { width: 640, height: 384 }, format: 'jpeg', data } })),
  fc.record({ atNs: times, counts: finite, countsPerSecond: finite }).map((sample): RecordEntry => ({ kind: 'belt', atNs: sample.atNs, sample })),
  fc.record({ atNs: times, direction: fc.constantFrom('in' as const, 'out' as const), bytes: fc.uint8Array({ maxLength: 300 }) }).map((entry): RecordEntry => ({ kind: 'serial', ...entry })),
  fc.record({ atNs: times, text: fc.string() }).map((entry): RecordEntry => ({ kind: 'note', ...entry })),
  fc.record({ atNs: times, output: fc.nat(31), active: fc.boolean() }).map(({ atNs, ...sensor }): RecordEntry => ({ kind: 'board', atNs, event: { kind: 'board.sensor', event: { sensor: 'bin-full', ...sensor } } })),
  fc.record({ atNs: times, message: fc.string(), subject: fc.string() }).map((alarm): RecordEntry => ({ kind: 'event', atNs: alarm.atNs, event: { kind: 'alarm.raised', alarm: 'jam', whatToDo: 'clear it', ...alarm } })),
);

/** Bytes alike, whether Buffer or Uint8Array. */
function plain(entries: Iterable<RecordEntry>): unknown[] {
  return [...entries].map((entry) => (entry.kind === 'frame' ? { ...entry, frame: { ...entry.frame, data: Buffer.from(entry.frame.data).toString('hex') } }
    : entry.kind === 'serial' ? { ...entry, bytes: Buffer.from(entry.bytes).toString('hex') } : entry));
}

describe('a recording', () => {
  test('gives back what was recorded', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anEntry, { maxLength: 30 }), async (entries) => {
      const path = join(folder, 'round.mcap');
      await writeEntries(path, about, entries);
      const recording = Recording.open(path);
      expect(plain(recording.entries())).toEqual(plain(entries));
      expect(recording.end).toEqual({ isWhole: true, problems: [] });
      expect(recording.about).toMatchObject({ runId: about.runId, line: about.line, wallOffsetNs: about.wallOffsetNs });
      expect(calibrationText(recording.about.calibration)).toBe(calibrationText(about.calibration));
    }), { numRuns: 25 });
  });

  test('cut anywhere, is good up to its last whole chunk, and says so', async () => {
    const path = join(folder, 'whole.mcap');
    await writeEntries(path, about, virtualEntries({ items: 1 }));
    const bytes = readFileSync(path);
    const all = plain(Recording.open(path).entries());
    const cutPath = join(folder, 'cut.mcap');
    fc.assert(fc.property(fc.nat(bytes.length - 1), (length) => {
      writeFileSync(cutPath, bytes.subarray(0, length));
      let recording: Recording;
      try {
        recording = Recording.open(cutPath);
      } catch (error) {
        expect(error).toMatchObject({ code: 'RECORD_UNREADABLE' });
        expect(length).toBeLessThan(40_000);
        return;
      }
      const kept = plain(recording.entries());
      expect(kept).toEqual(all.slice(0, kept.length));
      expect(recording.end!.isWhole).toBe(false);
      expect(recording.end!.problems.join()).toContain('cut off');
    }), { numRuns: 30, examples: [[0], [8], [bytes.length - 1]] });
  });

  test('damaged in the middle, ends where the damage begins', async () => {
    const path = join(folder, 'damaged.mcap');
    await writeEntries(path, about, virtualEntries({ items: 1 }));
    const bytes = readFileSync(path);
    const all = plain(Recording.open(path).entries());
    fc.assert(fc.property(fc.integer({ min: 40_000, max: bytes.length - 1 }), fc.uint8Array({ minLength: 1, maxLength: 40 }), (at, noise) => {
      const damaged = Buffer.from(bytes);
      damaged.set(noise.subarray(0, bytes.length - at), at);
      writeFileSync(path, damaged);
      const recording = Recording.open(path);
      const kept = plain(recording.entries());
      if (kept.length < all.length) expect(recording.end!.isWhole).toBe(false);
      // The head of a chunk may have become another tool's record, which is passed over: the next test.
      const isGap = recording.end!.problems.some((problem) => problem.includes('messages were found'));
      expect(kept).toEqual(isGap ? inOrderOf(all, kept) : all.slice(0, kept.length));
    }), { numRuns: 30, examples: [[180_429, new Uint8Array(9)]] });
  });

  test('that lost a chunk to what looks like another tool\'s record, says so', async () => {
    const path = join(folder, 'lost-chunk.mcap');
    await writeEntries(path, about, virtualEntries({ items: 1 }));
    const bytes = readFileSync(path);
    const allCount = [...Recording.open(path).entries()].length;
    const { chunkIndexes } = await indexOf(bytes);
    bytes[Number(chunkIndexes[1]!.chunkStartOffset)] = 0x90;
    writeFileSync(path, bytes);
    const recording = Recording.open(path);
    expect([...recording.entries()].length).toBeLessThan(allCount);
    expect(recording.end).toMatchObject({ isWhole: false, problems: [expect.stringMatching(/damaged: \d+ messages were found, \d+ were written/)] });
  });

  test('another program\'s MCAP and other files are refused by name', async () => {
    const path = join(folder, 'foreign.mcap');
    for (const [bytes, code] of [[Buffer.from('no recording at all, only text'), 'RECORD_UNREADABLE'], [Buffer.alloc(0), 'RECORD_UNREADABLE']] as const) {
      writeFileSync(path, bytes);
      expect(() => Recording.open(path)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => Recording.open(join(folder, 'absent.mcap'))).toThrow(expect.objectContaining({ code: 'RECORD_UNREADABLE' }));
    expect(() => Recording.open(folder)).toThrow(expect.objectContaining({ code: 'RECORD_UNREADABLE' }));
    await writeEntries(path, about, []);
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.from(bytes.toString('latin1').replace('sortline', 'ros2   x'), 'latin1'));
    expect(() => Recording.open(path)).toThrow(expect.objectContaining({ code: 'RECORD_FOREIGN' }));
    writeFileSync(path, Buffer.from(bytes.toString('latin1').replace('formatVersion\u0001\u0000\u0000\u00001', 'formatVersion\u0001\u0000\u0000\u00002'), 'latin1'));
    expect(() => Recording.open(path)).toThrow(expect.objectContaining({ code: 'RECORD_VERSION' }));
  });
});

describe('another program', () => {
  test('may rewrite it with compressed chunks and its description at the end', async () => {
    const path = join(folder, 'original.mcap'), rewritten = join(folder, 'rewritten.mcap');
    await writeEntries(path, about, virtualEntries({ items: 1 }));
    for (const [compression, compress] of [['zstd', zstdCompressSync], ['lz4', (bytes: Uint8Array) => bytes]] as const) {
      await rewrite(path, rewritten, { compression, compress });
      const recording = Recording.open(rewritten);
      const entries = plain(recording.entries());
      if (compression === 'zstd') expect(entries).toEqual(plain(Recording.open(path).entries()));
      else expect(recording.end!.problems.join()).toContain('lz4');
    }
  });

  test('finds every message by the index, each by its schema', async () => {
    const path = join(folder, 'indexed.mcap');
    const entries = virtualEntries({ items: 1 });
    await writeEntries(path, about, entries);
    const bytes = readFileSync(path);
    const reader = await indexOf(bytes);
    const ajv = new Ajv2020({ strict: false, formats: { base64: true } });
    const validators = new Map([...reader.channelsById.values()].filter(({ messageEncoding }) => messageEncoding === 'json')
      .map((channel) => [channel.id, ajv.compile(JSON.parse(Buffer.from(reader.schemasById.get(channel.schemaId)!.data).toString('utf8')) as object)]));
    const camera = [...reader.channelsById.values()].find(({ topic }) => topic === '/camera')!;
    const pictureSchema = reader.schemasById.get(camera.schemaId)!;
    expect(pictureSchema).toMatchObject({ name: 'foxglove.CompressedImage', encoding: 'protobuf' });
    const fromDescriptor = (protobuf.Root as unknown as { fromDescriptor(bytes: Uint8Array): protobuf.Root }).fromDescriptor(pictureSchema.data);
    const picture = fromDescriptor.lookupType('foxglove.CompressedImage');
    let count = 0, pictures = 0;
    for await (const { channelId, data, logTime } of reader.readMessages()) {
      count++;
      if (channelId === camera.id) {
        const { format, timestamp, data: jpeg } = picture.toObject(picture.decode(data), { longs: Number, defaults: true }) as { format: string; timestamp: { seconds: number; nanos: number }; data: Uint8Array };
        expect(format).toBe('jpeg');
        expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8]);
        expect(BigInt(timestamp.seconds) * 1_000_000_000n + BigInt(timestamp.nanos)).toBe(logTime);
        pictures++;
      } else {
        const isValid = validators.get(channelId)!;
        expect(isValid(JSON.parse(Buffer.from(data).toString('utf8'))), JSON.stringify(isValid.errors)).toBe(true);
      }
    }
    expect(pictures).toBe(entries.filter(({ kind }) => kind === 'frame').length);
    expect(count).toBe(entries.length + pictures);
    expect(Number(reader.statistics!.messageCount)).toBe(count);
    expect(reader.chunkIndexes.length).toBeGreaterThan(4);
  });
});

/** As a general tool would: messages first, then metadata and attachments. */
async function rewrite(from: string, to: string, { compression, compress }: { compression: string; compress: (bytes: Uint8Array) => Uint8Array }): Promise<void> {
  const pieces: Uint8Array[] = [];
  let position = 0n;
  const writer = new McapWriter({
    writable: { write: async (bytes) => { pieces.push(bytes.slice()); position += BigInt(bytes.length); }, position: () => position },
    compressChunk: (bytes) => ({ compression, compressedData: compress(bytes) }),
  });
  await writer.start({ profile: 'sortline', library: 'another tool' });
  const reader = new McapStreamReader();
  reader.append(readFileSync(from));
  const schemaIds = new Map<number, number>(), channelIds = new Map<number, number>();
  const behind: (() => Promise<void>)[] = [];
  for (let record = reader.nextRecord(); record !== undefined; record = reader.nextRecord()) {
    const found = record;
    if (found.type === 'Schema' && !schemaIds.has(found.id)) schemaIds.set(found.id, await writer.registerSchema(found));
    if (found.type === 'Channel' && !channelIds.has(found.id)) channelIds.set(found.id, await writer.registerChannel({ ...found, schemaId: schemaIds.get(found.schemaId)! }));
    if (found.type === 'Message') await writer.addMessage({ ...found, channelId: channelIds.get(found.channelId)! });
    if (found.type === 'Metadata') behind.push(() => writer.addMetadata(found));
    if (found.type === 'Attachment') behind.push(() => writer.addAttachment(found));
  }
  for (const write of behind) await write();
  await writer.end();
  writeFileSync(to, Buffer.concat(pieces));
}

function indexOf(bytes: Buffer): Promise<McapIndexedReader> {
  return McapIndexedReader.Initialize({ readable: { size: async () => BigInt(bytes.length), read: async (at: bigint, length: bigint) => new Uint8Array(bytes.subarray(Number(at), Number(at + length))) } });
}

/** Those of `all` that `some` has, as far as they come in the same order. */
function inOrderOf<T>(all: readonly T[], some: readonly T[]): T[] {
  const wanted = some.map((each) => JSON.stringify(each));
  let next = 0;
  return all.filter((each) => JSON.stringify(each) === wanted[next] && ++next > 0);
}
