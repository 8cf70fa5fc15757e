// One connected thing found in one frame: what segmentation hands to tracking and cropping. Plain data, nothing to release.
import type { BoxPx } from '../domain/frame.ts';

export interface PointPx {
  readonly x: number;
  readonly y: number;
}

export interface Detection {
  /** In full-frame pixels; edges may be fractions where they were refined. */
  readonly boxPx: BoxPx;
  /** Middle of the upright or turned rectangle that fits it best: the middle of a bottle however it lies. */
  readonly centrePx: PointPx;
  /** Outline in full-frame pixels, simplified. */
  readonly outline: readonly PointPx[];
  readonly areaPx: number;
  /** Share of its box that it covers, 0 to 1. */
  readonly fill: number;
  /** False where it touches the frame's edge: part of it may lie outside. */
  readonly isWhole: boolean;
}

/** Fractions of pixels that rounding may differ by between a frame and a part of it. */
const SAME_PX = 0.01;

/** Whether two searches of one frame, or of parts of it, found the same. */
export function isSameThing(a: Detection, b: Detection): boolean {
  const isNear = (x: number, y: number): boolean => Math.abs(x - y) < SAME_PX;
  return isNear(a.boxPx.x, b.boxPx.x) && isNear(a.boxPx.y, b.boxPx.y) && isNear(a.boxPx.width, b.boxPx.width) && isNear(a.boxPx.height, b.boxPx.height)
    && a.areaPx === b.areaPx && a.outline.length === b.outline.length && a.outline.every(({ x, y }, index) => isNear(x, b.outline[index]!.x) && isNear(y, b.outline[index]!.y));
}
