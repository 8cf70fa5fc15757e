import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, shuffled } from '../../src/base/random.ts';
import { retryDelayMs } from '../../src/base/retry.ts';

describe('createRandom', () => {
  it('is the same for the same seed and stays in range', () => {
    fc.assert(fc.property(fc.integer(), fc.integer({ min: 0, max: 1000 }), (seed, stream) => {
      const a = createRandom(seed).fork(stream);
      const b = createRandom(seed);
      b.next();
      const c = b.fork(stream);
      for (let draw = 0; draw < 20; draw++) {
        const value = a.next();
        expect(value).toBe(c.next());
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
      }
    }));
  });

  it('has the mean and spread it claims', () => {
    const random = createRandom(7);
    const draws = Array.from({ length: 20_000 }, () => random.gaussian());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });
});

describe('retryDelayMs', () => {
  it('grows to its ceiling and jitters only downwards', () => {
    const random = createRandom(1);
    const options = { firstMs: 100, maxMs: 2000, jitter: 0.2 };
    for (let attempt = 0; attempt < 50; attempt++) {
      const ceiling = Math.min(2000, 100 * 2 ** attempt);
      const delayMs = retryDelayMs(options, attempt, random);
      expect(delayMs).toBeLessThanOrEqual(ceiling);
      expect(delayMs).toBeGreaterThanOrEqual(ceiling * 0.8);
    }
  });
});

describe('shuffled', () => {
  it('keeps every item once, leaves its argument alone, and follows from the seed', () => {
    fc.assert(fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items];
      const result = shuffled(items, createRandom(seed));
      expect(items).toEqual(before);
      expect(result.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b));
      expect(result).toEqual(shuffled(before.values(), createRandom(seed)));
    }));
  });

  it('moves things', () => {
    expect(shuffled(Array(50).keys(), createRandom(1))).not.toEqual([...Array(50).keys()]);
  });
});
