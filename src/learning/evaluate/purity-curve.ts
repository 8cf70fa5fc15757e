// What a threshold buys and costs: the surer a model must be before an item is sorted, the purer the bin and the less of the
// material is recovered. The rule is the line's own (decide-bin.ts): the most probable material is taken where its
// probability reaches the threshold, everything else passes to the residue.
import type { Ratio } from '../../base/units.ts';
import type { Material } from '../../domain/material.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { Verdict } from './evaluation.ts';

export interface PurityPoint {
  /** An item is taken for the material from this probability on. */
  readonly threshold: Ratio;
  /** Of the pictures taken for the material, the share that is of it. */
  readonly purity: Ratio;
  /** Of the pictures of the material, the share that is taken for it. */
  readonly recovery: Ratio;
  /** Pictures taken for the material. */
  readonly taken: number;
}

/**
 * One point for each probability at which the result changes, threshold rising (so recovery falls, purity mostly rises). The
 * first takes every picture in which the material came out on top. Empty where `verdicts` hold no picture of the material,
 * or none is taken for it. Ties go to the material that comes first, as on the line.
 */
export function purityCurve(verdicts: readonly Verdict[], material: Material): PurityPoint[] {
  const wanted = MATERIALS.indexOf(material);
  const pictures = verdicts.filter(({ actual }) => actual === material).length;
  if (pictures === 0) return [];
  const found = verdicts.map(({ actual, probabilities }) => ({ isRight: actual === material, top: topOf(probabilities), threshold: probabilities[wanted]! }))
    .filter(({ top }) => top === wanted)
    .sort((a, b) => b.threshold - a.threshold);
  const points: PurityPoint[] = [];
  let right = 0;
  for (const [index, { isRight, threshold }] of found.entries()) {
    if (isRight) right += 1;
    // Equal probabilities pass a threshold together.
    if (found[index + 1]?.threshold === threshold) continue;
    points.push({ threshold, purity: right / (index + 1), recovery: right / pictures, taken: index + 1 });
  }
  return points.reverse();
}

/** The point that recovers most among those at least as pure as `purity`; undefined where none is: no threshold reaches it. */
export function pointAtPurity(curve: readonly PurityPoint[], purity: Ratio): PurityPoint | undefined {
  // Rounding must not make 49 of 50 fall short of 0.98.
  return curve.find((point) => point.purity >= purity - 1e-12);
}

/** Index of the largest of `probabilities`, the first of equals. */
export function topOf(probabilities: readonly number[]): number {
  return probabilities.indexOf(Math.max(...probabilities));
}
