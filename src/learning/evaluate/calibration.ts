// Whether a model is right as often as it says: of the pictures it calls glass with 90 %, nine in ten should be glass.
import type { Ratio } from '../../base/units.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { ReliabilityBand, Verdict } from './evaluation.ts';
import { topOf } from './purity-curve.ts';

const BANDS = 10;
/** A probability of 0 for what was there would make the likelihood infinite; float32 gives no smaller one that means anything. */
const SMALLEST = 1e-12;

/** The verdicts in ten equal bands of confidence, lowest first, empty ones included. A confidence of 1 is in the last. */
export function reliabilityBands(verdicts: readonly Verdict[]): ReliabilityBand[] {
  const sums = Array.from({ length: BANDS }, () => ({ n: 0, confidence: 0, right: 0 }));
  for (const { actual, probabilities } of verdicts) {
    const top = topOf(probabilities), confidence = probabilities[top]!;
    const band = sums[Math.min(BANDS - 1, Math.max(0, Math.floor(confidence * BANDS)))]!;
    band.n += 1;
    band.confidence += confidence;
    band.right += Number(MATERIALS[top] === actual);
  }
  return sums.map(({ n, confidence, right }, index) => ({
    from: index / BANDS, to: (index + 1) / BANDS, n,
    confidence: n === 0 ? null : confidence / n, accuracy: n === 0 ? null : right / n,
  }));
}

/** Mean gap between confidence and accuracy, weighted by the bands' sizes: the expected calibration error (Guo et al., 2017). */
export function calibrationError(bands: readonly ReliabilityBand[]): Ratio {
  const total = bands.reduce((sum, { n }) => sum + n, 0);
  return bands.reduce((sum, { n, confidence, accuracy }) => sum + (n === 0 ? 0 : (n / total) * Math.abs(accuracy! - confidence!)), 0);
}

/** Mean of -ln of the probability given to what was there: 0 is perfect, ln 6 = 1.79 is guessing. */
export function negativeLogLikelihood(verdicts: readonly Verdict[]): number {
  const total = verdicts.reduce((sum, { actual, probabilities }) => sum - Math.log(Math.max(SMALLEST, probabilities[MATERIALS.indexOf(actual)]!)), 0);
  return total / verdicts.length;
}
