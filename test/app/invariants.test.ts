// An invariant that cannot be violated proves nothing: each one is violated here, and not by what comes close.
import { describe, expect, test } from 'vitest';
import { actuatorOptions } from '../../src/actuate/options.ts';
import { Invariants } from '../../src/app/campaign/invariants.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { NS_PER_MS } from '../../src/base/units.ts';
import type { LineEvent, LineState } from '../../src/domain/line-event.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { createWorld } from '../../src/sim/world.ts';

const COUNTS_PER_MM = 5;
const BELT_MM_PER_S = 1000;
const actuators = [actuatorOptions.parse({ id: 'a', bin: 'glass', output: 0, offsetMm: 1200, maxOnMs: 100 }), actuatorOptions.parse({ id: 'b', bin: 'metal', output: 1, offsetMm: 1500 })];

function rig() {
  const clock = new ManualClock();
  const motion = new BeltMotion({ atNs: 0, counts: 0 });
  motion.setSpeed(BELT_MM_PER_S * COUNTS_PER_MM, 0, 0);
  const world = createWorld({ seed: 1, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 2, beltMmPerSecond: BELT_MM_PER_S });
  const violated: string[] = [];
  const invariants = new Invariants({
    clock, actuators, world, motion, countsPerMm: COUNTS_PER_MM, maxLateCounts: 5, originCounts: () => 0, worldIndexOf: (trackId) => trackId,
    onViolation: ({ invariant }) => violated.push(invariant),
  });
  const hear = (event: object): void => invariants.hear({ atNs: clock.nowNs(), ...event } as LineEvent);
  const state = (now: LineState, by = 'operator'): void => hear({ kind: 'line.state', state: now, reason: '', by });
  const run = (): void => {
    state('starting');
    state('ready');
    invariants.operatorAsks();
    state('running');
  };
  /** Item 0 is seen, commanded for output 0 and, where asked, the pulse that meets it switched on and off. */
  const middle = world.item(0)!.entryCounts + 1200 * COUNTS_PER_MM;
  const fireAt = Math.round(middle - 24 * BELT_MM_PER_S * COUNTS_PER_MM / 1000);
  const seen = (trackId = 0): void => hear({ kind: 'item.seen', itemId: `i${trackId}`, sighting: { trackId, capturedAtNs: clock.nowNs() } });
  const command = (fireAtCounts = fireAt): void => {
    seen();
    hear({ kind: 'item.commanded', itemId: 'i0', command: { commandId: 1, output: 0, fireAtCounts, holdMs: 24 } });
  };
  const advanceTo = (counts: number): Promise<void> => clock.advanceTo(motion.timeAtCounts(counts, clock.nowNs())!);
  const output = (active: boolean, number = 0): void => invariants.watch({ kind: 'output', output: number, active, atNs: clock.nowNs() });
  const settle = (outcome = 'sorted', bin = 'glass', itemId = 'i0'): void => hear({ kind: 'item.settled', itemId, outcome, bin, cause: 'fired' });
  const land = (bin: string): void => invariants.watch({ kind: 'landed', landed: { index: 0, material: 'glass', bin, atNs: clock.nowNs(), atCounts: 0 } });
  const stats = (itemsSeen: number, sorted: number): void => hear({ kind: 'line.stats', stats: { itemsSeen, outcomes: { sorted } } });
  return { clock, invariants, violated, hear, state, run, seen, command, fireAt, advanceTo, output, settle, land, stats };
}

test('a proper day violates nothing', async () => {
  const { violated, run, command, fireAt, advanceTo, output, settle, land, stats, clock, invariants, state } = rig();
  run();
  command();
  stats(1, 0);
  await advanceTo(fireAt + 5);
  output(true);
  await clock.advanceMs(24);
  invariants.look();
  output(false);
  settle();
  land('glass');
  stats(1, 1);
  state('paused');
  invariants.operatorAsks();
  state('running');
  state('safe', 'line');
  state('stopped', 'line');
  expect(violated).toEqual([]);
  expect(invariants.checkCount).toBeGreaterThan(9);
});

describe('is violated:', () => {
  test('one-outcome, by a second outcome, an outcome of nobody, and sums that do not add up', () => {
    const { violated, seen, settle, stats } = rig();
    seen();
    settle();
    settle();
    settle('sorted', 'glass', 'nobody');
    stats(2, 1);
    stats(1, 0);
    expect(violated).toEqual(Array(4).fill('one-outcome'));
  });

  test('no-wrong-fire, by a pulse without a command, on another output, or at a place where its item is not', async () => {
    const { violated, run, command, fireAt, advanceTo, output } = rig();
    run();
    command(fireAt + 400);
    await advanceTo(fireAt);
    output(true);
    output(false);
    await advanceTo(fireAt + 400);
    output(true, 1);
    output(true);
    output(false);
    expect(violated).toEqual(Array(3).fill('no-wrong-fire'));
  });

  test('never-late, by one count more than allowed', async () => {
    const { violated, run, command, fireAt, advanceTo, output } = rig();
    run();
    command();
    await advanceTo(fireAt + 6);
    output(true);
    expect(violated).toEqual(['never-late']);
  });

  test('bounded-on-time, while it lasts and when it is over', async () => {
    const { violated, run, command, fireAt, advanceTo, output, clock, invariants } = rig();
    run();
    command();
    await advanceTo(fireAt);
    output(true);
    await clock.advanceMs(100);
    invariants.look();
    expect(violated).toEqual([]);
    await clock.advanceMs(1);
    invariants.look();
    output(false);
    expect(violated).toEqual(['bounded-on-time', 'bounded-on-time']);
  });

  test('rest-means-rest, by a pulse or a belt under E-stop, and long after a pause or a kill', async () => {
    const { violated, run, command, fireAt, advanceTo, output, invariants, state, clock } = rig();
    run();
    command(fireAt);
    invariants.setEStop(true);
    await advanceTo(fireAt);
    output(true);
    invariants.watch({ kind: 'relay', closed: true, atNs: clock.nowNs() });
    expect(violated).toEqual(['rest-means-rest', 'rest-means-rest']);
    invariants.setEStop(false);
    violated.length = 0;
    state('paused');
    await clock.advanceMs(1400);
    invariants.look();
    expect(violated.filter((each) => each === 'rest-means-rest')).toEqual([]);
    await clock.advanceMs(200);
    invariants.look();
    expect(violated).toContain('rest-means-rest');
    violated.length = 0;
    invariants.operatorAsks();
    state('running');
    invariants.lineKilled();
    await clock.advanceMs(1600);
    output(true, 1);
    expect(violated).toContain('rest-means-rest');
  });

  test('operator-starts, by a start that nobody asked for, one from nowhere, and a safe state that ends by itself', () => {
    const { violated, run, state } = rig();
    run();
    state('safe', 'line');
    state('running', 'line');
    expect(violated).toEqual(['operator-starts']);
    state('safe', 'line');
    state('ready', 'line');
    expect(violated).toEqual(['operator-starts', 'operator-starts']);
    const other = rig();
    other.invariants.operatorAsks();
    other.state('running');
    expect(other.violated).toEqual(['operator-starts']);
  });

  test('lands-as-told, by another bin than the one told, and by a bin that no command named', () => {
    const told = rig();
    told.run();
    told.command();
    told.settle();
    told.land('residue');
    expect(told.violated).toEqual(['lands-as-told']);
    const taken = rig();
    taken.seen();
    taken.settle('passed', 'residue');
    taken.land('metal');
    expect(taken.violated).toEqual(['lands-as-told']);
  });

  test('sees-or-rests, by a line that runs on without vision', async () => {
    const { violated, run, state, invariants, clock } = rig();
    const away = async (seconds: number): Promise<void> => {
      invariants.eye('vision.down');
      await clock.advanceMs(seconds * 1000);
      invariants.look();
    };
    invariants.eye('vision.ready');
    run();
    await away(16);
    await away(13);
    invariants.eye('vision.ready');
    await away(29);
    state('safe', 'line');
    await away(60);
    expect(violated).toEqual([]);
    invariants.operatorAsks();
    state('running');
    invariants.look();
    expect(violated).toEqual(['sees-or-rests']);
  });

  test('comes-back, by a line that rests although nothing is wrong', async () => {
    const { violated, run, state, invariants, clock } = rig();
    run();
    invariants.mustRun(100_000);
    state('safe', 'line');
    await clock.advanceMs(59_000);
    invariants.mustRun(100_000);
    expect(violated).toEqual([]);
    await clock.advanceMs(2000);
    invariants.mustRun(59_000);
    expect(violated).toEqual([]);
    invariants.mustRun(61_000);
    expect(violated).toEqual(['comes-back']);
  });
});

test('what the line cannot know is not held against it: a belt that slips under its items', async () => {
  const { violated, run, command, fireAt, advanceTo, output, settle, land, invariants, clock } = rig();
  run();
  command(fireAt + 400);
  const calm = invariants.disturb();
  await advanceTo(fireAt + 400);
  output(true);
  await clock.advanceMs(24);
  output(false);
  settle();
  land('residue');
  calm();
  expect(violated).toEqual([]);
  expect(clock.nowNs()).toBeGreaterThan(NS_PER_MS);
});
