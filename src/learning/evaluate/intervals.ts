// How sure a share is, seen on so many pictures: 95 % intervals in closed form, the same every time. Each stays within its
// bounds and keeps a width where everything, or nothing, was right.

/** Low and high end. */
export type Interval = readonly [number, number];

/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/** Wilson's score interval for a share (Wilson, 1927); of no picture at all, 0 to 1. */
export function wilsonInterval(successes: number, n: number): Interval {
  if (n === 0) return [0, 1];
  const share = successes / n, square = Z * Z;
  const middle = share + square / (2 * n), reach = Z * Math.sqrt((share * (1 - share) + square / (4 * n)) / n), scale = 1 + square / n;
  // The ends are exactly 0 and 1 where nothing or everything succeeded; rounding must not leave them a hair off.
  return [successes === 0 ? 0 : (middle - reach) / scale, successes === n ? 1 : (middle + reach) / scale];
}

/**
 * Interval of F1 = 2 tp / (2 tp + fp + fn): the Wilson interval of tp / (tp + fp + fn), of which F1 is a rising function
 * ("Wilson indirect", Lam, arXiv 2309.14621).
 */
export function f1Interval(counts: { readonly truePositives: number; readonly falsePositives: number; readonly falseNegatives: number }): Interval {
  const { truePositives, falsePositives, falseNegatives } = counts;
  const [low, high] = wilsonInterval(truePositives, truePositives + falsePositives + falseNegatives);
  return [(2 * low) / (1 + low), (2 * high) / (1 + high)];
}

/** Interval of `a` minus `b`, two shares of different pictures (Newcombe, 1998, method 10). */
export function unpairedDifference(a: { readonly right: number; readonly n: number }, b: { readonly right: number; readonly n: number }): Interval {
  const shareA = a.right / a.n, shareB = b.right / b.n;
  const [lowA, highA] = wilsonInterval(a.right, a.n), [lowB, highB] = wilsonInterval(b.right, b.n);
  const difference = shareA - shareB;
  return [difference - Math.hypot(shareA - lowA, highB - shareB), difference + Math.hypot(highA - shareA, shareB - lowB)];
}

/**
 * Interval of the difference of two shares of the same `n` pictures, of which one model alone is right on `onlyA`, the other
 * alone on `onlyB`: Wald's with half a picture added to each of the four cells (Agresti and Min, 2005).
 */
export function pairedDifference({ onlyA, onlyB, n }: { readonly onlyA: number; readonly onlyB: number; readonly n: number }): Interval {
  const total = n + 2, difference = (onlyA - onlyB) / total;
  const reach = (Z * Math.sqrt(onlyA + onlyB + 1 - (onlyA - onlyB) ** 2 / total)) / total;
  return [Math.max(-1, difference - reach), Math.min(1, difference + reach)];
}

/**
 * Chance of a split at least this uneven if both models were equally good: McNemar's test, exact (two-sided binomial).
 * 1 where they never differ.
 */
export function mcNemar(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB, few = Math.min(onlyA, onlyB);
  // Terms of the binomial distribution in logarithms: 2^-n alone underflows from n = 1075 on.
  let logTerm = -n * Math.LN2, tail = 0;
  for (let k = 0; k <= few; k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(n - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}
