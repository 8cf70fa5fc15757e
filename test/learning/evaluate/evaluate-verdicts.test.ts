import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import { confidentMistakes, evaluateVerdicts, predictedOf } from '../../../src/learning/evaluate/evaluate-verdicts.ts';
import type { Verdict } from '../../../src/learning/evaluate/evaluation.ts';
import { anyVerdicts, verdict, verdicts } from './verdicts.ts';

// Ten pictures: of 4 glass, 3 are recognised and 1 taken for plastic; of 5 plastic 3, and 2 taken for glass; 1 paper, taken for trash.
const TEN: readonly Verdict[] = [
  ...verdicts(3, 'glass', 'glass', 0.9), ...verdicts(1, 'glass', 'plastic', 0.6), ...verdicts(3, 'plastic', 'plastic', 0.8),
  ...verdicts(2, 'plastic', 'glass', 0.55), ...verdicts(1, 'paper', 'trash', 1),
];

describe('evaluateVerdicts', () => {
  const evaluation = evaluateVerdicts(TEN, 7.5);

  it('counts with rows predicted and columns actual', () => {
    expect(evaluation.confusion.labels).toEqual(MATERIALS);
    expect(evaluation.confusion.rows).toEqual([
      [0, 0, 0, 0, 0, 0],
      [0, 3, 0, 0, 2, 0],
      [0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 3, 0],
      [0, 0, 0, 1, 0, 0],
    ]);
  });

  it('gives the figures one counts by hand', () => {
    expect(evaluation).toMatchObject({ n: 10, accuracy: 0.6, msPerImage: 7.5 });
    expect(evaluation.interval.map((end) => end.toFixed(4))).toEqual(['0.3127', '0.8318']);
    expect(evaluation.perMaterial.glass).toMatchObject({ n: 4, accuracy: 0.75, recall: 0.75, precision: 0.6, f1: 6 / 9 });
    expect(evaluation.perMaterial.plastic).toMatchObject({ n: 5, recall: 0.6, precision: 0.75, f1: 6 / 9 });
    expect(evaluation.perMaterial.paper).toMatchObject({ n: 1, recall: 0, precision: null, precisionInterval: null, f1: 0 });
    expect(evaluation.macroF1).toBeCloseTo((6 / 9 + 6 / 9 + 0) / 3, 12);
  });

  it('has no figures for a material without pictures', () => {
    expect(evaluation.perMaterial).toMatchObject({ cardboard: null, metal: null, trash: null });
  });

  it('measures calibration: three of three at 0.9, three of three at 0.8, one of three below, none of one at 1', () => {
    // Bands: [0.5, 0.6) two wrong at 0.55; [0.6, 0.7) one wrong at 0.6; [0.8, 0.9) three right at 0.8; [0.9, 1] three right at 0.9, one wrong at 1.
    const gaps = 0.2 * 0.55 + 0.1 * 0.6 + 0.3 * 0.2 + 0.4 * Math.abs(0.75 - 3.7 / 4);
    expect(evaluation.ece).toBeCloseTo(gaps, 12);
    expect(evaluation.reliability[5]).toEqual({ from: 0.5, to: 0.6, n: 2, confidence: 0.55, accuracy: 0 });
    expect(evaluation.reliability[0]).toEqual({ from: 0, to: 0.1, n: 0, confidence: null, accuracy: null });
    const likelihoods = [0.9, 0.9, 0.9, 0.08, 0.8, 0.8, 0.8, 0.09, 0.09, 1e-12];
    expect(evaluation.negativeLogLikelihood).toBeCloseTo(likelihoods.reduce((sum, p) => sum - Math.log(p), 0) / 10, 9);
  });

  it('counts the five most probable, equals in the order of the materials', () => {
    expect(evaluation.top5).toBe(1);
    const last: Verdict = { file: 'trash/0.jpg', actual: 'trash', probabilities: [0.3, 0.2, 0.2, 0.1, 0.1, 0.1] };
    expect(evaluateVerdicts([last], 1).top5).toBe(0);
  });

  it('refuses to say anything of nothing', () => {
    expect(() => evaluateVerdicts([], 1)).toThrow(RangeError);
  });

  it('adds up, stays within its bounds and does not care about order, whatever the verdicts', () => {
    fc.assert(fc.property(anyVerdicts({ minLength: 1 }), fc.infiniteStream(fc.nat()), (all, keys) => {
      const figures = evaluateVerdicts(all, 3);
      const { rows } = figures.confusion;
      expect(rows.flat().reduce((sum, count) => sum + count, 0)).toBe(all.length);
      expect(figures.reliability.reduce((sum, { n }) => sum + n, 0)).toBe(all.length);
      for (const [index, material] of MATERIALS.entries()) {
        const pictures = all.filter(({ actual }) => actual === material).length;
        expect(rows.reduce((sum, row) => sum + row[index]!, 0)).toBe(pictures);
        expect(rows[index]!.reduce((sum, count) => sum + count, 0)).toBe(all.filter((one) => predictedOf(one) === material).length);
        expect(figures.perMaterial[material]?.n ?? 0).toBe(pictures);
      }
      const weighted = MATERIALS.reduce((sum, material) => sum + (figures.perMaterial[material]?.recall ?? 0) * (figures.perMaterial[material]?.n ?? 0), 0);
      expect(weighted / all.length).toBeCloseTo(figures.accuracy, 9);
      const shares = [figures.accuracy, figures.top5, figures.ece, figures.macroF1, ...figures.interval, ...Object.values(figures.perMaterial)
        .flatMap((one) => (one === null ? [] : [one.recall, one.precision ?? 0, one.f1, ...one.recallInterval, ...one.f1Interval]))];
      for (const share of shares) expect(share >= 0 && share <= 1).toBe(true);
      expect(figures.top5).toBeGreaterThanOrEqual(figures.accuracy);
      expect(figures.negativeLogLikelihood).toBeGreaterThanOrEqual(0);
      const shuffled = all.map((one) => ({ one, key: keys.next().value as number })).sort((a, b) => a.key - b.key).map(({ one }) => one);
      const again = evaluateVerdicts(shuffled, 3);
      expect(again.confusion).toEqual(figures.confusion);
      expect(again.perMaterial).toEqual(figures.perMaterial);
      expect(again.ece).toBeCloseTo(figures.ece, 9);
      expect(again.negativeLogLikelihood).toBeCloseTo(figures.negativeLogLikelihood, 9);
      expect(confidentMistakes(shuffled)).toEqual(confidentMistakes(all));
    }));
  });
});

describe('confidentMistakes', () => {
  it('lists only what is wrong, the surest first', () => {
    expect(confidentMistakes(TEN).map(({ actual, probabilities }) => [actual, Math.max(...probabilities)])).toEqual([
      ['paper', 1], ['glass', 0.6], ['plastic', 0.55], ['plastic', 0.55],
    ]);
    expect(confidentMistakes([verdict('glass', 'glass')])).toEqual([]);
  });
});
