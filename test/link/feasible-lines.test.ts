import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feasibleLines } from '../../src/link/feasible-lines.ts';

const STEEPEST = 0.01;
const line = fc.record({ at0: fc.double({ min: -1e6, max: 1e6, noNaN: true }), slope: fc.double({ min: -STEEPEST, max: STEEPEST, noNaN: true }) });
const spans = fc.array(fc.record({ age: fc.integer({ min: 0, max: 120e9 }), below: fc.integer({ min: 0, max: 300e6 }), above: fc.integer({ min: 0, max: 300e6 }) }), { minLength: 1, maxLength: 60 });

describe('lines between bounds', () => {
  it('hold every line that bounds were made around', () => {
    fc.assert(fc.property(line, spans, ({ at0, slope }, around) => {
      const found = feasibleLines(around.map(({ age, below, above }) => ({ age, low: at0 - slope * age - below - 1000, high: at0 - slope * age + above + 1000 })), STEEPEST)!;
      expect(found).toBeDefined();
      expect(at0).toBeGreaterThanOrEqual(found.low - 1);
      expect(at0).toBeLessThanOrEqual(found.high + 1);
      expect(slope).toBeGreaterThanOrEqual(found.lowSlope - 1e-9);
      expect(slope).toBeLessThanOrEqual(found.highSlope + 1e-9);
    }));
  });

  it('are as few as two tight bounds leave', () => {
    const { low, high, lowSlope, highSlope } = feasibleLines([{ age: 0, low: -100, high: 300 }, { age: 1e6, low: -10, high: 10 }, { age: 3e6, low: -10, high: 10 }], STEEPEST)!;
    // Through +10 at 3e6 and -10 at 1e6 down to -20 at 0, and the other way round.
    expect([low, high]).toEqual([expect.closeTo(-20, 1), expect.closeTo(20, 1)]);
    expect([lowSlope, highSlope]).toEqual([expect.closeTo(-1e-5, 7), expect.closeTo(1e-5, 7)]);
  });

  it('are none where bounds contradict each other or need an oscillator that is none', () => {
    expect(feasibleLines([{ age: 1, low: 0, high: 1 }, { age: 1, low: 2, high: 3 }], STEEPEST)).toBeUndefined();
    expect(feasibleLines([{ age: 0, low: 0, high: 1 }, { age: 1e6, low: 50_000, high: 50_001 }], STEEPEST)).toBeUndefined();
  });
});
