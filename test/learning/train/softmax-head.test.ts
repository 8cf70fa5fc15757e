import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { labelRows } from '../../../src/learning/train/labels.ts';
import type { FeatureBatch } from '../../../src/learning/train/softmax-head.ts';
import { bringToScale, scaleOf, SoftmaxHead } from '../../../src/learning/train/softmax-head.ts';
import type { StepRates } from '../../../src/learning/train/training-session.ts';

const FEATURES = 5;
const rates = (step: number, more: Partial<StepRates> = {}): StepRates => ({ step, rateByStage: [0, 0, 0, 0, 0, 0.05], weightDecay: 0, clipNorm: 0, emaDecay: 0, ...more });

function batchOf(seed: number, count = 8): FeatureBatch {
  const random = createRandom(seed);
  const materials = Array.from({ length: count }, () => random.pick(MATERIALS));
  // Each material has a place of its own.
  const features = Float32Array.from(materials.flatMap((material) => Array.from({ length: FEATURES }, (_, feature) => (MATERIALS.indexOf(material) === feature ? 2 : 0) + 0.2 * random.gaussian())));
  return { count, features, labels: labelRows(materials, 0.1), weights: Float32Array.from(materials, () => random.between(0.5, 1.5)), seed };
}

/** The loss of weights given as (features + 1, materials), in doubles: written apart from the code under test. */
function lossOf(values: ArrayLike<number>, { count, features, labels, weights }: FeatureBatch): number {
  let loss = 0;
  for (let row = 0; row < count; row++) {
    const logits = MATERIALS.map((_, label) => Array.from({ length: FEATURES }, (_, at) => features[row * FEATURES + at]! * values[at * 6 + label]!).reduce((sum, value) => sum + value, values[FEATURES * 6 + label]!));
    const log = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    loss += weights[row]! * logits.reduce((sum, logit, label) => sum - labels[row * 6 + label]! * (logit - log), 0);
  }
  return loss / count;
}

function headAt(seed: number, optimiser: 'adamw' | 'sgd' = 'sgd', dropout = 0): { head: SoftmaxHead; values: Float32Array } {
  const random = createRandom(seed);
  const head = new SoftmaxHead({ featureCount: FEATURES, optimiser, dropout });
  const values = Float32Array.from({ length: (FEATURES + 1) * 6 }, () => random.gaussian());
  const zeros = (): Float32Array => new Float32Array(values.length);
  head.restore({ weights: new Map([['head', values]]), averages: new Map([['head', values]]), moments: new Map([['first/head', zeros()], ['second/head', zeros()]]) });
  return { head, values };
}

describe('the softmax head', () => {
  test('steps along the gradient, by finite differences', () => {
    fc.assert(fc.property(fc.nat(1000), (seed) => {
      const { head, values } = headAt(seed);
      const batch = batchOf(seed);
      const { loss } = head.step(batch, rates(1, { rateByStage: [0, 0, 0, 0, 0, 1] }));
      expect(loss).toBeCloseTo(lossOf(values, batch), 5);
      const after = head.state().weights.get('head')!;
      const at = createRandom(seed).integer(0, values.length - 1);
      const nudged = (by: number): number => lossOf(Float64Array.from(values, (value, index) => (index === at ? value + by : value)), batch);
      expect(values[at]! - after[at]!).toBeCloseTo((nudged(1e-4) - nudged(-1e-4)) / 2e-4, 4);
    }), { numRuns: 60 });
  });

  test.each(['adamw', 'sgd'] as const)('learns what can be learned, with %s', (optimiser) => {
    const head = new SoftmaxHead({ featureCount: FEATURES, optimiser, dropout: 0.1 });
    for (let step = 1; step <= 200; step++) head.step(batchOf(step), rates(step, { emaDecay: 0.5, weightDecay: 0.001, clipNorm: 5 }));
    const fresh = batchOf(9999, 60);
    const logits = head.logits(fresh.features, fresh.count);
    const right = Array.from({ length: 60 }, (_, row) => {
      const largest = (values: Float32Array): number => values.subarray(row * 6, row * 6 + 6).indexOf(Math.max(...values.subarray(row * 6, row * 6 + 6)));
      return largest(logits) === largest(fresh.labels);
    });
    expect(right.filter((each) => each).length).toBeGreaterThan(55);
  });

  test('a loss that is no number changes nothing', () => {
    const { head } = headAt(3);
    const before = head.state();
    const batch = batchOf(3);
    batch.features[7] = NaN;
    expect(head.step(batch, rates(1)).loss).toBeNaN();
    expect(head.state()).toEqual(before);
  });

  test('goes on from its state as if nothing had happened', () => {
    const straight = headAt(4, 'adamw', 0.2).head, first = headAt(4, 'adamw', 0.2).head, second = headAt(5, 'adamw', 0.2).head;
    for (let step = 1; step <= 6; step++) straight.step(batchOf(step), rates(step));
    for (let step = 1; step <= 3; step++) first.step(batchOf(step), rates(step));
    second.restore(first.state());
    for (let step = 4; step <= 6; step++) second.step(batchOf(step), rates(step));
    expect(second.state()).toEqual(straight.state());
    expect(() => new SoftmaxHead({ featureCount: 3, optimiser: 'sgd', dropout: 0 }).restore(first.state())).toThrow(expect.objectContaining({ code: 'TRAIN_CHECKPOINT_INVALID' }) as Error);
  });

  test('gives the same logits for features as they are, once the scale is folded into its weights', () => {
    const { head } = headAt(6);
    const random = createRandom(6);
    const raw = Float32Array.from({ length: 20 * FEATURES }, (_, at) => 10 * (at % FEATURES) + random.gaussian() * (1 + (at % FEATURES)));
    const scale = scaleOf(raw, FEATURES);
    const scaled = raw.slice();
    bringToScale(scaled, scale);
    const { weight, bias } = head.linear(scale);
    const expected = head.logits(scaled, 20);
    expected.forEach((logit, at) => {
      const row = Math.floor(at / 6), label = at % 6;
      const found = Array.from({ length: FEATURES }, (_, feature) => raw[row * FEATURES + feature]! * weight[label * FEATURES + feature]!).reduce((sum, value) => sum + value, bias[label]!);
      expect(found).toBeCloseTo(logit, 3);
    });
    expect(scaleOf(scaled, FEATURES).mean.every((mean) => Math.abs(mean) < 1e-5)).toBe(true);
  });
});
