// Mixup (Zhang et al., 2018): every picture of a batch is blended with another of it, and so are their labels.
import type { Random } from '../../base/random.ts';

/** Share of its own that each picture keeps, 0.5 … 1: Beta(alpha, alpha), the larger side, so that no picture loses its place. */
export function drawMixShare(random: Random, alpha: number): number {
  const first = gamma(random, alpha), second = gamma(random, alpha);
  const share = first + second === 0 ? 1 : first / (first + second);
  return Math.max(share, 1 - share);
}

/**
 * Blends row r of `rows` (`count` rows of equal length) with row count-1-r, in place: `share` of its own, the rest of the
 * other's. Bytes are rounded.
 */
export function mixRows(rows: Uint8Array | Float32Array, count: number, share: number): void {
  const length = rows.length / count;
  const rest = 1 - share;
  const rounding = rows instanceof Uint8Array ? 0.5 : 0;
  for (let row = 0; row < count >> 1; row++) {
    const first = row * length, second = (count - 1 - row) * length;
    for (let at = 0; at < length; at++) {
      const a = rows[first + at]!, b = rows[second + at]!;
      rows[first + at] = share * a + rest * b + rounding;
      rows[second + at] = share * b + rest * a + rounding;
    }
  }
}

/** Gamma(shape, 1) by Marsaglia and Tsang (2000); below shape 1 by way of shape + 1. */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3, c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.gaussian();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
