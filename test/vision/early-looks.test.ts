import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { cv } from '../../src/image/opencv.ts';
import { harvestOptions, visionOptions } from '../../src/vision/options.ts';
import { VisionPipeline } from '../../src/vision/pipeline.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import type { SceneItem } from './belt-scene.ts';
import { calibration, COUNTS_PER_MM } from './belt-scene.ts';
import { passBelt } from './pass-belt.ts';

cv.setNumThreads(1);

const RUN_MS = 25;
/** Near enough for a bit of the thing beside it, and too far to be one with it. */
const GAP_MM = 12;

const open: VisionPipeline[] = [];
afterEach(() => {
  for (const pipeline of open.splice(0)) pipeline.close();
});

interface Told {
  readonly events: readonly VisionEvent[];
  /** What happened, in order: `run` where a run of the model began, else the event's kind. */
  readonly order: readonly string[];
  readonly runs: number;
}

/** Shows the belt moving. What the model says depends on the picture it is given. */
async function run({ items, toMm, looksEarly, fails = false, stepMm = 40 }: { items: readonly SceneItem[]; toMm: number; looksEarly: boolean; fails?: boolean; stepMm?: number }): Promise<Told> {
  const clock = new ManualClock();
  const events: VisionEvent[] = [], order: string[] = [];
  let runs = 0;
  const classifier: Classifier = {
    cropShape: { height: 32, width: 32 }, concurrency: 2, description: { model: 'fake', sha256: '', provider: 'cpu', unavailable: [], warmUpMs: 0 },
    classify: (crops, count) => {
      runs++;
      order.push('run');
      const probabilities = Array.from({ length: count }, (_, index) => {
        const bytes = crops.subarray(index * 32 * 32 * 3, (index + 1) * 32 * 32 * 3);
        const lead = bytes.reduce((sum, level) => sum + level, 0) % MATERIALS.length;
        return MATERIALS.map((__, material) => (material === lead ? 0.5 : 0.1));
      });
      return clock.settleAt(RUN_MS, fails ? Promise.reject(new Error('the provider is gone')) : Promise.resolve({ probabilities, inferenceMs: RUN_MS }));
    },
    close: () => Promise.resolve(),
  };
  const pipeline = new VisionPipeline({
    clock, calibration, classifier, batch: { size: 1, deadlineMs: 0 }, looksEarly, options: visionOptions.parse({ looks: { perItem: 4, minLooks: 4 } }),
    harvest: harvestOptions.parse({ enabled: true }),
    sink: (event) => {
      events.push(event);
      order.push(event.kind);
    },
  });
  open.push(pipeline);
  await passBelt(pipeline, clock, { items, toMm, stepMm });
  return { events, order, runs };
}

const bottle: SceneItem = { positionCounts: 0, yMm: 200, lengthMm: 220, widthMm: 70, colour: [190, 200, 190], shape: 'ellipse' };
const card: SceneItem = { positionCounts: 1000, yMm: 90, lengthMm: 140, widthMm: 100, colour: [238, 240, 240] };
const can: SceneItem = { positionCounts: 300, yMm: 330, lengthMm: 90, widthMm: 66, colour: [180, 180, 190], shape: 'ellipse' };

describe('EarlyLooks', () => {
  it('has pictures of new things with the classifier before their items are told', async () => {
    const early = await run({ items: [bottle], toMm: 250, looksEarly: true }), late = await run({ items: [bottle], toMm: 250, looksEarly: false });
    expect(early.order.slice(0, 2)).toEqual(['run', 'item.seen']);
    expect(late.order.slice(0, 2)).toEqual(['item.seen', 'run']);
  });

  it.each([
    ['well apart', { ...card, yMm: 70, widthMm: 90 }, 0],
    // Beside the bottle, where the strip around that does not reach, something has begun to come in: it may be one with the bottle.
    ['close beside each other', card, 1],
  ])('changes nothing that is told of items %s, pictures for people included', async (_, beside, vainRuns) => {
    const items = [bottle, beside, can];
    const early = await run({ items, toMm: 1200, looksEarly: true }), late = await run({ items, toMm: 1200, looksEarly: false });
    expect(early.events.filter(({ kind }) => kind === 'item.look')).toHaveLength(12);
    expect(early.events.filter(({ kind }) => kind === 'item.crop')).toHaveLength(3);
    expect(early.events).toEqual(late.events);
    expect(early.runs).toBe(late.runs + vainRuns);
  });

  it('loses no item when the model fails', async () => {
    const { events } = await run({ items: [bottle, can], toMm: 1200, looksEarly: true, fails: true });
    expect(events.filter(({ kind }) => kind === 'item.seen')).toHaveLength(2);
    expect(events.filter(({ kind }) => kind === 'item.gone')).toHaveLength(2);
  });

  it('tells nothing of a thing that the whole frame shows to be a bit of a known item', async () => {
    // It comes in close behind a large thing, most of which lies beyond the strip by then.
    const large: SceneItem = { positionCounts: 0, yMm: 200, lengthMm: 300, widthMm: 160, colour: [238, 240, 240] };
    const bit: SceneItem = { ...large, positionCounts: (300 / 2 + GAP_MM + 24 / 2) * COUNTS_PER_MM, lengthMm: 24, widthMm: 24 };
    const { events, runs } = await run({ items: [large, bit], toMm: 500, looksEarly: true, stepMm: 20 });
    const looks = events.filter(({ kind }) => kind === 'item.look');
    expect(events.filter(({ kind }) => kind === 'item.seen')).toHaveLength(1);
    expect(runs).toBeGreaterThan(looks.length);
  });
});
