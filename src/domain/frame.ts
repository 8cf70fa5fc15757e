// A picture of the belt and where the belt was when it was taken.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';

/** A rectangle in pixels of the full frame, origin top left. Integers. */
export interface BoxPx {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface SizePx {
  width: number;
  height: number;
}

/**
 * One exposure. `Image` is the OpenCV image (8-bit BGR) inside the vision process; the frame's holder owns it and releases
 * it exactly once.
 */
export interface Frame<Image = unknown> {
  /** Counts up by one per frame the camera delivered, from 0 at open; a gap is a dropped frame. */
  readonly sequence: number;
  readonly capturedAtNs: MonotonicNs;
  /** Encoder count at the moment of exposure, interpolated; may be fractional. */
  readonly encoderCounts: EncoderCounts;
  readonly size: SizePx;
  readonly image: Image;
}

/** Where the belt was at one host time: from the link's clock sync, many a second. */
export interface BeltSample {
  readonly atNs: MonotonicNs;
  readonly counts: EncoderCounts;
  /** Belt speed, counts per second; 0 at rest. */
  readonly countsPerSecond: number;
}
