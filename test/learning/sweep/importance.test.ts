import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { FEWEST_TRIALS, importanceOf } from '../../../src/learning/sweep/importance.ts';
import type { TrialOutcome } from '../../../src/learning/sweep/importance.ts';

/** Trials of a metric that follows mostly from the rate, somewhat from the optimiser, and not at all from the seed. */
function trials(count: number, seed = 7): TrialOutcome[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const learn_rate = random.between(0, 1), optimiser = random.pick(['adamw', 'sgd']), chance = random.integer(1, 1000);
    return {
      parameters: { learn_rate, optimiser, seed: chance, epoch_qty: 5, transform_horz: chance > 500 },
      value: 1 - (learn_rate - 0.2) ** 2 - (optimiser === 'sgd' ? 0.1 : 0) + random.between(-0.005, 0.005),
    };
  });
}

describe('importanceOf', () => {
  test('ranks what the metric follows from above what it does not', () => {
    const ranking = importanceOf(trials(40));
    expect(ranking.map(({ parameter }) => parameter).slice(0, 2)).toEqual(['learn_rate', 'optimiser']);
    expect(ranking[0]!.importance).toBeGreaterThan(0.5);
    expect(ranking.slice(2).every(({ importance }) => importance < 0.1)).toBe(true);
  });

  test('the shares add up to 1', () => {
    expect(importanceOf(trials(20)).reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 10);
  });

  test('leaves out what is the same in every trial', () => {
    expect(importanceOf(trials(20)).map(({ parameter }) => parameter)).not.toContain('epoch_qty');
  });

  test('correlates numbers and switches, but not words', () => {
    const byName = new Map(importanceOf(trials(60)).map((row) => [row.parameter, row]));
    expect(byName.get('learn_rate')!.correlation).toBeLessThan(-0.7);
    expect(Math.abs(byName.get('transform_horz')!.correlation!)).toBeLessThan(0.4);
    expect(byName.get('optimiser')!.correlation).toBeNull();
  });

  test('a straight line correlates exactly', () => {
    const line = Array.from({ length: 6 }, (_, x) => ({ parameters: { x, y: -x }, value: 3 * x + 1 }));
    expect(importanceOf(line).map(({ parameter, correlation }) => [parameter, Math.round(correlation! * 1e9) / 1e9]).toSorted()).toEqual([['x', 1], ['y', -1]]);
  });

  test('sees an effect that is no line', () => {
    const random = createRandom(3);
    const bent = Array.from({ length: 60 }, () => {
      const x = random.between(-1, 1);
      return { parameters: { x, other: random.next() }, value: x * x };
    });
    const [first] = importanceOf(bent);
    expect(first).toMatchObject({ parameter: 'x' });
    expect(first!.importance).toBeGreaterThan(0.9);
    expect(Math.abs(first!.correlation!)).toBeLessThan(0.5);
  });

  test('says the same of the same trials', () => {
    expect(importanceOf(trials(30))).toEqual(importanceOf(trials(30)));
  });

  test('says nothing of too few trials, of none, and of a metric that never moves', () => {
    expect(importanceOf([])).toEqual([]);
    expect(importanceOf(trials(FEWEST_TRIALS - 1)).every(({ importance }) => importance === 0)).toBe(true);
    const flat = trials(20).map((trial) => ({ ...trial, value: 0.5 }));
    expect(importanceOf(flat).every(({ importance, correlation }) => importance === 0 && correlation === null)).toBe(true);
  });

  test('leaves out trials without a value', () => {
    const failed = { parameters: { learn_rate: 1, extra: 2 }, value: Number.NaN };
    expect(importanceOf([...trials(20), failed])).toEqual(importanceOf(trials(20)));
  });
});
