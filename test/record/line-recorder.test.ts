// The recorder of a line on a clock that is moved by hand: what is kept around a trigger, files that follow one another, a disk that fails or is
// behind. Nobody who adds ever waits.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SortlineError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { LineRecorder } from '../../src/record/line-recorder.ts';
import type { LineRecorderDeps } from '../../src/record/line-recorder.ts';
import { Recording } from '../../src/record/open-recording.ts';
import { recordOptions } from '../../src/record/options.ts';
import type { RecordEntry } from '../../src/record/record-entry.ts';
import { RecordingWriter } from '../../src/record/recording-writer.ts';
import { virtualAbout } from './virtual-recording.ts';

const root = mkdtempSync(join(tmpdir(), 'sortline-recorder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
/** Of other lines, one with a name that begins alike, and a person's own. */
const OTHERS = ['other-20240101T000000000Z.mcap', 'small-belt-2-20240101T000000000Z.mcap', 'small-belt-jam.mcap'];

interface Rig {
  readonly clock: ManualClock;
  readonly recorder: LineRecorder;
  readonly folder: string;
  /** A belt sample every 100 ms, for so many seconds. */
  run(seconds: number): Promise<void>;
  /** What each file holds, oldest first. */
  files(): RecordEntry[][];
}

async function rig(options: Record<string, unknown>, more: Partial<LineRecorderDeps> = {}): Promise<Rig> {
  const folder = join(root, String(++folders));
  const clock = new ManualClock({ startNs: 5e12 });
  const { wallOffsetNs: _, ...about } = virtualAbout();
  const recorder = new LineRecorder({ clock, log: silentLogger, options: recordOptions.parse({ enabled: true, folder, ...options }), about, ...more });
  await recorder.start();
  return {
    clock, recorder, folder,
    run: async (seconds) => {
      for (let index = 0; index < seconds * 10; index++) {
        const atNs = clock.nowNs();
        recorder.add({ kind: 'belt', atNs, sample: { atNs, counts: index, countsPerSecond: 10 } });
        await clock.advanceMs(100);
        await recorder.settled();
      }
    },
    files: () => readdirSync(folder).sort().map((name) => [...Recording.open(join(folder, name)).entries()]),
  };
}

const state = (clock: ManualClock, to: 'running' | 'paused'): RecordEntry => ({ kind: 'event', atNs: clock.nowNs(), event: { kind: 'line.state', atNs: clock.nowNs(), state: to, reason: 'x', by: 'test' } });
const alarm = (clock: ManualClock): RecordEntry => ({ kind: 'event', atNs: clock.nowNs(), event: { kind: 'alarm.raised', atNs: clock.nowNs(), alarm: 'jam', subject: 'board', message: 'm', whatToDo: 'w' } });
const beltTimes = (entries: readonly RecordEntry[]): number[] => entries.filter(({ kind }) => kind === 'belt').map(({ atNs }) => (atNs - 5e12) / 1e9);

describe('continuous', () => {
  test('files follow one another without a gap, each begins with what held', async () => {
    const { clock, recorder, run, files } = await rig({ fileSeconds: 5 });
    recorder.add(state(clock, 'running'));
    await run(12);
    await recorder.close();
    const parts = files();
    expect(parts.length).toBe(3);
    expect(parts.flatMap(beltTimes)).toEqual(Array.from({ length: 120 }, (_, index) => expect.closeTo(index / 10, 6)));
    for (const part of parts) expect(part[0]).toMatchObject({ kind: 'event', event: { kind: 'line.state', state: 'running' } });
    expect(recorder.counters).toMatchObject({ files: 3, dropped: 0 });
  });

  test('the oldest recordings make room, the one being written stays', async () => {
    const folder = join(root, 'full');
    mkdirSync(folder);
    for (const name of ['small-belt-20250101T000000000Z.mcap', 'small-belt-20250102T000000000Z.mcap']) writeFileSync(join(folder, name), Buffer.alloc(6_000_000));
    for (const name of OTHERS) writeFileSync(join(folder, name), Buffer.alloc(9_000_000));
    const { recorder, run } = await rig({ folder, maxMb: 10 });
    await run(7);
    await recorder.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('small-belt-2025'))).toEqual(['small-belt-20250102T000000000Z.mcap']);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(OTHERS));
    expect(readdirSync(folder).length).toBe(2 + OTHERS.length);
  });
});

describe('trigger', () => {
  test('keeps what lies around an alarm, and nothing else', async () => {
    const { clock, recorder, run, files } = await rig({ mode: 'trigger', beforeSeconds: 2, afterSeconds: 3 });
    recorder.add(state(clock, 'running'));
    await run(10);
    recorder.add(alarm(clock));
    await run(10);
    await recorder.close();
    const [part, ...others] = files();
    expect(others).toEqual([]);
    const times = beltTimes(part!);
    expect(times[0]).toBeCloseTo(8, 0);
    expect(times.at(-1)).toBeGreaterThan(12.9);
    expect(times.at(-1)).toBeLessThan(14);
    expect(part![0]).toMatchObject({ event: { state: 'running' } });
  });

  test('without a trigger there is no file', async () => {
    const { recorder, run, folder } = await rig({ mode: 'trigger' });
    await run(5);
    await recorder.close();
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });
});

describe('a disk that fails', () => {
  test('is tried again, and what was held meanwhile is written then', async () => {
    let isBroken = false;
    const { recorder, run, files } = await rig({ fileSeconds: 5 }, {
      open: async (...args) => {
        if (isBroken) throw new SortlineError('RECORD_WRITE_FAILED', 'no room');
        return RecordingWriter.open(...args);
      },
    });
    await run(4);
    isBroken = true;
    await run(20);
    isBroken = false;
    await run(20);
    await recorder.close();
    const times = files().flatMap(beltTimes);
    expect(times).toEqual(Array.from({ length: 440 }, (_, index) => expect.closeTo(index / 10, 6)));
    expect(recorder.counters.dropped).toBe(0);
  });

  test('that is behind costs pictures first', async () => {
    const path = join(root, 'slow.mcap');
    const writer = await RecordingWriter.open(path, virtualAbout(), { maxPendingBytes: 100_000 });
    const frame = (sequence: number): RecordEntry => ({ kind: 'frame', atNs: sequence, frame: { sequence, capturedAtNs: sequence, encoderCounts: 0, size: { width: 640, height: 384 }, format: 'jpeg', data: new Uint8Array(40_000) } });
    const kept = [0, 1, 2, 3, 4].map((sequence) => writer.add(frame(sequence)));
    expect(kept).toEqual([true, true, true, false, false]);
    expect(writer.add({ kind: 'belt', atNs: 9, sample: { atNs: 9, counts: 1, countsPerSecond: 0 } })).toBe(true);
    writer.flush();
    await writer.drained();
    expect(writer.add(frame(5))).toBe(true);
    await writer.close();
    expect(writer.counters).toMatchObject({ frames: 4, dropped: 2 });
    expect([...Recording.open(path).entries()].length).toBe(5);
  });

  test('at the start is said to the person who is there', async () => {
    writeFileSync(join(root, 'a-file'), '');
    await expect(rig({ folder: join(root, 'a-file', 'recordings') })).rejects.toMatchObject({ code: 'RECORD_WRITE_FAILED' });
  });
});
