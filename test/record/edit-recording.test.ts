// Recordings from recordings: cut, merged, labelled, exported; and what is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutEntries, labelledEntries, mergedEntries, spanOf } from '../../src/record/edit-recording.ts';
import { exportRecording } from '../../src/record/export-recording.ts';
import { readLabels } from '../../src/record/labels-file.ts';
import { Recording } from '../../src/record/open-recording.ts';
import type { RecordEntry } from '../../src/record/record-entry.ts';
import { recordingInfo } from '../../src/record/recording-info.ts';
import { placesIn } from '../../src/record/recording-places.ts';
import { writeRecording } from '../../src/record/write-recording.ts';
import { virtualAbout, virtualEntries, virtualWorld, writeEntries } from './virtual-recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-edit-'));
const path = join(folder, 'run.mcap');
const about = virtualAbout();
let recording: Recording;

beforeAll(async () => {
  const entries = virtualEntries({ items: 2 });
  const [first] = entries;
  const sighting = { trackId: 1, frameSequence: 1, capturedAtNs: first!.atNs, boxPx: { x: 0, y: 0, width: 1, height: 1 }, position: { positionCounts: 1234, yMm: 100, lengthMm: 50, widthMm: 50 } };
  entries.push({ kind: 'event', atNs: first!.atNs + 1e9, event: { kind: 'item.seen', atNs: first!.atNs + 1e9, itemId: 'run-000001', sighting } });
  entries.push({ kind: 'note', atNs: first!.atNs + 2e9, text: 'look here' });
  await writeEntries(path, about, entries.sort((a, b) => a.atNs - b.atNs));
  recording = Recording.open(path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const framesOf = (entries: Iterable<RecordEntry>): number[] => [...entries].filter((entry) => entry.kind === 'frame').map((entry) => entry.frame.sequence);

describe('cut', () => {
  test('two pieces merged are the whole again', async () => {
    const { firstNs, lastNs } = spanOf(recording);
    const middle = (lastNs - firstNs) / 2e9;
    const pieces = [join(folder, 'a.mcap'), join(folder, 'b.mcap')];
    await writeRecording(pieces[0]!, about, cutEntries(recording, { fromS: 0, toS: middle }));
    await writeRecording(pieces[1]!, about, cutEntries(recording, { fromS: middle + 1e-9, toS: Infinity }));
    const merged = [...mergedEntries(pieces.reverse().map((piece) => Recording.open(piece)))];
    expect(framesOf(merged)).toEqual(framesOf(recording.entries()));
    expect(merged.filter(({ kind }) => kind === 'event')).toEqual([...recording.entries()].filter(({ kind }) => kind === 'event'));
  });

  test('a piece begins with what held', () => {
    const piece = [...cutEntries(recording, { fromS: 2, toS: 3 })];
    expect(piece[0]).toMatchObject({ kind: 'event', event: { kind: 'line.state', state: 'running' } });
    expect(framesOf(piece)).toEqual([8, 9, 10, 11, 12]);
  });

  test('outside of the recording is refused, and nothing is written', async () => {
    const out = join(folder, 'nothing.mcap');
    await expect(writeRecording(out, about, cutEntries(recording, { fromS: 60, toS: 70 }))).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    expect(readdirSync(folder).filter((name) => name.startsWith('nothing'))).toEqual([]);
  });
});

test('parts of different runs are not merged', async () => {
  const other = join(folder, 'other.mcap');
  await writeEntries(other, { ...about, runId: 'another' }, virtualEntries({ items: 1 }));
  expect(() => [...mergedEntries([recording, Recording.open(other)])]).toThrow(expect.objectContaining({ code: 'RECORD_REFUSED' }));
});

describe('labels', () => {
  const csv = join(folder, 'labels.csv');

  test('by item and by second lie where the items lie', () => {
    writeFileSync(csv, 'item,material\nrun-000001,glass\n');
    expect(readLabels(csv, placesIn(recording))).toEqual([{ material: 'glass', itemId: 'run-000001', positionCounts: 1234, yMm: 100 }]);
    const item = virtualWorld({ items: 2 }).item(0)!;
    writeFileSync(csv, `\ufeffsecond;material;y_mm\r\n${item.entryCounts / 1750};paper;${item.yMm}\r\n`);
    const [label] = readLabels(csv, placesIn(recording));
    expect(label).toMatchObject({ material: 'paper', yMm: item.yMm });
    expect(Math.abs(label!.positionCounts - item.entryCounts)).toBeLessThan(5);
  });

  test('every wrong line is named', () => {
    writeFileSync(csv, 'item,material\nrun-000001,glas\nrun-000009,glass\nrun-000001,glass\n');
    expect(() => readLabels(csv, placesIn(recording))).toThrow(expect.objectContaining({ code: 'RECORD_LABELS_INVALID', message: expect.stringMatching(/line 2: found the material 'glas'.*line 3: the recording knows no item 'run-000009'/) as string }));
    for (const [text, reason] of [['a,b\n1,2\n', 'columns'], ['item,material\n', 'no label'], ['second,material\n999,glass\n', 'outside'], ['second,material\n,glass\n', 'outside']] as const) {
      writeFileSync(csv, text);
      expect(() => readLabels(csv, placesIn(recording))).toThrow(expect.objectContaining({ code: 'RECORD_LABELS_INVALID', message: expect.stringContaining(reason) as string }));
    }
  });

  test('a new label takes the place of the old one', () => {
    const before = [...recording.entries()].filter((entry) => entry.kind === 'label').map(({ label }) => label);
    const changed = { ...before[0]!, material: before[0]!.material === 'metal' ? 'glass' as const : 'metal' as const };
    const after = [...labelledEntries(recording, [changed])].filter((entry) => entry.kind === 'label').map(({ label }) => label);
    expect(after).toEqual([changed, ...before.slice(1)]);
  });
});

test('info names what is in it, notes with their second', () => {
  expect(recordingInfo(recording)).toMatchObject({ line: 'small-belt', frameSize: '640x384', framesMissing: 0, counts: { note: 1, 'item.seen': 1 }, end: { isWhole: true } });
  expect(recordingInfo(recording).moments).toEqual([{ second: expect.closeTo(1.9, 3) as number, what: 'note: look here' }]);
});

test('export writes pictures and tables, once', async () => {
  const out = join(folder, 'exported');
  const pictures = await exportRecording(recording, out);
  expect(pictures).toBe(framesOf(recording.entries()).length);
  expect(readdirSync(join(out, 'frames')).length).toBe(pictures);
  expect(readFileSync(join(out, 'frames.csv'), 'utf8').trim().split('\n').length).toBe(pictures + 1);
  expect(readFileSync(join(out, 'events.jsonl'), 'utf8')).toContain('"item.seen"');
  await expect(exportRecording(recording, out)).rejects.toMatchObject({ code: 'RECORD_WRITE_FAILED' });
});
