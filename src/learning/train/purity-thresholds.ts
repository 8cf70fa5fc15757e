// For each material, how sure the model must be for its bin to reach a purity, and what that costs in recovery. Found on the
// validation pictures, which are few: what is said of them is no promise about a belt, and is said so.
import type { Ratio } from '../../base/units.ts';
import type { Material } from '../../domain/material.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { Verdict } from '../evaluate/evaluation.ts';
import { pointAtPurity, purityCurve } from '../evaluate/purity-curve.ts';

export interface MaterialThreshold {
  readonly threshold: Ratio;
  readonly purity: Ratio;
  readonly recovery: Ratio;
  /** Recovery without any threshold: the difference is the price. */
  readonly recoveryAtAnyPurity: Ratio;
  /** Pictures taken for the material at the threshold, of which the purity is a share. */
  readonly taken: number;
}

/** Undefined where no threshold reaches the purity, or no picture shows the material. */
export type Thresholds = Readonly<Record<Material, MaterialThreshold | undefined>>;

/** The lowest threshold of each material that reaches `purity` on `verdicts`. */
export function thresholdsFor(verdicts: readonly Verdict[], purity: Ratio): Thresholds {
  return Object.fromEntries(MATERIALS.map((material) => {
    const curve = purityCurve(verdicts, material);
    const point = pointAtPurity(curve, purity);
    const found: MaterialThreshold | undefined = point === undefined ? undefined
      : { threshold: roundedDown(point.threshold), purity: point.purity, recovery: point.recovery, recoveryAtAnyPurity: curve[0]!.recovery, taken: point.taken };
    return [material, found];
  })) as Thresholds;
}

/** A table for people, one line a material. */
export function thresholdsText(thresholds: Thresholds, purity: Ratio): string[] {
  const percent = (share: Ratio): string => `${(100 * share).toFixed(1)} %`;
  return MATERIALS.map((material) => {
    const found = thresholds[material];
    if (found === undefined) return `${material.padEnd(10)} no threshold reaches ${percent(purity)}`;
    return `${material.padEnd(10)} from ${found.threshold.toFixed(4)} on: purity ${percent(found.purity)} of ${found.taken}, recovery ${percent(found.recovery)} instead of ${percent(found.recoveryAtAnyPurity)}`;
  });
}

/** A threshold taken from a picture must let that picture pass on the line, whose last digits may differ. */
function roundedDown(threshold: Ratio): Ratio {
  return Math.floor(threshold * 1e6) / 1e6;
}
