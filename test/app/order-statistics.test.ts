import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, quantile, quantileInterval } from '../../src/app/order-statistics.ts';

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index);

describe('order statistics', () => {
  it('know the middle and the tail, whatever the order', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(quantile(oneTo(100), 0.99)).toBe(100);
    expect(quantile([], 0.5)).toBeUndefined();
  });

  it('say where a quantile may lie, and that a few values do not know their tail', () => {
    expect(quantileInterval(oneTo(1000), 0.99)).toEqual({ low: 984, high: 998 });
    expect(quantileInterval(oneTo(100), 0.99)).toEqual({ low: 98, high: null });
    expect(quantileInterval([], 0.99)).toEqual({ low: null, high: null });
  });

  it('never place a quantile outside its interval', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 300 }), fc.double({ min: 0.01, max: 0.999, noNaN: true }), (values, share) => {
      const { low, high } = quantileInterval(values, share);
      expect(low!).toBeLessThanOrEqual(quantile(values, share)!);
      expect(high ?? Infinity).toBeGreaterThanOrEqual(quantile(values, share)!);
    }));
  });
});
