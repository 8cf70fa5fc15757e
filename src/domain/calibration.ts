// The geometry of one line, as measured. Belt coordinates: x in mm along travel from the camera origin, growing
// downstream; y in mm across the belt.
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { SizePx } from './frame.ts';

export interface Calibration {
  readonly line: string;
  readonly measuredOn: string;
  readonly method: string;
  readonly frameSize: SizePx;
  /** Row-major 3x3 homography: (u, v, 1) px to (x, y, 1) mm up to scale. */
  readonly pixelToBelt: readonly number[];
  readonly countsPerMm: number;
}

/** Maps a pixel of the frame to belt mm. */
export function pixelToBeltMm(calibration: Calibration, u: number, v: number): { xMm: Millimetres; yMm: Millimetres } {
  const h = calibration.pixelToBelt;
  const w = h[6]! * u + h[7]! * v + h[8]!;
  return { xMm: (h[0]! * u + h[1]! * v + h[2]!) / w, yMm: (h[3]! * u + h[4]! * v + h[5]!) / w };
}

/** Count at which a point seen at `xMm` with the belt at `encoderCounts` passes the camera origin. */
export function positionCountsOf(calibration: Calibration, xMm: Millimetres, encoderCounts: EncoderCounts): EncoderCounts {
  return encoderCounts - xMm * calibration.countsPerMm;
}

/** Count at which something at `positionCounts` passes a point `offsetMm` downstream of the camera origin. */
export function countsAtOffset(calibration: Calibration, positionCounts: EncoderCounts, offsetMm: Millimetres): EncoderCounts {
  return positionCounts + offsetMm * calibration.countsPerMm;
}
