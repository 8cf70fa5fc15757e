// What the three methods suggest: grids end exactly, draws follow from seed and number, and the model beats chance.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import type { SearchedTrial, Space } from '../../../src/learning/sweep/bayes-search.ts';
import { drawParameters, improveParameters } from '../../../src/learning/sweep/bayes-search.ts';
import { createDistribution } from '../../../src/learning/sweep/distributions.ts';
import { fitGaussianProcess } from '../../../src/learning/sweep/gaussian-process.ts';
import { gridPoint, gridSizeOf } from '../../../src/learning/sweep/grid.ts';
import type { TrialSoFar } from '../../../src/learning/sweep/suggest-trial.ts';
import { suggestTrial } from '../../../src/learning/sweep/suggest-trial.ts';
import type { ParameterSpec, Parameters, SweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import { sweepConfig } from '../../../src/learning/sweep/sweep-config.ts';

const sweep = (given: object): SweepConfig => sweepConfig.parse(given);
const spaceOf = (specs: Record<string, ParameterSpec>): Space =>
  new Map(Object.entries(specs).map(([name, spec]) => [name, createDistribution(spec, { min: -Infinity, max: Infinity })]));

/** The best cost of a search after `budget` trials. */
function bestAfter(budget: number, search: { space: Space; costOf: (parameters: Parameters) => number; seed: number; method: 'bayes' | 'random' }): number {
  const trials: SearchedTrial[] = [];
  for (let number = 0; number < budget; number++) {
    const random = createRandom(search.seed).fork(number);
    const parameters = search.method === 'bayes' ? improveParameters(search.space, trials, random) : drawParameters(search.space, random);
    trials.push({ parameters, cost: search.costOf(parameters) });
  }
  return Math.min(...trials.map(({ cost }) => cost!));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const branin = {
  space: spaceOf({ x: { distribution: 'uniform', min: -5, max: 10 }, y: { distribution: 'uniform', min: 0, max: 15 } }),
  costOf: ({ x, y }: Parameters): number => (Number(y) - (5.1 / (4 * Math.PI ** 2)) * Number(x) ** 2 + (5 / Math.PI) * Number(x) - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(Number(x)) + 10,
  lowest: 0.397887,
};

/** Best with a rate of 10^-2.5, optimiser b, batches of 32 and 40 epochs: logarithms, words, ordered choices and whole numbers. */
const recipe = {
  space: spaceOf({
    rate: { distribution: 'log_uniform_values', min: 1e-5, max: 1 }, optimiser: { values: ['a', 'b', 'c'] },
    batch: { values: [8, 16, 32, 64, 128] }, epochs: { min: 1, max: 50 },
  }),
  costOf: ({ rate, optimiser, batch, epochs }: Parameters): number =>
    (Math.log10(Number(rate)) + 2.5) ** 2 + (optimiser === 'b' ? 0 : 1) + 0.2 * (Math.log2(Number(batch)) - 5) ** 2 + ((Number(epochs) - 40) / 20) ** 2,
  lowest: 0,
};

describe('bayes', () => {
  test.each([['Branin', branin, 30], ['a recipe', recipe, 25]] as const)('is better than chance on %s with as many trials', (_, { space, costOf, lowest }, budget) => {
    const regrets = (method: 'bayes' | 'random'): number[] => [1, 2, 3, 4, 5].map((seed) => bestAfter(budget, { space, costOf, seed, method }) - lowest);
    const [bayes, random] = [regrets('bayes'), regrets('random')];
    expect(bayes.filter((regret, index) => regret < random[index]!).length).toBeGreaterThanOrEqual(4);
    expect(median(bayes)).toBeLessThan(median(random) / 4);
  });

  test('trials that still run are not tried again', () => {
    const finished: SearchedTrial[] = Array.from({ length: 8 }, (_, index) => {
      const parameters = drawParameters(branin.space, createRandom(5).fork(index));
      return { parameters, cost: branin.costOf(parameters) };
    });
    const next = (trials: readonly SearchedTrial[]): Parameters => improveParameters(branin.space, trials, createRandom(5).fork(99));
    const first = next(finished);
    const second = next([...finished, { parameters: first, cost: undefined }]);
    expect(Math.hypot(Number(first.x) - Number(second.x), Number(first.y) - Number(second.y))).toBeGreaterThan(0.5);
  });

  test('a small space is tried out before anything is tried twice', () => {
    const space = spaceOf({ a: { values: [1, 2, 3] }, b: { values: ['x', 'y'] } });
    const trials: SearchedTrial[] = [];
    for (let number = 0; number < 12; number++) {
      const parameters = improveParameters(space, trials, createRandom(2).fork(number));
      trials.push({ parameters, cost: Number(parameters.a) });
    }
    const beyondChance = trials.slice(4).map(({ parameters }) => JSON.stringify(parameters));
    expect(new Set(trials.map(({ parameters }) => JSON.stringify(parameters))).size).toBe(6);
    expect(beyondChance).toHaveLength(8);
  });

  test('the same trials give the same next one; a failed trial counts as the worst', () => {
    const config = sweep({ method: 'bayes', metric: { name: 'loss' }, parameters: { learn_rate: { distribution: 'log_uniform_values', min: 1e-5, max: 0.1 } } });
    const trials: TrialSoFar[] = [1e-4, 1e-3, 1e-2, 5e-2].map((learn_rate) => ({ parameters: { learn_rate }, state: 'done', value: Math.abs(Math.log10(learn_rate) + 3) }));
    const next = suggestTrial(config, 4, trials);
    expect(suggestTrial(config, 4, trials)).toEqual(next);
    expect(Number(next!.learn_rate)).toBeGreaterThan(1e-4);
    expect(Number(next!.learn_rate)).toBeLessThan(1e-2);
    const failedNearby = [...trials, { parameters: next!, state: 'failed', value: undefined } as const];
    expect(suggestTrial(config, 5, failedNearby)).not.toEqual(next);
  });
});

describe('random', () => {
  const config = sweep({ method: 'random', seed: 7, parameters: { learn_rate: { min: 0.001, max: 0.1 }, optimiser: { values: ['adamw', 'sgd'] } } });

  test('a trial follows from the seed and its number, whoever asks and whatever was tried', () => {
    const first = suggestTrial(config, 3, []);
    expect(suggestTrial(config, 3, [{ parameters: {}, state: 'done', value: 1 }])).toEqual(first);
    expect(suggestTrial(config, 4, [])).not.toEqual(first);
    expect(suggestTrial({ ...config, seed: 8 }, 3, [])).not.toEqual(first);
  });
});

describe('grid', () => {
  test('tries every combination once and then ends', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4 }), fc.boolean(), (batches, epochs, words) => {
      const config = sweep({
        method: 'grid',
        parameters: { batch_size: { values: batches }, epoch_qty: { min: 1, max: 1 + epochs }, ...(words ? { optimiser: { values: ['adamw', 'sgd'] }, seed: { value: 3 } } : {}) },
      });
      const size = batches.length * (1 + epochs) * (words ? 2 : 1);
      expect(gridSizeOf(config)).toBe(size);
      const points = Array.from({ length: size }, (_, number) => JSON.stringify(gridPoint(config, number)));
      expect(new Set(points).size).toBe(size);
      expect(gridPoint(config, size)).toBeUndefined();
    }));
  });

  test('the last parameter changes fastest', () => {
    const config = sweep({ method: 'grid', parameters: { batch_size: { values: [16, 32] }, epoch_qty: { values: [5, 10] } } });
    expect([0, 1, 2, 3].map((number) => gridPoint(config, number))).toEqual([
      { batch_size: 16, epoch_qty: 5 }, { batch_size: 16, epoch_qty: 10 }, { batch_size: 32, epoch_qty: 5 }, { batch_size: 32, epoch_qty: 10 },
    ]);
  });
});

describe('fitGaussianProcess', () => {
  const points = [[0], [0.3], [0.6], [1]], values = points.map(([x]) => Math.sin(4 * x!));

  test('goes through what is known and is unsure between', () => {
    const process = fitGaussianProcess(points, values);
    for (const [index, point] of points.entries()) expect(process.predict(point).mean).toBeCloseTo(values[index]!, 1);
    expect(process.predict([0.45]).mean).toBeCloseTo(Math.sin(1.8), 1);
    expect(process.predict([0.8]).deviation).toBeGreaterThan(process.predict([0.6]).deviation);
  });

  test('is sure of what it is made to believe, without changing its mind', () => {
    const process = fitGaussianProcess(points, values), believing = process.believing([[0.8]]);
    expect(believing.predict([0.8]).mean).toBeCloseTo(process.predict([0.8]).mean, 2);
    expect(believing.predict([0.8]).deviation).toBeLessThan(process.predict([0.8]).deviation);
  });

  test('bears the same point twice and values that are all the same', () => {
    const process = fitGaussianProcess([[0.5], [0.5], [0.5]], [2, 2, 2]);
    expect(process.predict([0.5]).mean).toBeCloseTo(2, 6);
  });
});
