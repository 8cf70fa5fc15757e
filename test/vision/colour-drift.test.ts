import { expect, test } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import { visionOptions } from '../../src/vision/options.ts';
import { VisionPipeline } from '../../src/vision/pipeline.ts';
import { calibration, sceneFrame } from './belt-scene.ts';

/** Nothing lies on this belt: it is never asked. */
const idle: Classifier = {
  description: { model: 'none', sha256: '00', provider: 'cpu', unavailable: [], warmUpMs: 0 }, cropShape: { height: 8, width: 8 }, concurrency: 1,
  classify: () => Promise.reject(new Error('nothing to classify was expected')), close: () => Promise.resolve(),
};

function watching(colour: Calibration['colour']): { pipeline: VisionPipeline; show(light: number, frames: number): void } {
  const pipeline = new VisionPipeline({
    clock: new ManualClock(), calibration: { ...calibration, colour }, classifier: idle, batch: { size: 1, deadlineMs: 0 },
    options: visionOptions.parse({ segment: { followSeconds: 0.2 } }), sink: () => undefined,
  });
  let sequence = 0;
  return {
    pipeline,
    show(light, frames) {
      for (let index = 0; index < frames; index++, sequence++) {
        const frame = sceneFrame(sequence, 25 * sequence, { light });
        pipeline.process(frame);
        frame.image.release();
      }
    },
  };
}

test('says by how much the belt has changed since its colour was measured, as soon as the belt is known', () => {
  const { pipeline, show } = watching({ gains: [1, 1, 1], beltBgr: [88, 96, 92] });
  expect(pipeline.colourDrift).toBeUndefined();
  show(1, 12);
  expect(pipeline.colourDrift).toBeLessThan(0.03);
  for (const light of [0.93, 0.87, 0.8]) show(light, 9);
  expect(pipeline.colourDrift).toBeGreaterThan(0.16);
  expect(pipeline.colourDrift).toBeLessThan(0.24);
  pipeline.close();
});

test('says nothing where no colour was measured', () => {
  const { pipeline, show } = watching(undefined);
  show(1, 9);
  expect(pipeline.colourDrift).toBeUndefined();
  pipeline.close();
});
