// Touching items seen as one outline are cut apart at their neck: between two inward corners, where both parts are wider
// than the cut and nearly convex, or can be cut on. A bottle's shoulder is no neck (the part beyond is as narrow as the cut) and a rectangle
// has no inward corner, so neither is ever split. Two items that touch along a full side cannot be told from one by outline.
//
//    ______  ______
//   |      \/      |        cut where ab is shorter than 3/4 of the width of either part
//   |      a       |
//   |      b       |
//   |______/\______|
import type { Outline } from './outline.ts';
import { areaOf, cross, cutBetween, depthInHull, hullOf, isInnerChord, widthOf } from './outline.ts';

/** Outlines that fill this much of their hull are single items. */
const CONVEX_ENOUGH = 0.93;
/** A part must be this much of a convex shape of its own. */
const PART_CONVEXITY = 0.85;
/** The cut must be this much narrower than each part beside it. */
const NECK_RATIO = 0.75;
/** Corners this deep inside the hull, relative to the square root of the area, are inward corners. */
const CORNER_DEPTH = 0.04;
/** Parts smaller than this share are bits of an item, not items. */
const SMALLEST_SHARE = 0.12;
/** Items in a row that are still told apart. */
const MOST_CUTS = 3;
/** Corners tried, deepest first: a ragged outline has many, its necks lie deep. */
const MOST_CORNERS = 12;

/** The outlines of the single items in `outline`; only itself where there is nothing to cut. */
export function splitOutline(outline: Outline, minAreaPx: number): Outline[] {
  return partsOf(outline, minAreaPx, MOST_CUTS);
}

function partsOf(outline: Outline, minAreaPx: number, cutsLeft: number): Outline[] {
  const area = areaOf(outline);
  const hull = hullOf(outline);
  if (cutsLeft === 0 || hull.length < 3 || area >= CONVEX_ENOUGH * areaOf(hull)) return [outline];
  const corners = inwardCorners(outline, hull, CORNER_DEPTH * Math.sqrt(area));
  const smallest = Math.max(minAreaPx, SMALLEST_SHARE * area);
  const cuts = corners.flatMap((i, position) => corners.slice(position + 1).map((j) => {
    const parts = cutBetween(outline, i, j);
    return { i, j, parts, ratio: neckRatio(outline, parts, [i, j]) };
  })).filter(({ ratio }) => ratio <= NECK_RATIO).sort((a, b) => a.ratio - b.ratio);
  for (const { i, j, parts } of cuts) {
    if (!isInnerChord(outline, i, j) || parts.some((part) => areaOf(part) < smallest)) continue;
    const items = parts.map((part) => partsOf(part, minAreaPx, cutsLeft - 1));
    if (items.every((pieces) => pieces.length > 1 || isConvex(pieces[0]!))) return items.flat();
  }
  return [outline];
}

/** Indices of corners that turn inward and lie deep inside the hull. */
function inwardCorners(outline: Outline, hull: Outline, minDepth: number): number[] {
  let turn = 0;
  for (let index = 0; index < outline.length; index++) {
    const a = outline[index]!, b = outline[(index + 1) % outline.length]!;
    turn += a.x * b.y - b.x * a.y;
  }
  return outline.flatMap((point, index) => {
    const before = outline[(index + outline.length - 1) % outline.length]!;
    const after = outline[(index + 1) % outline.length]!;
    const isInward = cross(before, point, after) * turn < 0;
    const depth = isInward ? depthInHull(point, hull) : 0;
    return depth >= minDepth ? [{ index, depth }] : [];
  }).sort((a, b) => b.depth - a.depth).slice(0, MOST_CORNERS).map(({ index }) => index);
}

/** Length of the cut over the width of the narrower part. */
function neckRatio(outline: Outline, parts: readonly [Outline, Outline], [i, j]: readonly [number, number]): number {
  const a = outline[i]!, b = outline[j]!;
  return Math.hypot(b.x - a.x, b.y - a.y) / Math.min(...parts.map((part) => widthOf(hullOf(part))));
}

function isConvex(part: Outline): boolean {
  return areaOf(part) >= PART_CONVEXITY * areaOf(hullOf(part));
}
