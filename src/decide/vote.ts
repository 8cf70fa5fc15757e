// Several looks at one item become one prediction, and the question whether another look is worth waiting for.
//
// The vote is the mean of the looks' probabilities, the sum rule of Kittler et al., "On Combining Classifiers" (IEEE PAMI
// 20(3), 1998): of the fixed rules it suffers least when single estimates are wrong. The product of probabilities would let
// one confidently wrong look (a glare, a half-covered item) veto all others, and would grow more certain with every look
// although looks at the same item err together. The mean keeps the meaning of the calibrated confidence.
import type { Prediction } from '../domain/decision.ts';
import type { Look } from '../domain/item.ts';
import { MATERIALS } from '../domain/material.ts';
import type { DecideOptions } from './options.ts';

/** The vote over `looks`, the same whatever their order; undefined without a look. */
export function voteLooks(looks: readonly Look[]): Prediction | undefined {
  if (looks.length === 0) return undefined;
  const sums = MATERIALS.map((_, index) => orderFreeSum(looks.map((look) => look.probabilities[index] ?? 0)));
  const total = orderFreeSum(sums);
  const probabilities = sums.map((sum) => (total > 0 ? sum / total : 1 / MATERIALS.length));
  const first = indexOfLargest(probabilities);
  const { modelSha256 } = looks.reduce((latest, look) => (look.frameSequence > latest.frameSequence ? look : latest));
  return { material: MATERIALS[first]!, confidence: probabilities[first]!, probabilities, lookCount: looks.length, modelSha256 };
}

/** True when the item can be decided now: its vote is sure enough after `minLooks`, or it has had `maxLooks`. */
export function isSettledVote(
  prediction: Prediction | undefined, lookCount: number, options: Pick<DecideOptions, 'minLooks' | 'maxLooks' | 'enoughConfidence'>,
): boolean {
  if (prediction === undefined) return false;
  if (lookCount >= options.maxLooks) return true;
  return lookCount >= options.minLooks && prediction.confidence >= options.enoughConfidence;
}

/** Lead of the most probable material over the next one, 0 to 1. */
export function leadOf(probabilities: readonly number[]): number {
  const [first = 0, second = 0] = probabilities.toSorted((a, b) => b - a);
  return first - second;
}

// Floating-point addition is not associative: smallest first makes the sum a function of the set alone.
function orderFreeSum(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b).reduce((sum, value) => sum + value, 0);
}

function indexOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}
