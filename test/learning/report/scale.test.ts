import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, logScale } from '../../../src/learning/report/scale.ts';

describe('linearScale', () => {
  it('labels round values', () => {
    expect(linearScale(0.13, 0.97).ticks).toEqual([0.25, 0.5, 0.75]);
    expect(linearScale(0.13, 0.97, { isRounded: true }).ticks).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linearScale(0, 1, { ticks: 5, isRounded: true }).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearScale(0, 30_000, { isRounded: true }).ticks).toEqual([0, 10_000, 20_000, 30_000]);
    expect(linearScale(0, 3e-7, { isRounded: true }).ticks).toEqual([0, 1e-7, 2e-7, 3e-7]);
  });

  it('labels whole numbers only where asked', () => {
    expect(linearScale(1, 10, { ticks: 5, isWhole: true }).ticks).toEqual([2, 4, 6, 8, 10]);
    expect(linearScale(1, 3, { ticks: 5, isWhole: true }).ticks).toEqual([1, 2, 3]);
    expect(linearScale(0, 137, { ticks: 5, isWhole: true }).ticks).toEqual([0, 50, 100]);
  });

  it('widens a range of one value around it', () => {
    const scale = linearScale(5, 5, { isRounded: true });
    expect(scale.at(5)).toBeCloseTo(0.5, 6);
    expect(linearScale(0, 0).at(0)).toBeCloseTo(0.5, 6);
  });

  it('keeps ticks within the range, rising, few, and places within 0 and 1', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(fc.property(value, value, value, (a, b, other) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      fc.pre(high - low > 1e-3);
      const { ticks, at } = linearScale(low, high, { isRounded: true });
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(8);
      for (const [index, tick] of ticks.slice(1).entries()) expect(tick).toBeGreaterThan(ticks[index]!);
      expect(at(low)).toBeLessThanOrEqual(at(high));
      expect(at(other) >= 0 && at(other) <= 1).toBe(true);
      expect(ticks[0]!).toBeLessThanOrEqual(low + (high - low) * 1e-6);
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(high - (high - low) * 1e-6);
    }));
  });
});

describe('logScale', () => {
  it('labels powers of ten, evenly spaced', () => {
    const { ticks, at } = logScale(1e-5, 1e-2);
    expect(ticks).toEqual([1e-5, 1e-4, 1e-3, 1e-2]);
    expect(ticks.map(at)).toEqual([0, expect.closeTo(1 / 3, 9), expect.closeTo(2 / 3, 9), 1]);
  });

  it('labels its ends where no two powers lie between them, and puts 0 at the low end', () => {
    expect(logScale(0.02, 0.9).ticks).toEqual([expect.closeTo(0.02, 9), expect.closeTo(0.9, 9)]);
    expect(logScale(0.01, 1).at(0)).toBe(0);
    expect(logScale(1, 1).at(1)).toBeCloseTo(0.5, 9);
  });
});
