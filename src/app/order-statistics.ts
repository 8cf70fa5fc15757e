// Where several measurements lie: the middle, which one disturbed run does not move, and how far the slowest reach.

/** Of two middle ones their mean. `values` holds at least one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value below which `share` of them lie, one of them (nearest rank); undefined of none. */
export function quantile(values: Iterable<number>, share: number): number | undefined {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Two of the values between which the quantile of all that might have been measured lies in 19 of 20 cases; null where it may lie above the largest. */
export function quantileInterval(values: Iterable<number>, share: number): { readonly low: number | null; readonly high: number | null } {
  const sorted = Float64Array.from(values).sort();
  // The number of values below the quantile is binomial; its normal approximation.
  const middle = share * sorted.length, spread = 1.96 * Math.sqrt(sorted.length * share * (1 - share));
  return { low: sorted[Math.max(0, Math.floor(middle - spread))] ?? null, high: sorted[Math.ceil(middle + spread)] ?? null };
}
