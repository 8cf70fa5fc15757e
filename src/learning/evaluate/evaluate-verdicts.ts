// From what a model said of labelled pictures to the figures. Pure: the same verdicts in any order give the same figures.
import type { Milliseconds } from '../../base/units.ts';
import type { Material } from '../../domain/material.ts';
import { MATERIALS } from '../../domain/material.ts';
import { calibrationError, negativeLogLikelihood, reliabilityBands } from './calibration.ts';
import type { Evaluation, MaterialFigures, Verdict } from './evaluation.ts';
import { f1Interval, wilsonInterval } from './intervals.ts';
import { topOf } from './purity-curve.ts';

/** The figures of at least one verdict; of none, a RangeError: nothing can be said. */
export function evaluateVerdicts(verdicts: readonly Verdict[], msPerImage: Milliseconds): Evaluation {
  if (verdicts.length === 0) throw new RangeError('evaluateVerdicts() needs at least one verdict');
  const n = verdicts.length;
  const rows = confusionRows(verdicts);
  const perMaterial = Object.fromEntries(MATERIALS.map((material, index) => [material, figuresOf(rows, index)])) as Record<Material, MaterialFigures | null>;
  const present = Object.values(perMaterial).filter((figures) => figures !== null);
  const right = rows.reduce((sum, row, index) => sum + row[index]!, 0);
  const reliability = reliabilityBands(verdicts);
  return {
    n, accuracy: right / n, interval: wilsonInterval(right, n),
    perMaterial, macroF1: present.reduce((sum, { f1 }) => sum + f1, 0) / present.length,
    confusion: { labels: MATERIALS, rows },
    top5: verdicts.filter((verdict) => rankOfActual(verdict) < 5).length / n,
    ece: calibrationError(reliability), reliability, negativeLogLikelihood: negativeLogLikelihood(verdicts),
    msPerImage,
  };
}

/** The material the model takes the picture for: the most probable, the first of equals. */
export function predictedOf({ probabilities }: Verdict): Material {
  return MATERIALS[topOf(probabilities)]!;
}

/** The wrong verdicts, the surest first; equally sure ones by name. */
export function confidentMistakes(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.filter((verdict) => predictedOf(verdict) !== verdict.actual)
    .sort((a, b) => Math.max(...b.probabilities) - Math.max(...a.probabilities) || (a.file < b.file ? -1 : 1));
}

/** `rows[predicted][actual]`, in the order of MATERIALS. */
function confusionRows(verdicts: readonly Verdict[]): number[][] {
  const rows = MATERIALS.map(() => MATERIALS.map(() => 0));
  for (const { actual, probabilities } of verdicts) rows[topOf(probabilities)]![MATERIALS.indexOf(actual)]! += 1;
  return rows;
}

function figuresOf(rows: readonly (readonly number[])[], index: number): MaterialFigures | null {
  const n = rows.reduce((sum, row) => sum + row[index]!, 0);
  if (n === 0) return null;
  const right = rows[index]![index]!, taken = rows[index]!.reduce((sum, count) => sum + count, 0);
  return {
    accuracy: right / n, precision: taken === 0 ? null : right / taken, recall: right / n, f1: (2 * right) / (taken + n), n,
    precisionInterval: taken === 0 ? null : wilsonInterval(right, taken),
    recallInterval: wilsonInterval(right, n),
    f1Interval: f1Interval({ truePositives: right, falsePositives: taken - right, falseNegatives: n - right }),
  };
}

/** 0 where the actual material is the most probable; equals rank by their place in MATERIALS. */
function rankOfActual({ actual, probabilities }: Verdict): number {
  const index = MATERIALS.indexOf(actual), own = probabilities[index]!;
  return probabilities.filter((probability, other) => probability > own || (probability === own && other < index)).length;
}
