// The cases are those of W&B's documentation and of the tests of its own engine, where both say the same.
import { describe, expect, test } from 'vitest';
import { bracketsOf, whyStop } from '../../../src/learning/sweep/hyperband.ts';
import type { Hyperband } from '../../../src/learning/sweep/sweep-config.ts';

const rules = (given: Partial<Hyperband>): Hyperband => ({ type: 'hyperband', eta: 3, strict: false, ...given });
const falling = Array.from({ length: 10 }, (_, index) => 10 - index);

describe('bracketsOf', () => {
  test.each([
    [{ min_iter: 3 }, [3, 9, 27, 81]],
    [{ max_iter: 27, s: 2 }, [3, 9]],
    [{ max_iter: 81, s: 3 }, [3, 9, 27]],
    [{ max_iter: 18, s: 2 }, [2, 6]],
    [{ max_iter: 5, s: 2, eta: 2 }, [1, 2]],
    [{ max_iter: 9, s: 10 }, [1, 3]],
    [{ min_iter: 1, eta: 1.5 }, [1, 2, 3, 5]],
  ])('%j', (given, expected) => {
    expect(bracketsOf(rules(given)).slice(0, expected.length)).toEqual(expected);
  });

  test('`max_iter` gives no more brackets than `s`, and none below one report', () => {
    expect(bracketsOf(rules({ max_iter: 81, s: 3 }))).toHaveLength(3);
    expect(bracketsOf(rules({ max_iter: 9, s: 10 }))).toEqual([1, 3]);
  });
});

describe('whyStop', () => {
  test('nobody is judged before the first bracket', () => {
    expect(whyStop({ hyperband: rules({ min_iter: 3 }), goal: 'minimize' }, [99, 99], [falling])).toBeUndefined();
  });

  test('a trial alone goes on', () => {
    expect(whyStop({ hyperband: rules({ max_iter: 18, s: 2 }), goal: 'minimize' }, falling, [])).toBeUndefined();
  });

  test('the one that does not move is stopped beside one that does, whichever way is better', () => {
    const hyperband = rules({ min_iter: 3 });
    expect(whyStop({ hyperband, goal: 'minimize' }, [10, 10, 10, 10], [falling])).toEqual({ bracket: 3, value: 10, threshold: 8 });
    expect(whyStop({ hyperband, goal: 'maximize' }, [10, 10, 10, 10], [falling.map((value) => 20 - value)])).toEqual({ bracket: 3, value: 10, threshold: 12 });
    expect(whyStop({ hyperband, goal: 'minimize' }, falling, [[10, 10, 10, 10]])).toBeUndefined();
  });

  test('of five, the brackets let the best of each go on', () => {
    const judge = { hyperband: rules({ max_iter: 5, eta: 2, s: 2 }), goal: 'minimize' } as const;
    const trials = { a: [10, 9], b: [10, 10], c: [10, 8, 8], d: [10, 7, 7], e: [10, 6, 6] };
    const stopped = Object.entries(trials).filter(([name, history]) => whyStop(judge, history, Object.entries(trials).filter(([other]) => other !== name).map(([, reports]) => reports)) !== undefined);
    expect(stopped.map(([name]) => name)).toEqual(['a', 'b']);
  });

  test('strict judges by the bracket itself, otherwise the best up to now counts', () => {
    const late = [10, 10, 6], better = falling.map((value) => value - 1);
    expect(whyStop({ hyperband: rules({ max_iter: 18, s: 2 }), goal: 'minimize' }, late, [better])).toBeUndefined();
    expect(whyStop({ hyperband: rules({ max_iter: 18, s: 2, strict: true }), goal: 'minimize' }, late, [better])).toEqual({ bracket: 2, value: 10, threshold: 8 });
  });

  test('trials that did not get as far do not count', () => {
    expect(whyStop({ hyperband: rules({ min_iter: 3 }), goal: 'minimize' }, [5, 5, 5], [[1, 1], [1]])).toBeUndefined();
  });
});
