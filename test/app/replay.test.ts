// A recording replayed: the same to the byte on every run, right in what it says of the items, and comparable.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareWith, readReference } from '../../src/app/replay-against.ts';
import type { ReplayInput } from '../../src/app/replay-input.ts';
import { readReplayInput } from '../../src/app/replay-input.ts';
import { replayLine } from '../../src/app/replay-line.ts';
import type { ReplayResult } from '../../src/app/replay-run.ts';
import { replayRun } from '../../src/app/replay-run.ts';
import { recordedConfig } from '../../src/app/replay-setup.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { openClassifier } from '../../src/classify/open-classifier.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import type { RecordEntry } from '../../src/record/record-entry.ts';
import { eventText, writeEventFile } from '../../src/record/event-file.ts';
import { Recording } from '../../src/record/open-recording.ts';
import { tinyFolder } from '../classify/tiny-model.ts';
import { smallBeltConfig, virtualAbout, virtualEntries, virtualWorld, withoutModel, writeEntries, writeVirtualRecording } from '../record/virtual-recording.ts';

const NO_MORE = { ignore: [], tolerances: {} };
const folder = mkdtempSync(join(tmpdir(), 'sortline-replay-'));
const path = join(folder, 'small.mcap');
let input: ReplayInput;
let first: ReplayResult;

beforeAll(async () => {
  await writeVirtualRecording(path, { items: 3 });
  input = readReplayInput(Recording.open(path));
  first = await replayRun({ input, log: silentLogger });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a replay', () => {
  test('gives the same events to the byte, ten times', async () => {
    const texts = [eventText(first.events)];
    const config = recordedConfig(input.recording);
    const classifier = await openClassifier({ ...config.classifier, providers: ['cpu'] }, silentLogger);
    while (texts.length < 10) {
      const events: LineEvent[] = [];
      await replayLine({ input, config, classifier, log: silentLogger, sink: (event) => events.push(event) });
      texts.push(eventText(events));
    }
    await classifier.close();
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]!.length).toBeGreaterThan(1000);
  }, 30_000);

  test('sees every item where it lies, and settles each once', () => {
    const seen = first.events.filter((event) => event.kind === 'item.seen').map(({ sighting }) => sighting.position.positionCounts);
    const truth = [0, 1, 2].map((index) => virtualWorld().item(index)!.entryCounts);
    expect(seen).toHaveLength(truth.length);
    for (const [index, counts] of seen.sort((a, b) => a - b).entries()) expect(Math.abs(counts - truth[index]!)).toBeLessThan(50);
    expect(first.events.filter(({ kind }) => kind === 'item.settled')).toHaveLength(truth.length);
    expect(first.summary).toMatchObject({ items: 3, unfinished: 0, labelled: 3, labelsWithoutItem: 0 });
  });

  test('has every figure of its summary from the events and the labels', () => {
    const settled = first.events.filter((event) => event.kind === 'item.settled');
    const sorted = settled.filter(({ outcome }) => outcome === 'sorted');
    expect(first.summary.outcomes.sorted).toBe(sorted.length);
    expect(Object.values(first.summary.bins).reduce((sum, { items }) => sum + items, 0)).toBe(settled.length);
    for (const { predictedPurity, purity } of Object.values(first.summary.bins)) {
      for (const ratio of [predictedPurity, purity]) expect(ratio ?? 0.5).toSatisfy((value: number) => value >= 0 && value <= 1);
    }
  });

  test('another recipe sends the items elsewhere', async () => {
    const config = smallBeltConfig();
    const everythingToResidue = { ...config, recipe: { ...config.recipe, bins: Object.fromEntries(Object.keys(config.recipe.bins).map((material) => [material, 'residue'])) as typeof config.recipe.bins } };
    const { summary, events } = await replayRun({ input, log: silentLogger, config: everythingToResidue });
    expect(summary.outcomes.sorted).toBe(0);
    expect(events.some(({ kind }) => kind === 'item.commanded')).toBe(false);
  });

  test('an E-stop of the recording stops the line at the same moment', async () => {
    const pressedNs = input.firstFrameNs + 2.5e9;
    const stopped = join(folder, 'stopped.mcap');
    const entries = virtualEntries({ items: 3 }).concat({ kind: 'board', atNs: pressedNs, event: { kind: 'board.sensor', event: { sensor: 'e-stop', active: true } } });
    await writeEntries(stopped, virtualAbout({ config: withoutModel }), entries.sort((a, b) => a.atNs - b.atNs));
    const { events } = await replayRun({ input: readReplayInput(Recording.open(stopped)), log: silentLogger, model: tinyFolder() });
    const alarm = events.find((event) => event.kind === 'alarm.raised' && event.alarm === 'e-stop');
    expect(alarm!.atNs - pressedNs).toBeLessThan(50e6);
    expect(events.filter((event) => event.kind === 'item.commanded' && event.atNs > alarm!.atNs)).toEqual([]);
  });
});

describe('a replay of trouble', () => {
  test('pictures that are missing by number are no stalled camera, silence is one', async () => {
    for (const [shift, isStalled] of [[0, false], [6, true]] as const) {
      const gappy = join(folder, 'gappy.mcap');
      const entries = virtualEntries({ items: 1, framesPerSecond: 10 }).flatMap((entry): RecordEntry[] => {
        if (entry.kind !== 'frame' || entry.frame.sequence < 8) return [entry];
        return entry.frame.sequence < 20 ? [] : [{ ...entry, frame: { ...entry.frame, sequence: entry.frame.sequence - 2 * shift } }];
      });
      await writeEntries(gappy, virtualAbout(), entries);
      const { events } = await replayRun({ input: readReplayInput(Recording.open(gappy)), log: silentLogger, model: tinyFolder() });
      expect(events.some((event) => event.kind === 'alarm.raised' && event.alarm === 'camera-stalled')).toBe(isStalled);
      expect(eventText(events)).not.toContain(folder);
    }
  });

  test('the cable pulled and the board restarted: safe, and on again at the operator\'s start', async () => {
    const entries = virtualEntries({ items: 3 });
    const pulledNs = input.firstFrameNs + 2.2e9, restartedNs = pulledNs + 0.5e9, startedNs = pulledNs + 1.2e9;
    const base = 3000;
    const changed = entries.map((entry): RecordEntry => (entry.kind === 'belt' && entry.atNs >= restartedNs ? { ...entry, sample: { ...entry.sample, counts: entry.sample.counts - base } } : entry)).concat(
      { kind: 'board', atNs: pulledNs, event: { kind: 'link.down', reason: 'unplugged', retryInMs: 100 } },
      { kind: 'board', atNs: restartedNs, event: { kind: 'link.up', rebooted: true, hello: { protocolVersion: 1, firmware: 'x', bootId: 2, outputCount: 8, queueDepth: 32 } } },
      { kind: 'event', atNs: startedNs, event: { kind: 'line.state', atNs: startedNs, state: 'running', reason: 'started', by: 'anna' } },
    );
    const troubled = join(folder, 'troubled.mcap');
    await writeEntries(troubled, virtualAbout({ config: withoutModel }), changed.sort((a, b) => a.atNs - b.atNs));
    const { events } = await replayRun({ input: readReplayInput(Recording.open(troubled)), log: silentLogger, model: tinyFolder() });
    const states = events.filter((event) => event.kind === 'line.state' && event.atNs > input.firstFrameNs);
    expect(states.map((event) => event.kind === 'line.state' && event.state).filter((state, index, all) => state !== all[index - 1])).toEqual(['safe', 'running', 'stopped']);
    expect(states[0]!.atNs - pulledNs).toBeLessThan(100e6);
    expect(states.find((event) => event.kind === 'line.state' && event.state === 'running')!.atNs - startedNs).toBeLessThan(100e6);
    expect(events.filter((event) => event.kind === 'item.seen' && event.atNs > startedNs).length).toBeGreaterThan(0);
    expect(events.filter(({ kind }) => kind === 'item.seen').length).toBe(events.filter(({ kind }) => kind === 'item.settled').length);
  });
});

describe('a golden run', () => {
  test('is the same as itself, and one changed field is named', () => {
    const golden = join(folder, 'golden.jsonl');
    const { countsPerMm } = input.recording.about.calibration;
    writeEventFile(golden, first.events);
    expect(compareWith(readReference(golden), first.events, { more: NO_MORE, countsPerMm })).toMatchObject({ isSame: true, differences: [] });
    const settled = first.events.findIndex((event) => event.kind === 'item.settled');
    const changed = first.events.map((event, index): LineEvent => (index === settled ? { ...event, bin: 'elsewhere' } as LineEvent : event));
    const { differences } = compareWith(readReference(golden), changed, { more: NO_MORE, countsPerMm });
    expect(differences).toMatchObject([{ path: 'item.settled.bin', found: 'elsewhere' }]);
    expect(compareWith(readReference(golden), changed, { more: { ignore: ['item.settled.bin'], tolerances: {} }, countsPerMm }).isSame).toBe(true);
  });

  test('an item that is missing is told once, and the others stay the same', () => {
    const golden = join(folder, 'golden.jsonl');
    writeEventFile(golden, first.events);
    const lost = first.events.find((event) => event.kind === 'item.seen')!.itemId;
    const without = first.events.filter((event) => !JSON.stringify(event).includes(lost));
    const { differences } = compareWith(readReference(golden), without, { more: NO_MORE, countsPerMm: 5 });
    expect(differences).toEqual([{ path: 'item.seen', where: `item ${lost}`, expected: 'an event', found: 'none' }]);
  });
});
