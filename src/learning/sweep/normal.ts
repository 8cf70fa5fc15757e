// The standard normal distribution: density, share below a value, and the value below which a share lies.

/** Density at `z`. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** Share below `z`; absolute error under 1.2e-7 (the rational Chebyshev form of erfc in Numerical Recipes, 2nd edition, 6.2). */
export function normalShare(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  const tail = 0.5 * t * Math.exp(-x * x + series.reduceRight((sum, coefficient) => sum * t + coefficient, 0));
  return z > 0 ? 1 - tail : tail;
}

const CENTRE = { above: [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239], below: [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1] };
const TAIL = { above: [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783], below: [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1] };
const TAIL_SHARE = 0.02425;

/** The value below which `share` of the distribution lies, `share` in (0, 1); relative error under 1.2e-9 (Acklam, 2003). */
export function normalQuantile(share: number): number {
  const polynomial = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
  if (share > 0.5) return -normalQuantile(1 - share);
  if (share < TAIL_SHARE) {
    const q = Math.sqrt(-2 * Math.log(share));
    return polynomial(TAIL.above, q) / polynomial(TAIL.below, q);
  }
  const q = share - 0.5;
  return (q * polynomial(CENTRE.above, q * q)) / polynomial(CENTRE.below, q * q);
}
