// How rectangles lie to each other: on the belt (positions in counts along, mm across) and in the picture. Arithmetic only.
import type { Millimetres } from '../base/units.ts';
import type { BoxPx } from '../domain/frame.ts';
import type { BeltPosition } from '../domain/item.ts';

/** Distance of the centres, mm. */
export function distanceMm(a: BeltPosition, b: BeltPosition, countsPerMm: number): Millimetres {
  return Math.hypot((a.positionCounts - b.positionCounts) / countsPerMm, a.yMm - b.yMm);
}

/** Intersection over union, 0 to 1. */
export function iouOnBelt(a: BeltPosition, b: BeltPosition, countsPerMm: number): number {
  const shared = sharedMm2(a, b, countsPerMm);
  return ratio(shared, areaMm2(a) + areaMm2(b) - shared);
}

/** Share of `rect` that `cover` lies over, 0 to 1. */
export function shareCovered(rect: BeltPosition, cover: BeltPosition, countsPerMm: number): number {
  return ratio(sharedMm2(rect, cover, countsPerMm), areaMm2(rect));
}

/** Clear distance of the rectangles, mm: the larger of along and across; negative where they overlap. */
export function gapMm(a: BeltPosition, b: BeltPosition, countsPerMm: number): Millimetres {
  const along = Math.abs(a.positionCounts - b.positionCounts) / countsPerMm - (a.lengthMm + b.lengthMm) / 2;
  const across = Math.abs(a.yMm - b.yMm) - (a.widthMm + b.widthMm) / 2;
  return Math.max(along, across);
}

/** Area of the smaller over the larger, 0 to 1. */
export function sizeRatio(a: BeltPosition, b: BeltPosition): number {
  return ratio(Math.min(areaMm2(a), areaMm2(b)), Math.max(areaMm2(a), areaMm2(b)));
}

/** Intersection over union of two boxes of the picture, 0 to 1. */
export function iouPx(a: BoxPx, b: BoxPx): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  return ratio(shared, a.width * a.height + b.width * b.height - shared);
}

function sharedMm2(a: BeltPosition, b: BeltPosition, countsPerMm: number): number {
  const along = sharedExtent((a.positionCounts - b.positionCounts) / countsPerMm, a.lengthMm, b.lengthMm);
  return along * sharedExtent(a.yMm - b.yMm, a.widthMm, b.widthMm);
}

function sharedExtent(distance: number, extentA: number, extentB: number): number {
  return Math.max(0, Math.min(extentA, extentB, (extentA + extentB) / 2 - Math.abs(distance)));
}

function areaMm2({ lengthMm, widthMm }: BeltPosition): number {
  return lengthMm * widthMm;
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
