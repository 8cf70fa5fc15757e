import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softmax } from '../../src/classify/softmax.ts';

const order = [0, 1, 2, 3, 4, 5];
const logits = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 6, maxLength: 6 });
const temperature = fc.double({ min: 0.05, max: 20, noNaN: true });

describe('softmax', () => {
  it('gives probabilities that sum to 1, however large the logits', () => {
    fc.assert(fc.property(logits, temperature, (values, t) => {
      const probabilities = softmax(values, 0, { order, temperature: t });
      expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    }));
  });

  it('keeps the first place whatever the temperature, and is blind to a common shift', () => {
    fc.assert(fc.property(logits, temperature, fc.integer({ min: -100, max: 100 }), (values, t, shift) => {
      const probabilities = softmax(values, 0, { order, temperature: t });
      expect(probabilities[values.indexOf(Math.max(...values))]).toBe(Math.max(...probabilities));
      const shifted = softmax(values.map((value) => value + shift), 0, { order, temperature: t });
      shifted.forEach((p, index) => expect(p).toBeCloseTo(probabilities[index]!, 6));
    }));
  });

  it('sharpens below temperature 1 and flattens above', () => {
    const values = [2, 1, 0, 0, 0, 0];
    const at = (t: number): number => softmax(values, 0, { order, temperature: t })[0]!;
    expect(at(0.5)).toBeGreaterThan(at(1));
    expect(at(1)).toBeGreaterThan(at(4));
    // e^2 / (e^2 + e + 4)
    expect(at(1)).toBeCloseTo(0.52377, 5);
  });

  it('maps the model\'s label order to the materials, at an offset', () => {
    const values = [9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 5];
    const probabilities = softmax(values, 6, { order: [5, 4, 3, 2, 1, 0], temperature: 1 });
    expect(probabilities.indexOf(Math.max(...probabilities))).toBe(0);
  });

  it('lets a broken output show as NaN instead of hiding it', () => {
    expect(softmax([NaN, 0, 0, 0, 0, 0], 0, { order, temperature: 1 }).some(Number.isNaN)).toBe(true);
  });
});
