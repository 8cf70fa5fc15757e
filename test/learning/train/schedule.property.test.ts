import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { drawMixShare, mixRows } from '../../../src/learning/augment/mixup.ts';
import { epochBatches, stepRandom, stepsInEpoch } from '../../../src/learning/train/epoch-plan.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';
import { labelRows, materialWeights } from '../../../src/learning/train/labels.ts';
import type { Schedule } from '../../../src/learning/train/schedule.ts';
import { emaAt, rateAt, ratesAt, stageRates } from '../../../src/learning/train/schedule.ts';

const material = fc.constantFrom(...MATERIALS);
const schedules = fc.record({
  stepsPerEpoch: fc.integer({ min: 1, max: 200 }), epochs: fc.integer({ min: 1, max: 50 }),
  warmup: fc.double({ min: 0, max: 60, noNaN: true }), rate: fc.double({ min: 1e-6, max: 1, noNaN: true }),
}).map(({ stepsPerEpoch, epochs, warmup, rate }): Schedule => ({
  stepsPerEpoch, totalSteps: stepsPerEpoch * epochs, options: hyperparameters.parse({ learn_rate: rate, warmup_epochs: warmup, mode: 'fine-tune' }),
}));

describe('the learning rate', () => {
  test('is above nothing and at most the highest in every step, rises in the warm-up and falls behind it', () => {
    fc.assert(fc.property(schedules, (schedule) => {
      const warmupSteps = Math.round(schedule.options.warmup_epochs * schedule.stepsPerEpoch);
      const rates = Array.from({ length: schedule.totalSteps }, (_, index) => rateAt(index + 1, schedule));
      expect(rates.every((rate) => rate > 0 && rate <= schedule.options.learn_rate)).toBe(true);
      const isInOrder = rates.every((rate, index) => index === 0 || index === warmupSteps || (index < warmupSteps ? rate > rates[index - 1]! : rate < rates[index - 1]!));
      expect(isInOrder).toBe(true);
      if (warmupSteps < schedule.totalSteps) expect(Math.max(...rates)).toBeCloseTo(schedule.options.learn_rate, 12);
    }), { numRuns: 50 });
  });

  test('of each stage is that of the next one times the decay, and nothing where it is not trained', () => {
    const options = hyperparameters.parse({ mode: 'fine-tune', layer_decay: 0.5, trainable: 2 });
    expect(stageRates(1, options)).toEqual([0, 0, 0, 0.25, 0.5, 1]);
    expect(stageRates(1, { ...options, trainable: 5 })).toEqual([1 / 32, 1 / 16, 1 / 8, 0.25, 0.5, 1]);
    expect(stageRates(1, { ...options, trainable: 0 })).toEqual([0, 0, 0, 0, 0, 1]);
    expect(stageRates(1, { ...options, mode: 'head' })).toEqual([0, 0, 0, 0, 0, 1]);
  });

  test('a constant schedule stays at its rate behind the warm-up', () => {
    const schedule: Schedule = { stepsPerEpoch: 10, totalSteps: 100, options: hyperparameters.parse({ schedule: 'constant', learn_rate: 0.5, warmup_epochs: 0.5 }) };
    expect([1, 5, 6, 100].map((step) => rateAt(step, schedule))).toEqual([0.5 / 6, 2.5 / 6, 0.5, 0.5]);
  });

  test('the moving average begins short and reaches its length', () => {
    expect(emaAt(1, 0.99)).toBeCloseTo(0.1);
    expect(emaAt(100_000, 0.99)).toBe(0.99);
    expect(ratesAt(5, { stepsPerEpoch: 10, totalSteps: 100, options: hyperparameters.parse({ ema_decay: 0 }) }).emaDecay).toBe(0);
  });
});

describe('an epoch', () => {
  test('holds every sample at most once, in full batches, in an order of its own', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 64 }), fc.nat(1000), fc.nat(50), (samples, batchSize, seed, epoch) => {
      const batches = epochBatches(samples, { seed, epoch, batchSize });
      expect(batches).toHaveLength(stepsInEpoch(samples, batchSize));
      for (const batch of batches) expect(batch.length).toBe(Math.min(batchSize, samples));
      const all = batches.flat();
      expect(new Set(all).size).toBe(all.length);
      expect(all.every((index) => index >= 0 && index < samples)).toBe(true);
      expect(all.length).toBeGreaterThan(samples - batchSize);
      expect(epochBatches(samples, { seed, epoch, batchSize })).toEqual(batches);
      if (samples > 20 && batchSize < 20) expect(epochBatches(samples, { seed, epoch: epoch + 1, batchSize })).not.toEqual(batches);
    }));
  });

  test('random sources of steps differ', () => {
    expect(stepRandom(1, 2).next()).toBe(stepRandom(1, 2).next());
    expect(stepRandom(1, 2).next()).not.toBe(stepRandom(1, 3).next());
  });
});

describe('labels', () => {
  test('are distributions that favour their material', () => {
    fc.assert(fc.property(fc.array(material, { minLength: 1 }), fc.double({ min: 0, max: 0.5, noNaN: true }), (materials, smoothing) => {
      const rows = labelRows(materials, smoothing);
      for (const [row, each] of materials.entries()) {
        const values = rows.subarray(row * 6, row * 6 + 6);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        expect(values.indexOf(Math.max(...values))).toBe(MATERIALS.indexOf(each));
      }
    }));
  });

  test('weigh each material alike where balanced, each picture alike otherwise, with a mean of 1', () => {
    fc.assert(fc.property(fc.array(material, { minLength: 1 }), fc.constantFrom('none' as const, 'balanced' as const), (materials, kind) => {
      const weights = materialWeights(materials, kind);
      expect(materials.reduce((sum, each) => sum + weights[each], 0) / materials.length).toBeCloseTo(1, 9);
      const totals = MATERIALS.filter((each) => materials.includes(each)).map((each) => weights[each] * (kind === 'none' ? 1 : materials.filter((other) => other === each).length));
      for (const total of totals) expect(total).toBeCloseTo(totals[0]!, 9);
    }));
  });
});

describe('mixup', () => {
  test('keeps at least half of each picture', () => {
    fc.assert(fc.property(fc.nat(), fc.double({ min: 0.05, max: 5, noNaN: true }), (seed, alpha) => {
      const share = drawMixShare(createRandom(seed), alpha);
      expect(share).toBeGreaterThanOrEqual(0.5);
      expect(share).toBeLessThanOrEqual(1);
    }));
  });

  test('follows the Beta distribution: alpha 1 is even, large alpha near a half', () => {
    const mean = (alpha: number): number => {
      const random = createRandom(5);
      return Array.from({ length: 4000 }, () => drawMixShare(random, alpha)).reduce((sum, share) => sum + share, 0) / 4000;
    };
    expect(mean(1)).toBeCloseTo(0.75, 1);
    expect(mean(5)).toBeLessThan(0.65);
    expect(mean(0.1)).toBeGreaterThan(0.9);
  });

  test('blends mirror-wise, keeping sums; a middle row stays', () => {
    const labels = Float32Array.of(1, 0, 0, 1, 0.5, 0.5);
    mixRows(labels, 3, 0.75);
    expect([...labels]).toEqual([0.875, 0.125, 0, 1, 0.625, 0.375]);
    const bytes = Uint8Array.of(0, 200, 100, 100);
    mixRows(bytes, 2, 0.5);
    expect([...bytes]).toEqual([50, 150, 50, 150]);
  });
});
