import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SchedulerEvent } from '../../src/actuate/scheduler.ts';
import { ItemFlow } from '../../src/app/item-flow.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { BeltClock } from '../../src/domain/belt-clock.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { BeltPosition, Look, Sighting } from '../../src/domain/item.ts';
import type { LineEvent, Recipe } from '../../src/domain/line-event.ts';
import { MATERIALS } from '../../src/domain/material.ts';

const SPEED_COUNTS_PER_S = 1000;
const LATEST_DECISION_COUNTS = 2000;

const recipe: Recipe = {
  name: 'test',
  binByMaterial: { cardboard: 'fibre', glass: 'glass', metal: 'metal', paper: 'fibre', plastic: 'plastic', trash: 'residue' },
  thresholdByMaterial: { cardboard: 0.6, glass: 0.6, metal: 0.6, paper: 0.6, plastic: 0.6, trash: 0.6 },
};

function position(positionCounts: number): BeltPosition {
  return { positionCounts, yMm: 200, lengthMm: 100, widthMm: 80 };
}

function sighting(trackId: number): Sighting {
  return { trackId, frameSequence: 1, capturedAtNs: 0, boxPx: { x: 1, y: 1, width: 10, height: 10 }, position: position(trackId * 500) };
}

function look(trackId: number, materialIndex: number, confidence: number): Look {
  const rest = (1 - confidence) / (MATERIALS.length - 1);
  const probabilities = MATERIALS.map((_, index) => (index === materialIndex ? confidence : rest));
  return { ...sighting(trackId), probabilities, material: MATERIALS[materialIndex]!, confidence, inferenceMs: 10, modelSha256: 'ab', waitedMs: 0 };
}

function harness(running = true) {
  const clock = new ManualClock();
  const belt = new BeltClock();
  belt.add({ atNs: 0, counts: 0, countsPerSecond: SPEED_COUNTS_PER_S });
  const events: LineEvent[] = [];
  const submitted: Decision[] = [];
  const passing: Decision[] = [];
  const overheads: number[] = [];
  const flow: ItemFlow = new ItemFlow({
    clock, belt, runId: 'run', sink: (event) => events.push(event), onOverhead: (ms) => overheads.push(ms),
    scheduler: { submit: (decision) => void submitted.push(decision), letPass: (decision) => void passing.push(decision), latestDecisionCounts: () => LATEST_DECISION_COUNTS },
    inputs: {
      recipe: () => recipe, isRunning: () => running,
      bins: () => new Map(['fibre', 'glass', 'metal', 'plastic'].map((bin) => [bin, { full: false, enabled: true }])),
    },
    options: { minLooks: 2, maxLooks: 4, enoughConfidence: 0.9, margin: 0.2 },
  });
  const settle = (event: Partial<Extract<SchedulerEvent, { kind: 'settled' }>>): void =>
    flow.scheduled({ kind: 'settled', itemId: 'run-000001', bin: 'metal', outcome: 'sorted', cause: 'fired', ...event } as SchedulerEvent);
  return { clock, belt, flow, events, submitted, passing, overheads, settle, settled: () => events.filter((event) => event.kind === 'item.settled') };
}

describe('the item flow', () => {
  it('decides as soon as the vote is sure, and settles by the scheduler\'s word', () => {
    const { flow, submitted, settle, settled, overheads, events } = harness();
    flow.seen(sighting(1));
    flow.looked(look(1, 2, 0.95));
    expect(submitted).toEqual([]);
    flow.looked(look(1, 2, 0.95));
    expect(submitted).toMatchObject([{ itemId: 'run-000001', bin: 'metal', reason: 'recipe', prediction: { material: 'metal', lookCount: 2 } }]);
    expect(events.at(-1)).toMatchObject({ kind: 'item.decided', decision: submitted[0] });
    flow.seen(sighting(2));
    expect(flow.openCount).toBe(2);
    flow.gone(2);
    expect(flow.openCount).toBe(1);
    flow.scheduled({ kind: 'commanded', itemId: 'run-000001', atNs: 14e6, command: { commandId: 1, output: 0, fireAtCounts: 9, holdMs: 20 } });
    expect(overheads).toEqual([4]);
    settle({ countError: 0, firedAtCounts: 9 });
    expect(settled().at(-1)).toMatchObject({ outcome: 'sorted', material: 'metal', countError: 0 });
    expect(flow.openCount).toBe(0);
  });

  it('tells the scheduler of what goes to the residue too: no pulse for a neighbour may take it', () => {
    const { flow, submitted, passing, settled } = harness();
    flow.seen(sighting(1));
    flow.gone(1);
    expect(submitted).toEqual([]);
    expect(passing).toMatchObject([{ itemId: 'run-000001', bin: 'residue', reason: 'no-look' }]);
    expect(settled()).toHaveLength(1);
  });

  it('decides by what is known when the last moment for an actuator comes', async () => {
    const { clock, flow, submitted } = harness();
    flow.seen(sighting(1));
    flow.looked(look(1, 2, 0.7));
    await clock.advanceMs(LATEST_DECISION_COUNTS / SPEED_COUNTS_PER_S * 1000 - 2);
    expect(submitted).toEqual([]);
    await clock.advanceMs(4);
    expect(submitted).toMatchObject([{ bin: 'metal' }]);
  });

  it('waits with what is undecided on a belt at rest, or one that is not known, and decides it once it moves', async () => {
    const { clock, flow, submitted, belt } = harness();
    flow.seen(sighting(1));
    flow.looked(look(1, 2, 0.7));
    await clock.advanceMs(500);
    belt.add({ atNs: clock.nowNs(), counts: 500, countsPerSecond: 0 });
    await clock.advanceMs(60_000);
    belt.reset();
    await clock.advanceMs(10_000);
    expect(submitted).toEqual([]);
    belt.add({ atNs: clock.nowNs(), counts: 500, countsPerSecond: SPEED_COUNTS_PER_S });
    await clock.advanceMs(1600);
    expect(submitted).toMatchObject([{ bin: 'metal' }]);
  });

  it.each([
    ['an item never classified', [], 'rejected', 'no-look'],
    ['an unsure item', [[2, 0.4]], 'rejected', 'low-confidence'],
    ['looks that disagree', [[2, 0.6], [1, 0.55]], 'rejected', 'conflicting-looks'],
    ['trash by recipe', [[5, 0.9]], 'passed', 'residue-policy'],
  ] as const)('sends %s to the residue with its reason', (_, looks, outcome, cause) => {
    const { flow, settled } = harness();
    flow.seen(sighting(1));
    for (const [material, confidence] of looks) flow.looked(look(1, material, confidence));
    flow.gone(1);
    expect(settled()).toMatchObject([{ bin: 'residue', outcome, cause }]);
  });

  it('inhibits everything while the line does not run', () => {
    const { flow, settled } = harness(false);
    flow.seen(sighting(1));
    flow.looked(look(1, 2, 0.99));
    flow.gone(1);
    expect(settled()).toMatchObject([{ outcome: 'inhibited', cause: 'paused' }]);
  });

  it('keeps what was looked at and loses the rest when vision dies', () => {
    const { flow, submitted, settled } = harness();
    flow.seen(sighting(1));
    flow.looked(look(1, 2, 0.8));
    flow.seen(sighting(2));
    flow.visionDown();
    expect(submitted).toMatchObject([{ itemId: 'run-000001', bin: 'metal' }]);
    expect(settled()).toMatchObject([{ itemId: 'run-000002', outcome: 'lost', cause: 'vision-restart' }]);
  });

  it('settles every item exactly once, whatever the order of events', () => {
    const step = fc.record({ track: fc.integer({ min: 1, max: 4 }), what: fc.constantFrom('look', 'gone', 'down'), material: fc.integer({ min: 0, max: 5 }), confidence: fc.double({ min: 0.2, max: 1, noNaN: true }) });
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { flow, submitted, settled } = harness();
      for (let track = 1; track <= 4; track++) flow.seen(sighting(track));
      for (const { what, track, material, confidence } of steps) {
        if (what === 'look') flow.looked(look(track, material, confidence));
        if (what === 'gone') flow.gone(track);
        if (what === 'down') flow.visionDown();
      }
      flow.close();
      for (const decision of submitted) flow.scheduled({ kind: 'settled', itemId: decision.itemId, bin: decision.bin, outcome: 'sorted', cause: 'fired' } as SchedulerEvent);
      const ids = settled().map((event) => (event as { itemId: string }).itemId).sort();
      expect(ids).toEqual(['run-000001', 'run-000002', 'run-000003', 'run-000004']);
      expect(flow.openCount).toBe(0);
    }));
  });
});
