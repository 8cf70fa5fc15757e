// Temperature scaling (Guo et al., 2017): the one number that logits are divided by so that confidence means what it says. The
// likelihood of the validation pictures has a single optimum in 1/T, which a golden-section search finds.
import { MATERIALS } from '../../domain/material.ts';
import type { Verdict } from '../evaluate/evaluation.ts';

/** What a manifest takes. */
const COLDEST = 0.05, HOTTEST = 20;
/** Of a search by the golden section: each narrows the bracket to 0.618; 60 leave nothing to be seen. */
const ROUNDS = 60;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Smallest probability that is told from nothing. */
const LEAST = 1e-300;

/** The temperature that makes the verdicts, given at temperature 1, most likely: 0.05 … 20. */
export function fitTemperature(verdicts: readonly Verdict[]): number {
  const logits = verdicts.map(({ probabilities }) => probabilities.map((probability) => Math.log(Math.max(LEAST, probability))));
  const labels = verdicts.map(({ actual }) => MATERIALS.indexOf(actual));
  const lossAt = (inverse: number): number => logits.reduce((sum, row, at) => sum + crossEntropy(row, labels[at]!, inverse), 0);
  let low = 1 / HOTTEST, high = 1 / COLDEST;
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atLeft, atRight] = [lossAt(left), lossAt(right)];
  for (let round = 0; round < ROUNDS; round++) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = lossAt(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = lossAt(right);
    }
  }
  return Math.min(HOTTEST, Math.max(COLDEST, 2 / (low + high)));
}

/** The verdicts as they would have been at `temperature`. */
export function atTemperature(verdicts: readonly Verdict[], temperature: number): Verdict[] {
  return verdicts.map((verdict) => {
    const logs = verdict.probabilities.map((probability) => Math.log(Math.max(LEAST, probability)) / temperature);
    const largest = Math.max(...logs);
    const powers = logs.map((log) => Math.exp(log - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return { ...verdict, probabilities: powers.map((power) => power / sum) };
  });
}

function crossEntropy(logits: readonly number[], label: number, inverse: number): number {
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp((logit - largest) * inverse), 0);
  return Math.log(sum) - (logits[label]! - largest) * inverse;
}
