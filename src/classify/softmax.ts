// Logits to probabilities. The temperature, fitted on the validation list, makes a confidence of 0.9 mean right nine times
// in ten (Guo et al., On Calibration of Modern Neural Networks, 2017).

/**
 * Probabilities of one crop: softmax of `logits[offset + order[i]] / temperature`. The largest logit is subtracted first, so
 * no finite input overflows; the result sums to 1 within rounding. An output that is not finite gives NaN, which the caller refuses.
 */
export function softmax(logits: ArrayLike<number>, offset: number, options: { order: readonly number[]; temperature: number }): number[] {
  const { order, temperature } = options;
  let largest = -Infinity;
  for (const index of order) largest = Math.max(largest, logits[offset + index]!);
  let sum = 0;
  const probabilities = order.map((index) => {
    const power = Math.exp((logits[offset + index]! - largest) / temperature);
    sum += power;
    return power;
  });
  for (let index = 0; index < probabilities.length; index++) probabilities[index]! /= sum;
  return probabilities;
}
