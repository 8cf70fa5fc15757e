// The geometry and colour of one line, as measured. Belt coordinates: x in mm along travel from the camera origin, growing
// downstream; y in mm across the belt, growing to the right of travel as the camera sees it.
import type { EncoderCounts, Millimetres, Milliseconds } from '../base/units.ts';
import type { SizePx } from './frame.ts';
import type { Homography } from './homography.ts';
import { inverse, mapPoint } from './homography.ts';
import type { Lens, PixelPoint } from './lens.ts';
import { distortPx, undistortPx } from './lens.ts';

export interface Calibration {
  readonly line: string;
  /** Serial number or name of the camera it was measured with; any camera where absent. */
  readonly camera?: string | undefined;
  /** YYYY-MM-DD, of its latest part. */
  readonly measuredOn: string;
  /** YYYY-MM-DD; from the day after on the line warns. */
  readonly expiresOn?: string | undefined;
  readonly method: string;
  readonly frameSize: SizePx;
  /** A perfect lens where absent. */
  readonly lens?: Lens | undefined;
  /** Row-major 3x3 homography: (u, v, 1) px as a perfect lens would show them to (x, y, 1) mm up to scale. */
  readonly pixelToBelt: readonly number[];
  readonly countsPerMm: number;
  /** By actuator id; the configuration's own figures hold for actuators that are absent. */
  readonly actuators?: Readonly<Record<string, ActuatorCalibration>> | undefined;
  readonly colour?: ColourCalibration | undefined;
  /** How and when each part was measured, and how well. */
  readonly measured?: Readonly<Record<string, Measurement>> | undefined;
}

export interface ActuatorCalibration {
  readonly offsetMm: Millimetres;
  readonly leadMs: Milliseconds;
}

/** Blue, green, red: OpenCV's order. */
export type Bgr = readonly [number, number, number];

export interface ColourCalibration {
  /** Factors that make the grey card grey, and as bright as it should be. */
  readonly gains: Bgr;
  /** Mean colour of the empty belt when it was measured, before the gains, grey levels of 255. */
  readonly beltBgr: Bgr;
}

export interface Measurement {
  readonly on: string;
  readonly how: string;
  /** Residuals and counts, each with its unit in its name. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Maps a pixel of the frame to belt mm. */
export function pixelToBeltMm({ lens, pixelToBelt }: Pick<Calibration, 'lens' | 'pixelToBelt'>, u: number, v: number): { xMm: Millimetres; yMm: Millimetres } {
  const straight = lens === undefined ? { u, v } : undistortPx(lens, u, v);
  const { x, y } = mapPoint(pixelToBelt, straight.u, straight.v);
  return { xMm: x, yMm: y };
}

/** Maps a place on the belt to the pixel of the frame that shows it. Repeated use: hand in `beltToPixel`, the inverse of `pixelToBelt`. */
export function beltMmToPixel({ lens, pixelToBelt }: Pick<Calibration, 'lens' | 'pixelToBelt'>, xMm: Millimetres, yMm: Millimetres, beltToPixel: Homography = inverse(pixelToBelt)): PixelPoint {
  const { x, y } = mapPoint(beltToPixel, xMm, yMm);
  return lens === undefined ? { u: x, v: y } : distortPx(lens, x, y);
}

/** Count at which a point seen at `xMm` with the belt at `encoderCounts` passes the camera origin. */
export function positionCountsOf(calibration: Calibration, xMm: Millimetres, encoderCounts: EncoderCounts): EncoderCounts {
  return encoderCounts - xMm * calibration.countsPerMm;
}

/** Count at which something at `positionCounts` passes a point `offsetMm` downstream of the camera origin. */
export function countsAtOffset(calibration: Pick<Calibration, 'countsPerMm'>, positionCounts: EncoderCounts, offsetMm: Millimetres): EncoderCounts {
  return positionCounts + offsetMm * calibration.countsPerMm;
}
