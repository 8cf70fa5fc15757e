import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import { pointAtPurity, purityCurve, topOf } from '../../../src/learning/evaluate/purity-curve.ts';
import { anyVerdicts, verdict } from './verdicts.ts';

// Five pictures of glass; four are taken for glass, and two of plastic with them.
const SMALL = [
  verdict('glass', 'glass', 0.99), verdict('glass', 'glass', 0.95), verdict('plastic', 'glass', 0.9),
  verdict('glass', 'glass', 0.8), verdict('glass', 'glass', 0.6), verdict('plastic', 'glass', 0.5), verdict('glass', 'metal', 0.7),
];

describe('purityCurve', () => {
  it('says what each threshold buys and costs', () => {
    expect(purityCurve(SMALL, 'glass')).toEqual([
      { threshold: 0.5, purity: 4 / 6, recovery: 0.8, taken: 6 },
      { threshold: 0.6, purity: 0.8, recovery: 0.8, taken: 5 },
      { threshold: 0.8, purity: 0.75, recovery: 0.6, taken: 4 },
      { threshold: 0.9, purity: 2 / 3, recovery: 0.4, taken: 3 },
      { threshold: 0.95, purity: 1, recovery: 0.4, taken: 2 },
      { threshold: 0.99, purity: 1, recovery: 0.2, taken: 1 },
    ]);
  });

  it('lets equal probabilities pass together', () => {
    const curve = purityCurve([verdict('glass', 'glass', 0.9), verdict('metal', 'glass', 0.9), verdict('glass', 'glass', 0.9)], 'glass');
    expect(curve).toEqual([{ threshold: 0.9, purity: 2 / 3, recovery: 1, taken: 3 }]);
  });

  it('is empty where there is nothing to draw', () => {
    expect(purityCurve([], 'glass')).toEqual([]);
    expect(purityCurve([verdict('metal', 'glass')], 'glass')).toEqual([]);
    expect(purityCurve([verdict('glass', 'metal')], 'glass')).toEqual([]);
  });

  it('agrees with counting at every threshold, whatever the verdicts', () => {
    fc.assert(fc.property(anyVerdicts(), fc.constantFrom(...MATERIALS), (all, material) => {
      const curve = purityCurve(all, material);
      for (const { threshold, purity, recovery, taken } of curve) {
        const sorted = all.filter(({ probabilities }) => MATERIALS[topOf(probabilities)] === material && Math.max(...probabilities) >= threshold);
        const right = sorted.filter(({ actual }) => actual === material).length;
        expect([taken, purity, recovery]).toEqual([sorted.length, right / sorted.length, right / all.filter(({ actual }) => actual === material).length]);
      }
      for (const [index, point] of curve.slice(1).entries()) {
        expect(point.threshold).toBeGreaterThan(curve[index]!.threshold);
        expect(point.recovery).toBeLessThanOrEqual(curve[index]!.recovery);
      }
    }));
  });
});

describe('pointAtPurity', () => {
  it('recovers as much as the purity allows', () => {
    const curve = purityCurve(SMALL, 'glass');
    expect(pointAtPurity(curve, 0.78)?.threshold).toBe(0.6);
    expect(pointAtPurity(curve, 0.9)).toMatchObject({ threshold: 0.95, recovery: 0.4 });
    expect(pointAtPurity(curve, 0.5)?.threshold).toBe(0.5);
  });

  it('says when no threshold is enough', () => {
    expect(pointAtPurity(purityCurve([verdict('plastic', 'glass', 0.99), verdict('glass', 'glass', 0.9)], 'glass'), 0.9)).toBeUndefined();
    expect(pointAtPurity([], 0.5)).toBeUndefined();
  });
});
