import { describe, expect, test } from 'vitest';
import { evaluateVerdicts } from '../../../src/learning/evaluate/evaluate-verdicts.ts';
import { epochMetrics } from '../../../src/learning/train/epoch-metrics.ts';
import { bar, durationText, epochText, stepText } from '../../../src/learning/train/progress-text.ts';
import type { EpochReport } from '../../../src/learning/train/train-loop.ts';
import { verdict } from '../evaluate/verdicts.ts';

const REPORT: EpochReport = {
  epoch: 3, step: 30, loss: 0.51234, learnRate: 0.0008, isBest: true, seconds: 131.24, imagesPerSecond: 13.46, renderingsAccuracy: 0.9,
  validation: evaluateVerdicts([verdict('glass', 'glass'), verdict('glass', 'metal'), verdict('paper', 'paper')], 0),
};

describe('progress', () => {
  test('shows a pass in one line, with each material that was judged', () => {
    expect(epochText(REPORT)).toBe('pass  3  loss 0.5123  accuracy 66.7 % (glass 50.0, paper 100.0)  drawings 90.0 %  rate 0.000800  131.2 s  13.5 pictures/s  best');
  });

  test('shows a step with the time left', () => {
    expect(stepText({ step: 120, totalSteps: 1100, epoch: 3, loss: 0.5, seconds: 1 }, 760)).toBe('[##----------------------] pass 3, step 120/1100, loss 0.500, 12:40 left');
    expect(stepText({ step: 1, totalSteps: 1100, epoch: 1, loss: 2, seconds: 1 }, undefined)).toMatch(/loss 2\.000$/);
    expect([bar(0, 0), bar(24, 24)]).toEqual([`[${'-'.repeat(24)}]`, `[${'#'.repeat(24)}]`]);
    expect([0.4, 7, 760, 3723, -1].map(durationText)).toEqual(['0:00', '0:07', '12:40', '1:02:03', '0:00']);
  });

  test('is recorded under the names that charts and sweeps know', () => {
    expect(epochMetrics(REPORT)).toMatchObject({
      'loss': 0.51234, 'learn_rate': 0.0008, 'val/accuracy': 2 / 3, 'val/accuracy/glass': 0.5, 'val/accuracy/paper': 1, 'val/renderings_accuracy': 0.9, 'seconds': 131.24, 'images_per_second': 13.46,
    });
    expect(Object.keys(epochMetrics({ ...REPORT, renderingsAccuracy: undefined }))).not.toContain('val/renderings_accuracy');
  });
});
