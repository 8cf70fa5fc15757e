// Known answers are published ones: Newcombe (1998), Statistics in Medicine 17, 857-872 and 873-890; Agresti, Categorical Data
// Analysis, table of the prime minister's approval.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/learning/evaluate/intervals.ts';
import { f1Interval, mcNemar, pairedDifference, unpairedDifference, wilsonInterval } from '../../../src/learning/evaluate/intervals.ts';

const rounded = (interval: Interval): number[] => interval.map((end) => Number(end.toFixed(4)));
const count = fc.integer({ min: 0, max: 400 });

describe('wilsonInterval', () => {
  it.each([
    [81, 263, 0.2553, 0.3662], [15, 148, 0.0624, 0.1605], [0, 20, 0, 0.1611], [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is %d to %d, as published', (successes, n, low, high) => {
    expect(rounded(wilsonInterval(successes, n))).toEqual([low, high]);
  });

  it('is everything where nothing was seen', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });

  it('holds the share, stays within 0 and 1, mirrors, and narrows with more pictures', () => {
    fc.assert(fc.property(count, count, (a, b) => {
      const n = a + b;
      fc.pre(n > 0);
      const [low, high] = wilsonInterval(a, n), [mirroredLow, mirroredHigh] = wilsonInterval(b, n), [lowOfMore, highOfMore] = wilsonInterval(4 * a, 4 * n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(a / n + 1e-12);
      expect(high).toBeGreaterThanOrEqual(a / n - 1e-12);
      expect([low, high]).toEqual([expect.closeTo(1 - mirroredHigh, 12), expect.closeTo(1 - mirroredLow, 12)]);
      expect(highOfMore - lowOfMore).toBeLessThan(high - low);
    }));
  });
});

describe('f1Interval', () => {
  it('maps the Wilson interval of tp / (tp + fp + fn)', () => {
    // 15 of 148: 0.0624 to 0.1605, and 2 x / (1 + x) of both ends.
    expect(rounded(f1Interval({ truePositives: 15, falsePositives: 100, falseNegatives: 33 }))).toEqual([0.1174, 0.2766]);
    expect(f1Interval({ truePositives: 5, falsePositives: 0, falseNegatives: 0 })[1]).toBe(1);
  });

  it('holds F1 and stays within 0 and 1', () => {
    fc.assert(fc.property(count, count, count, (truePositives, falsePositives, falseNegatives) => {
      fc.pre(truePositives + falsePositives + falseNegatives > 0);
      const f1 = (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives);
      const [low, high] = f1Interval({ truePositives, falsePositives, falseNegatives });
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(f1 + 1e-12);
      expect(high).toBeGreaterThanOrEqual(f1 - 1e-12);
      expect(high).toBeLessThanOrEqual(1);
    }));
  });
});

describe('unpairedDifference', () => {
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339], [9, 10, 3, 10, 0.1705, 0.809], [6, 7, 2, 7, 0.0582, 0.8062],
  ])('of %i/%i and %i/%i is %d to %d, as published', (rightA, a, rightB, b, low, high) => {
    expect(rounded(unpairedDifference({ right: rightA, n: a }, { right: rightB, n: b }))).toEqual([low, high]);
  });
});

describe('pairedDifference and mcNemar', () => {
  it('agree with the approval of the prime minister: 150 lost, 86 won, of 1600', () => {
    const [low, high] = pairedDifference({ onlyA: 86, onlyB: 150, n: 1600 });
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(['-0.059', '-0.021']);
    expect(mcNemar(86, 150)).toBeLessThan(0.0001);
    expect(mcNemar(86, 150)).toBeGreaterThan(0.00001);
  });

  it('count by hand', () => {
    // (1 + 6) of 64 ways, on both sides.
    expect(mcNemar(1, 5)).toBeCloseTo(14 / 64, 12);
    expect(mcNemar(0, 0)).toBe(1);
    expect(mcNemar(3, 3)).toBe(1);
    // 10 pictures, 4 for one, 1 for the other: (4 - 1) / 12 -+ 1.96 sqrt(6 - 9/12) / 12.
    expect(rounded(pairedDifference({ onlyA: 4, onlyB: 1, n: 10 }))).toEqual([-0.1242, 0.6242]);
  });

  it('stay within their bounds and do not care which model comes first', () => {
    fc.assert(fc.property(count, count, count, (onlyA, onlyB, both) => {
      fc.pre(onlyA + onlyB + both > 0);
      const n = onlyA + onlyB + both, [low, high] = pairedDifference({ onlyA, onlyB, n });
      expect(low).toBeGreaterThanOrEqual(-1);
      expect(high).toBeLessThanOrEqual(1);
      expect(pairedDifference({ onlyA: onlyB, onlyB: onlyA, n })).toEqual([expect.closeTo(-high, 12), expect.closeTo(-low, 12)]);
      const chance = mcNemar(onlyA, onlyB);
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThanOrEqual(1);
      expect(mcNemar(onlyB, onlyA)).toBeCloseTo(chance, 12);
    }));
  });

  it('do not underflow on thousands of pictures', () => {
    expect(mcNemar(2000, 2000)).toBe(1);
    expect(mcNemar(1900, 2100)).toBeCloseTo(0.00167, 4);
  });
});
