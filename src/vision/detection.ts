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
