import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { cv } from '../../src/image/opencv.ts';
import { visionOptions } from '../../src/vision/options.ts';
import { VisionPipeline } from '../../src/vision/pipeline.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import type { SceneItem } from './belt-scene.ts';
import { calibration, COUNTS_PER_MM } from './belt-scene.ts';
import type { BeltRun } from './pass-belt.ts';
import { passBelt } from './pass-belt.ts';

cv.setNumThreads(1);

const RUN_MS = 25;

/** As sure as it is told to be that everything is metal, after a fixed time per crop. */
function sureClassifier(clock: ManualClock, confidence: number, isBroken = (): boolean => false): Classifier {
  const rest = (1 - confidence) / 5;
  return {
    cropShape: { height: 32, width: 32 }, concurrency: 1, description: { model: 'fake', sha256: '', provider: 'cpu', unavailable: [], warmUpMs: 0 },
    classify: (_, count) => clock.settleAt(RUN_MS * count, isBroken()
      ? Promise.reject(new Error('the provider is gone'))
      : Promise.resolve({ probabilities: Array.from({ length: count }, () => MATERIALS.map((material) => (material === 'metal' ? confidence : rest))), inferenceMs: RUN_MS * count })),
    close: () => Promise.resolve(),
  };
}

interface RunOptions extends BeltRun {
  confidence?: number;
  looks?: { perItem?: number; minLooks?: number; enoughConfidence?: number; inFlight?: number };
  isBroken?: () => boolean;
}

const open: VisionPipeline[] = [];
afterEach(() => {
  for (const pipeline of open.splice(0)) pipeline.close();
});

/** Shows the belt moving, and gives every event in order. */
async function run({ items, toMm, stepMm, confidence = 0.5, looks = {}, isBroken, onFrame }: RunOptions): Promise<{ events: VisionEvent[]; pipeline: VisionPipeline }> {
  const clock = new ManualClock();
  const events: VisionEvent[] = [];
  const pipeline = new VisionPipeline({
    clock, calibration, classifier: sureClassifier(clock, confidence, isBroken), batch: { size: 4, deadlineMs: 0 },
    options: visionOptions.parse({ looks: { perItem: 6, minLooks: 2, enoughConfidence: 0.9, ...looks } }), sink: (event) => events.push(event),
  });
  open.push(pipeline);
  await passBelt(pipeline, clock, { items, toMm, stepMm, onFrame });
  await clock.advanceMs(1000);
  return { events, pipeline };
}

const can: SceneItem = { positionCounts: 0, yMm: 150, lengthMm: 100, widthMm: 70, colour: [200, 200, 195], shape: 'ellipse' };
const card: SceneItem = { positionCounts: 900, yMm: 250, lengthMm: 120, widthMm: 90, colour: [235, 240, 240] };

const kinds = (events: readonly VisionEvent[]): string[] => events.map(({ kind }) => kind);
const looksOf = (events: readonly VisionEvent[]) => events.flatMap((event) => (event.kind === 'item.look' ? [event.look] : []));

describe('VisionPipeline', () => {
  it('tells each item seen, its looks, and that it is gone, in this order and once', async () => {
    const { events } = await run({ items: [can, card], toMm: 1200 });
    for (const [trackId, item] of [[1, can], [2, card]] as const) {
      const own = events.filter((event) => (event.kind === 'item.seen' ? event.sighting.trackId : event.kind === 'item.look' ? event.look.trackId : event.kind === 'item.gone' ? event.trackId : 0) === trackId);
      expect(kinds(own)).toEqual(['item.seen', ...Array<string>(6).fill('item.look'), 'item.gone']);
      const { position } = looksOf(own).at(-1)!;
      expect(Math.abs(position.positionCounts - item.positionCounts)).toBeLessThan(COUNTS_PER_MM);
      expect(Math.abs(position.yMm - item.yMm)).toBeLessThan(1);
      expect(position.lengthMm).toBeCloseTo(item.lengthMm, -1);
    }
    expect(kinds(events).filter((kind) => kind === 'item.seen')).toHaveLength(2);
  });

  it('looks no more once it is sure, and not less often than asked', async () => {
    const sure = await run({ items: [can], toMm: 1000, confidence: 0.97 });
    expect(looksOf(sure.events)).toHaveLength(2);
    expect(looksOf(sure.events)[0]).toMatchObject({ material: 'metal', confidence: 0.97, inferenceMs: RUN_MS, waitedMs: 0 });
    const unsure = await run({ items: [can], toMm: 1000, confidence: 0.6, looks: { perItem: 4 } });
    expect(looksOf(unsure.events)).toHaveLength(4);
  });

  it('classifies the newest picture of an item when the classifier is behind, and counts what it dropped', async () => {
    // Six cans abreast need 6 x 25 ms per round, but frames come every 66 ms.
    const items = Array.from({ length: 6 }, (_, k): SceneItem => ({ ...can, yMm: 45 + 70 * k, lengthMm: 50, widthMm: 50, positionCounts: 0 }));
    const { events, pipeline } = await run({ items, toMm: 900, looks: { perItem: 100 } });
    expect(pipeline.cropsDropped).toBeGreaterThan(20);
    expect(looksOf(events)).toHaveLength(pipeline.cropsClassified);
    const counts = items.map((_, index) => looksOf(events).filter(({ trackId }) => trackId === index + 1).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    for (const { waitedMs } of looksOf(events)) expect(waitedMs).toBeLessThanOrEqual(4 * RUN_MS);
  });

  it('tells the same events for the same frames', async () => {
    const [first, second] = [await run({ items: [can, card], toMm: 1000 }), await run({ items: [can, card], toMm: 1000 })];
    expect(second.events).toEqual(first.events);
  });

  it('tells the last look of an item that leaves before it tells that it is gone', async () => {
    const { events } = await run({ items: [can], toMm: 1000, stepMm: 340, looks: { minLooks: 3, perItem: 3 } });
    expect(kinds(events)[0]).toBe('item.seen');
    expect(kinds(events).at(-1)).toBe('item.gone');
    expect(looksOf(events).length).toBeGreaterThanOrEqual(1);
  });

  it('says that all items are gone when counts start anew, and sees them as others', async () => {
    const { events } = await run({ items: [can], toMm: 600, onFrame: (pipeline, mm) => { if (mm === 300) pipeline.beltReset(); } });
    expect(events.flatMap((event) => (event.kind === 'item.seen' ? [event.sighting.trackId] : event.kind === 'item.gone' ? [-event.trackId] : []))).toEqual([1, -1, 2]);
  });

  it('goes on when the model fails, says so, and closes every item', async () => {
    let runs = 0;
    const { events, pipeline } = await run({ items: [can], toMm: 1000, isBroken: () => runs++ < 3 });
    expect(events.filter((event) => event.kind === 'vision.warning')).toMatchObject(Array(3).fill({ code: 'MODEL_RUN_FAILED', message: expect.stringContaining('the provider is gone') }));
    expect(looksOf(events)).toHaveLength(6);
    expect(kinds(events).filter((kind) => kind === 'item.gone')).toHaveLength(1);
    expect(pipeline.failuresInARow).toBe(0);
  });

  it('shows a still with the next frame when asked', async () => {
    const { events } = await run({ items: [can], toMm: 400, onFrame: (pipeline, mm) => { if (mm === 300) pipeline.requestSnapshot(); } });
    const stills = events.filter((event) => event.kind === 'vision.snapshot');
    expect(stills).toHaveLength(1);
    const image = cv.imdecode(Buffer.from(stills[0]!.jpeg));
    expect([image.cols, image.rows]).toEqual([640, 360]);
    image.release();
  });

  it('refuses frames of another size than calibrated, naming both', () => {
    const clock = new ManualClock();
    const pipeline = new VisionPipeline({ clock, calibration, classifier: sureClassifier(clock, 1), batch: { size: 1, deadlineMs: 0 }, options: visionOptions.parse({}), sink: () => undefined });
    open.push(pipeline);
    const image = new cv.Mat(480, 640, cv.CV_8UC3);
    expect(() => pipeline.process({ sequence: 0, capturedAtNs: 0, encoderCounts: 0, size: { width: 640, height: 480 }, image })).toThrow(/640x480.*1280x720/);
    image.release();
  });
});
