// What is found on validation pictures once a model is trained: temperature and thresholds.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { negativeLogLikelihood } from '../../../src/learning/evaluate/calibration.ts';
import type { Verdict } from '../../../src/learning/evaluate/evaluation.ts';
import { thresholdsFor, thresholdsText } from '../../../src/learning/train/purity-thresholds.ts';
import { atTemperature, fitTemperature } from '../../../src/learning/train/temperature.ts';

/** Verdicts that are right as often as they say, then made surer by `boldness`. */
function verdicts(seed: number, count: number, boldness: number): Verdict[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const logits = MATERIALS.map(() => 2 * random.gaussian());
    const powers = logits.map(Math.exp), sum = powers.reduce((total, power) => total + power, 0);
    let rest = random.next() * sum;
    const actual = MATERIALS.find((_, label) => (rest -= powers[label]!) < 0) ?? 'trash';
    const bold = logits.map((logit) => Math.exp(logit * boldness)), boldSum = bold.reduce((total, power) => total + power, 0);
    return { file: `${actual}/${index}.jpg`, actual, probabilities: bold.map((power) => power / boldSum) };
  });
}

describe('the temperature', () => {
  test.each([[0.5], [1], [2.5]])('takes a boldness of %d back', (boldness) => {
    expect(fitTemperature(verdicts(1, 4000, boldness))).toBeGreaterThan(0.9 * boldness);
    expect(fitTemperature(verdicts(1, 4000, boldness))).toBeLessThan(1.1 * boldness);
  });

  test('never makes the pictures less likely, and changes no answer', () => {
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.2, max: 5, noNaN: true }), (seed, count, boldness) => {
      const raw = verdicts(seed, count, boldness);
      const temperature = fitTemperature(raw);
      const cooled = atTemperature(raw, temperature);
      expect(temperature).toBeGreaterThanOrEqual(0.05);
      expect(temperature).toBeLessThanOrEqual(20);
      expect(negativeLogLikelihood(cooled)).toBeLessThanOrEqual(negativeLogLikelihood(raw) + 1e-9);
      for (const [at, { probabilities }] of cooled.entries()) {
        expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        expect(probabilities.indexOf(Math.max(...probabilities))).toBe(raw[at]!.probabilities.indexOf(Math.max(...raw[at]!.probabilities)));
      }
    }), { numRuns: 60 });
  });

  test('stays in bounds where every answer is right, and where certain ones are wrong', () => {
    const sure = (right: boolean): Verdict => ({ file: 'glass/1.jpg', actual: right ? 'glass' : 'metal', probabilities: [0, 1, 0, 0, 0, 0] });
    expect(fitTemperature([sure(true)])).toBeGreaterThanOrEqual(0.05);
    expect(fitTemperature([sure(false)])).toBeCloseTo(20, 3);
  });
});

describe('the thresholds', () => {
  const verdict = (actual: 'glass' | 'metal', glass: number): Verdict => ({ file: `${actual}/x.jpg`, actual, probabilities: [0, glass, 1 - glass, 0, 0, 0] });

  test('are the lowest that reach the purity, with what that costs', () => {
    const all = [verdict('glass', 0.9), verdict('glass', 0.8), verdict('metal', 0.7), verdict('glass', 0.6), verdict('metal', 0.1)];
    const { glass, metal, paper } = thresholdsFor(all, 0.9);
    expect(glass).toEqual({ threshold: 0.8, purity: 1, recovery: 2 / 3, recoveryAtAnyPurity: 1, taken: 2 });
    expect(metal).toMatchObject({ purity: 1, recovery: 0.5 });
    expect(paper).toBeUndefined();
    expect(thresholdsFor(all, 0.75).glass).toMatchObject({ threshold: 0.6, purity: 0.75, recovery: 1 });
  });

  test('are absent where no threshold reaches the purity, and the text says so', () => {
    const all = [verdict('metal', 0.9), verdict('glass', 0.8)];
    expect(thresholdsFor(all, 0.98).glass).toBeUndefined();
    expect(thresholdsText(thresholdsFor(all, 0.98), 0.98).find((line) => line.startsWith('glass'))).toContain('no threshold reaches 98.0 %');
  });

  test('let pass on the line what they were found on', () => {
    fc.assert(fc.property(fc.nat(), fc.double({ min: 0.5, max: 1, noNaN: true }), (seed, purity) => {
      const all = verdicts(seed, 50, 1);
      for (const [material, found] of Object.entries(thresholdsFor(all, purity))) {
        if (found === undefined) continue;
        const label = MATERIALS.findIndex((each) => each === material);
        const taken = all.filter(({ probabilities }) => probabilities.indexOf(Math.max(...probabilities)) === label && probabilities[label]! >= found.threshold);
        expect(taken.length).toBe(found.taken);
        expect(taken.filter(({ actual }) => actual === material).length / taken.length).toBeCloseTo(found.purity, 12);
        expect(found.purity).toBeGreaterThanOrEqual(purity - 1e-9);
      }
    }), { numRuns: 60 });
  });
});
