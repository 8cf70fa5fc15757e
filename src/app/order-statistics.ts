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
