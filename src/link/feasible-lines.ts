// Which straight lines pass between all of some lower and upper bounds: where they are now, and how steep. Round trips bound a
// clock so, however lopsided the cable; the lines left between them bound it much tighter than the best round trip alone.
// Zhang, Liu, Xia: Clock synchronization algorithms for network measurements, INFOCOM 2002 (the convex hull method).

export interface Bounds {
  /** Before now, not negative. */
  readonly age: number;
  readonly low: number;
  readonly high: number;
}

export interface FeasibleLines {
  /** Where lines may be at age 0. */
  readonly low: number;
  readonly high: number;
  /** Their slopes towards now. */
  readonly lowSlope: number;
  readonly highSlope: number;
}

/** At a steepest of 0.01, 0.1 µs in a minute. */
const HALVINGS = 24;

/**
 * Lines y(age) = y0 − slope × age with |slope| ≤ `steepest` and low ≤ y ≤ high at every age; undefined where there is none. The
 * slopes are a little more than exact, by `steepest` / 2^23.
 */
export function feasibleLines(bounds: readonly Bounds[], steepest: number): FeasibleLines | undefined {
  const inside = mostRoom(bounds, steepest);
  if (inside === undefined) return undefined;
  const lowSlope = lastInside(bounds, inside, -steepest), highSlope = lastInside(bounds, inside, steepest);
  return { low: roomAt(bounds, lowSlope).low, high: roomAt(bounds, highSlope).high, lowSlope, highSlope };
}

/** Where lines of one slope may be at age 0 (nowhere where low > high), and the ages of the bounds that say so. */
function roomAt(bounds: readonly Bounds[], slope: number): { low: number; high: number; lowAge: number; highAge: number } {
  let low = -Infinity, high = Infinity, lowAge = 0, highAge = 0;
  for (const bound of bounds) {
    const rise = slope * bound.age;
    if (bound.high + rise < high) {
      high = bound.high + rise;
      highAge = bound.age;
    }
    if (bound.low + rise > low) {
      low = bound.low + rise;
      lowAge = bound.age;
    }
  }
  return { low, high, lowAge, highAge };
}

/** A slope with room, looked for where there is most; undefined where there is none. */
function mostRoom(bounds: readonly Bounds[], steepest: number): number | undefined {
  let left = -steepest, right = steepest;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (left + right) / 2;
    const { low, high, lowAge, highAge } = roomAt(bounds, middle);
    if (low <= high) return middle;
    if (highAge > lowAge) left = middle;
    else right = middle;
  }
  return undefined;
}

/** From a slope with room towards one that may have none: the last with room. */
function lastInside(bounds: readonly Bounds[], inside: number, outside: number): number {
  const hasRoom = (slope: number): boolean => {
    const { low, high } = roomAt(bounds, slope);
    return low <= high;
  };
  if (hasRoom(outside)) return outside;
  let near = inside, far = outside;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (near + far) / 2;
    if (hasRoom(middle)) near = middle;
    else far = middle;
  }
  return far;
}
