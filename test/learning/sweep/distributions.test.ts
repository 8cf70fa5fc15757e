import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDistribution, distributionNameOf } from '../../../src/learning/sweep/distributions.ts';
import { normalQuantile, normalShare } from '../../../src/learning/sweep/normal.ts';
import type { DistributionName, ParameterSpec } from '../../../src/learning/sweep/sweep-config.ts';
import { DISTRIBUTIONS } from '../../../src/learning/sweep/sweep-config.ts';

const free = { min: -Infinity, max: Infinity };
const draw = (spec: ParameterSpec, share: number): unknown => createDistribution(spec, free).at(share);

/** One specification for each distribution, with its median and the values between which a hundred draws lie. */
const table: Record<DistributionName, { spec: ParameterSpec; median: string | number | boolean; low: number; high: number }> = {
  constant: { spec: { value: 5 }, median: 5, low: 5, high: 5 },
  categorical: { spec: { values: [1, 2, 3] }, median: 2, low: 1, high: 3 },
  categorical_w_probabilities: { spec: { values: [1, 2], probabilities: [0.1, 0.9] }, median: 2, low: 1, high: 2 },
  int_uniform: { spec: { min: 1, max: 9 }, median: 5, low: 1, high: 9 },
  uniform: { spec: { min: 0.5, max: 1 }, median: 0.75, low: 0.5, high: 1 },
  q_uniform: { spec: { min: 0, max: 10, q: 2.5 }, median: 5, low: 0, high: 10 },
  log_uniform: { spec: { min: -2, max: 4 }, median: Math.E, low: Math.exp(-2), high: Math.exp(4) },
  log_uniform_values: { spec: { min: 0.0001, max: 1 }, median: 0.01, low: 0.0001, high: 1 },
  q_log_uniform: { spec: { min: 0, max: 4, q: 1 }, median: 7, low: 1, high: 55 },
  q_log_uniform_values: { spec: { min: 8, max: 128, q: 8 }, median: 32, low: 8, high: 128 },
  inv_log_uniform: { spec: { min: 2, max: 4 }, median: Math.exp(-3), low: Math.exp(-4), high: Math.exp(-2) },
  inv_log_uniform_values: { spec: { min: 0.01, max: 1 }, median: 0.1, low: 0.01, high: 1 },
  normal: { spec: { mu: 3, sigma: 2 }, median: 3, low: -Infinity, high: Infinity },
  q_normal: { spec: { mu: 3, sigma: 2, q: 0.5 }, median: 3, low: -Infinity, high: Infinity },
  log_normal: { spec: { mu: 1 }, median: Math.E, low: 0, high: Infinity },
  q_log_normal: { spec: { mu: 2, q: 1 }, median: 7, low: 0, high: Infinity },
};

describe.each(DISTRIBUTIONS)('%s', (name) => {
  const { spec, median, low, high } = table[name];
  const distribution = createDistribution({ ...spec, distribution: name }, free);

  test('has the median of its definition', () => {
    const value = distribution.at(0.5);
    if (typeof median === 'number') expect(value).toBeCloseTo(median, 6);
    else expect(value).toBe(median);
  });

  test('grows with the share and stays within its limits', () => {
    fc.assert(fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (a, b) => {
      const [below, above] = [Number(distribution.at(Math.min(a, b))), Number(distribution.at(Math.max(a, b)))];
      expect(below).toBeLessThanOrEqual(above);
      expect(below).toBeGreaterThanOrEqual(low - 1e-9);
      expect(above).toBeLessThanOrEqual(high * (1 + 1e-9));
    }));
  });

  test('a coordinate is between 0 and 1 and gives its value back', () => {
    fc.assert(fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (share) => {
      const value = distribution.at(share);
      const [coordinate, ...others] = distribution.coordinatesOf(value);
      expect(others).toEqual([]);
      expect(coordinate).toBeGreaterThanOrEqual(0);
      expect(coordinate).toBeLessThanOrEqual(1);
      if (name.startsWith('q_') || name === 'categorical_w_probabilities') return;
      expect(Number(distribution.at(Math.min(1 - 1e-9, Math.max(1e-9, coordinate!))))).toBeCloseTo(Number(value), 3);
    }));
  });
});

describe('createDistribution', () => {
  test('multiples of the step carry no rounding noise', () => {
    expect(draw({ distribution: 'q_uniform', min: 0, max: 1, q: 0.1 }, 0.31)).toBe(0.3);
  });

  test('every choice is drawn as often as it should be, one of probability 0 never', () => {
    const distribution = createDistribution({ values: ['a', 'b', 'c'], probabilities: [0.25, 0, 0.75] }, free);
    const drawn = Array.from({ length: 1000 }, (_, index) => distribution.at((index + 0.5) / 1000));
    expect(['a', 'b', 'c'].map((word) => drawn.filter((value) => value === word).length)).toEqual([250, 0, 750]);
    expect(distribution.at(1 - 1e-17)).toBe('c');
  });

  test('words get an axis each, two words share one, numbers lie in order', () => {
    expect(createDistribution({ values: ['a', 'b', 'c'] }, free).coordinatesOf('b')).toEqual([0, 1, 0]);
    expect(createDistribution({ values: [false, true] }, free).coordinatesOf(true)).toEqual([1]);
    expect(createDistribution({ values: [32, 8, 16, 64] }, free).coordinatesOf(16)).toEqual([0.375]);
  });

  test('a normal draw beyond what the hyperparameter takes becomes its limit', () => {
    const distribution = createDistribution({ distribution: 'normal', mu: 0, sigma: 1 }, { min: 0, max: 1 });
    expect([distribution.at(0.001), distribution.at(0.999)]).toEqual([0, 1]);
  });

  test('what can be counted is listed in the order of the file', () => {
    expect(createDistribution({ values: [32, 8] }, free).values).toEqual([32, 8]);
    expect(createDistribution({ min: 2, max: 5 }, free).values).toEqual([2, 3, 4, 5]);
    expect(createDistribution({ distribution: 'q_uniform', min: 0, max: 0.3, q: 0.1 }, free).values).toEqual([0, 0.1, 0.2, 0.3]);
    expect(createDistribution({ min: 0.5, max: 1 }, free).values).toBeUndefined();
  });
});

test('the distribution follows from the keys, as in W&B', () => {
  expect([{ value: 1 }, { values: [1] }, { values: [1], probabilities: [1] }, { min: 1, max: 2 }, { min: 0.1, max: 1 }, { min: 1 }, { mu: 1 }].map(distributionNameOf))
    .toEqual(['constant', 'categorical', 'categorical_w_probabilities', 'int_uniform', 'uniform', undefined, undefined]);
});

test('the normal distribution agrees with the tables', () => {
  expect(normalShare(1.96)).toBeCloseTo(0.9750021, 6);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6);
  expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 5);
  fc.assert(fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (share) => {
    expect(normalShare(normalQuantile(share))).toBeCloseTo(share, 6);
  }));
});
