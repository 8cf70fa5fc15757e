// Which item of one run is which of another: ids and order differ where an item was missed, its place on the belt does not.
import type { EncoderCounts, Millimetres } from '../base/units.ts';

export interface PlacedItem {
  readonly positionCounts: EncoderCounts;
  readonly yMm?: Millimetres | undefined;
}

export interface AlignOptions {
  readonly countsPerMm: number;
  /** Farthest that two sightings of one item may be apart. */
  readonly gateMm: number;
}

/**
 * Pairs of indexes into `left` and `right`, nearest pairs first and each item once; in the order of `left`. Where one of two has no place across
 * the belt, only the place along it counts.
 */
export function alignItems(left: readonly PlacedItem[], right: readonly PlacedItem[], { countsPerMm, gateMm }: AlignOptions): (readonly [number, number])[] {
  const gateCounts = gateMm * countsPerMm;
  const byPosition = right.map((item, index) => ({ item, index })).sort((a, b) => a.item.positionCounts - b.item.positionCounts);
  const candidates: { readonly pair: readonly [number, number]; readonly distanceMm: number }[] = [];
  for (const [index, item] of left.entries()) {
    for (let at = firstFrom(byPosition, item.positionCounts - gateCounts); at < byPosition.length; at++) {
      const other = byPosition[at]!;
      const alongMm = (other.item.positionCounts - item.positionCounts) / countsPerMm;
      if (alongMm > gateMm) break;
      const acrossMm = item.yMm === undefined || other.item.yMm === undefined ? 0 : other.item.yMm - item.yMm;
      const distanceMm = Math.hypot(alongMm, acrossMm);
      if (distanceMm <= gateMm) candidates.push({ pair: [index, other.index], distanceMm });
    }
  }
  candidates.sort((a, b) => a.distanceMm - b.distanceMm || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]);
  const takenLeft = new Set<number>(), takenRight = new Set<number>();
  const pairs: (readonly [number, number])[] = [];
  for (const { pair } of candidates) {
    if (takenLeft.has(pair[0]) || takenRight.has(pair[1])) continue;
    takenLeft.add(pair[0]);
    takenRight.add(pair[1]);
    pairs.push(pair);
  }
  return pairs.sort((a, b) => a[0] - b[0]);
}

function firstFrom(sorted: readonly { readonly item: PlacedItem }[], counts: EncoderCounts): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.item.positionCounts < counts) low = middle + 1;
    else high = middle;
  }
  return low;
}
