// Pictures for the next training, as the whole pipeline tells them.
import { beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { decodeImage } from '../../src/image/decode.ts';
import { cv } from '../../src/image/opencv.ts';
import { harvestOptions, visionOptions } from '../../src/vision/options.ts';
import { VisionPipeline } from '../../src/vision/pipeline.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import type { SceneItem } from './belt-scene.ts';
import { calibration } from './belt-scene.ts';
import { passBelt } from './pass-belt.ts';

cv.setNumThreads(1);

const ITEMS: SceneItem[] = [
  { positionCounts: 0, yMm: 150, lengthMm: 100, widthMm: 70, colour: [200, 200, 195], shape: 'ellipse' },
  { positionCounts: 900, yMm: 250, lengthMm: 120, widthMm: 90, colour: [30, 30, 200], shape: 'ellipse' },
];

/** All events of a belt with two items, each look as sure as `confidence`. */
async function run(enabled: boolean, confidence: number, isBroken = false): Promise<VisionEvent[]> {
  const clock = new ManualClock();
  const events: VisionEvent[] = [];
  const probabilities = MATERIALS.map((material) => (material === 'metal' ? confidence : (1 - confidence) / 5));
  const pipeline = new VisionPipeline({
    clock, calibration, batch: { size: 4, deadlineMs: 0 }, options: visionOptions.parse({}), harvest: harvestOptions.parse({ enabled }), sink: (event) => events.push(event),
    classifier: {
      cropShape: { height: 32, width: 32 }, concurrency: 1, description: { model: 'fake', sha256: '', provider: 'cpu', unavailable: [], warmUpMs: 0 },
      classify: (_, count) => clock.settleAt(40, isBroken ? Promise.reject(new Error('gone')) : Promise.resolve({ probabilities: Array.from({ length: count }, () => probabilities), inferenceMs: 40 })),
      close: () => Promise.resolve(),
    },
  });
  await passBelt(pipeline, clock, { items: ITEMS, toMm: 1200 });
  await clock.advanceMs(1000);
  pipeline.close();
  return events;
}

const withoutCrops = (events: readonly VisionEvent[]): VisionEvent[] => events.filter(({ kind }) => kind !== 'item.crop');

let doubtful: readonly VisionEvent[];
beforeAll(async () => { doubtful = await run(true, 0.5); });

test('a doubtful item is told with its picture, just before it is gone', async () => {
  const ends = doubtful.filter(({ kind }) => kind === 'item.crop' || kind === 'item.gone').map((event) => [event.kind, 'trackId' in event ? event.trackId : 0]);
  expect(ends).toEqual([['item.crop', 1], ['item.gone', 1], ['item.crop', 2], ['item.gone', 2]]);
  const [, second] = doubtful.flatMap((event) => (event.kind === 'item.crop' ? [event.jpeg] : []));
  const image = decodeImage(Buffer.from(second!), 'crop');
  const [blue, , red] = image.atRaw(image.rows >> 1, image.cols >> 1) as unknown as [number, number, number];
  expect([red > 150, blue < 80, Math.abs(image.rows - image.cols) <= 1]).toEqual([true, true, true]);
  image.release();
});

test('keeping pictures changes nothing else that is told', async () => {
  expect(withoutCrops(doubtful)).toEqual(await run(false, 0.5));
});

test('sure items, and items that were never judged, leave no picture', async () => {
  for (const events of [await run(true, 0.9), await run(true, 0.5, true)]) expect(events.filter(({ kind }) => kind === 'item.crop')).toEqual([]);
});
