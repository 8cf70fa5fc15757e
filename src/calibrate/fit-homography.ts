// The homography that carries points of one plane to points of another: the direct linear transform on normalised points
// (Hartley & Zisserman, Multiple View Geometry, algorithm 4.2), then least squares of the true distances.
import type { Homography } from '../domain/homography.ts';
import { chain, inverse, mapPoint } from '../domain/homography.ts';
import { leastSquares, solveSymmetric } from './least-squares.ts';

export interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

/** `from` in the first plane is `to` in the second. */
export interface PointPair {
  readonly from: PlanePoint;
  readonly to: PlanePoint;
}

export interface HomographyFit {
  readonly homography: Homography;
  /** Root mean square distance of a mapped point from where it should be, in units of the second plane. */
  readonly rms: number;
}

/** Undefined where the points do not fix one: fewer than four, or nearly all on one line. */
export function fitHomography(pairs: readonly PointPair[]): HomographyFit | undefined {
  const linear = linearHomography(pairs);
  if (linear === undefined) return undefined;
  const { before, after } = scalesOf(pairs);
  const start = chain(chain(after, linear), inverse(before));
  const scaled = pairs.map(({ from, to }) => ({ from: mapPoint(before, from.x, from.y), to: mapPoint(after, to.x, to.y) }));
  const refined = leastSquares(start.slice(0, 8).map((value) => value / start[8]!), (h) => scaled.flatMap(({ from, to }) => {
    const mapped = mapPoint([...h, 1], from.x, from.y);
    return [mapped.x - to.x, mapped.y - to.y];
  }));
  const homography = refined === undefined ? linear : normalised(chain(chain(inverse(after), [...refined.parameters, 1]), before));
  return { homography, rms: rmsDistance(homography, pairs) };
}

export function rmsDistance(homography: Homography, pairs: readonly PointPair[]): number {
  const squares = pairs.reduce((sum, { from, to }) => {
    const { x, y } = mapPoint(homography, from.x, from.y);
    return sum + (x - to.x) ** 2 + (y - to.y) ** 2;
  }, 0);
  return Math.sqrt(squares / Math.max(1, pairs.length));
}

/** With its last entry 1. */
export function normalised(homography: Homography): number[] {
  return homography.map((value) => value / homography[8]!);
}

function linearHomography(pairs: readonly PointPair[]): Homography | undefined {
  if (pairs.length < 4) return undefined;
  const { before, after } = scalesOf(pairs);
  const rows: number[][] = [], values: number[] = [];
  for (const pair of pairs) {
    const { x, y } = mapPoint(before, pair.from.x, pair.from.y);
    const to = mapPoint(after, pair.to.x, pair.to.y);
    rows.push([x, y, 1, 0, 0, 0, -to.x * x, -to.x * y], [0, 0, 0, x, y, 1, -to.y * x, -to.y * y]);
    values.push(to.x, to.y);
  }
  // The last entry is 1: the middle of the points lies at the origin of the scaled plane, and never at infinity.
  const normal = Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (__, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));
  const right = Array.from({ length: 8 }, (_, i) => rows.reduce((sum, row, index) => sum + row[i]! * values[index]!, 0));
  const solution = solveSymmetric(normal, right);
  return solution === undefined ? undefined : normalised(chain(chain(inverse(after), [...solution, 1]), before));
}

/** What moves each plane's points to the origin and to a mean distance of about one. */
function scalesOf(pairs: readonly PointPair[]): { before: Homography; after: Homography } {
  return { before: scaleOf(pairs.map(({ from }) => from)), after: scaleOf(pairs.map(({ to }) => to)) };
}

function scaleOf(points: readonly PlanePoint[]): Homography {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, { x, y }) => sum + Math.hypot(x - meanX, y - meanY), 0) / points.length || 1;
  return [1 / spread, 0, -meanX / spread, 0, 1 / spread, -meanY / spread, 0, 0, 1];
}
