// Plane geometry of closed outlines: area, hull, how deep a corner lies inside the hull, cutting along a chord. No OpenCV.
import type { PointPx } from './detection.ts';

export type Outline = readonly PointPx[];

/** Area enclosed, px². */
export function areaOf(outline: Outline): number {
  let twice = 0;
  for (let index = 0; index < outline.length; index++) {
    const a = outline[index]!, b = outline[(index + 1) % outline.length]!;
    twice += a.x * b.y - b.x * a.y;
  }
  return Math.abs(twice) / 2;
}

/** Convex hull (monotone chain), counter-clockwise in a right-handed frame. */
export function hullOf(outline: Outline): PointPx[] {
  const points = outline.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const half = (ordered: readonly PointPx[]): PointPx[] => {
    const chain: PointPx[] = [];
    for (const point of ordered) {
      while (chain.length >= 2 && cross(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(points), ...half(points.toReversed())];
}

/** Distance from `point` to the nearest edge of a convex hull that contains it. */
export function depthInHull(point: PointPx, hull: Outline): number {
  let depth = Infinity;
  for (let index = 0; index < hull.length; index++) {
    const a = hull[index]!, b = hull[(index + 1) % hull.length]!;
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length > 0) depth = Math.min(depth, Math.abs(cross(a, b, point)) / length);
  }
  return depth;
}

/** The two outlines that a straight cut between the points at `i` and `j` leaves. */
export function cutBetween(outline: Outline, i: number, j: number): [PointPx[], PointPx[]] {
  const [low, high] = i < j ? [i, j] : [j, i];
  return [outline.slice(low, high + 1), [...outline.slice(high), ...outline.slice(0, low + 1)]];
}

/** True where the open segment between the points at `i` and `j` runs inside the outline. */
export function isInnerChord(outline: Outline, i: number, j: number): boolean {
  const a = outline[i]!, b = outline[j]!;
  for (let index = 0; index < outline.length; index++) {
    const next = (index + 1) % outline.length;
    if (index === i || index === j || next === i || next === j) continue;
    if (segmentsCross(a, b, outline[index]!, outline[next]!)) return false;
  }
  return contains(outline, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
}

/** Smallest distance of two parallel lines between which the outline fits, for the convex hull of one. */
export function widthOf(hull: Outline): number {
  let width = Infinity;
  for (let index = 0; index < hull.length; index++) {
    const a = hull[index]!, b = hull[(index + 1) % hull.length]!;
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length > 0) width = Math.min(width, Math.max(...hull.map((point) => Math.abs(cross(a, b, point)))) / length);
  }
  return width;
}

/** Middle of the smallest turned rectangle around a convex hull: where a bottle's middle is, however it lies. */
export function middleOf(hull: Outline): PointPx {
  let best = { area: Infinity, x: hull[0]!.x, y: hull[0]!.y };
  for (let index = 0; index < hull.length; index++) {
    const a = hull[index]!, b = hull[(index + 1) % hull.length]!;
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length === 0) continue;
    const along = { x: (b.x - a.x) / length, y: (b.y - a.y) / length };
    const alongs = hull.map((point) => point.x * along.x + point.y * along.y), acrosses = hull.map((point) => point.y * along.x - point.x * along.y);
    const [from, to, low, high] = [Math.min(...alongs), Math.max(...alongs), Math.min(...acrosses), Math.max(...acrosses)];
    const area = (to - from) * (high - low);
    if (area >= best.area) continue;
    const [s, t] = [(from + to) / 2, (low + high) / 2];
    best = { area, x: s * along.x - t * along.y, y: s * along.y + t * along.x };
  }
  return { x: best.x, y: best.y };
}

/** Twice the signed area of the triangle abc. */
export function cross(a: PointPx, b: PointPx, c: PointPx): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

function contains(outline: Outline, point: PointPx): boolean {
  let inside = false;
  for (let index = 0; index < outline.length; index++) {
    const a = outline[index]!, b = outline[(index + 1) % outline.length]!;
    if ((a.y > point.y) !== (b.y > point.y) && point.x < a.x + ((point.y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}

function segmentsCross(a: PointPx, b: PointPx, c: PointPx, d: PointPx): boolean {
  return cross(a, b, c) * cross(a, b, d) < 0 && cross(c, d, a) * cross(c, d, b) < 0;
}
