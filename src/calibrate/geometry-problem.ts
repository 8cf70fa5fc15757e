// Whether the numbers of a calibration can be a camera over a belt at all: what no single field shows.
import type { Calibration } from '../domain/calibration.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';
import { distortPx, undistortPx } from '../domain/lens.ts';
import type { Lens } from '../domain/lens.ts';
import type { SizePx } from '../domain/frame.ts';

/** Straightened and bent again, a pixel must come back this close, px. */
const ROUND_TRIP_PX = 0.01;

/** Why it cannot be; undefined where it can. */
export function geometryProblem(calibration: Calibration): string | undefined {
  const [a, b, c, d, e, f, g, h, i] = calibration.pixelToBelt as [number, number, number, number, number, number, number, number, number];
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (Math.abs(determinant) < 1e-12) return 'pixelToBelt: the matrix has no inverse, so pixels do not map to belt places';
  const { lens, frameSize } = calibration;
  if (lens !== undefined && !isInvertible(lens, frameSize)) return 'lens: the distortion folds the picture over within its edges, which no lens does';
  const corners = edgePoints(frameSize).filter(([u, v]) => (u === 0 || u === frameSize.width) && (v === 0 || v === frameSize.height));
  // A horizon inside the picture puts part of it behind the camera.
  const depths = corners.map(([u, v]) => {
    const straight = lens === undefined ? { u, v } : undistortPx(lens, u, v);
    return g * straight.u + h * straight.v + i;
  });
  if (depths.some((depth) => Math.sign(depth) !== Math.sign(depths[0]!) || depth === 0)) return 'pixelToBelt: the horizon of the belt runs through the picture';
  const spans = corners.map(([u, v]) => pixelToBeltMm(calibration, u, v));
  const extentMm = Math.max(...spans.map(({ xMm }) => xMm)) - Math.min(...spans.map(({ xMm }) => xMm));
  return extentMm >= 10 && extentMm <= 100_000 ? undefined : `pixelToBelt: the picture would show ${extentMm.toPrecision(3)} mm of belt, allowed are 10 to 100000 mm`;
}

/** Whether every pixel of the picture can be straightened: a fit that ran wild bends the corners back over. */
export function isInvertible(lens: Lens, size: SizePx): boolean {
  return edgePoints(size).every(([u, v]) => {
    const straight = undistortPx(lens, u, v);
    const back = distortPx(lens, straight.u, straight.v);
    const isBeyondTwice = Math.abs(straight.u - lens.centrePx[0]) > 2 * size.width || Math.abs(straight.v - lens.centrePx[1]) > 2 * size.height;
    return !isBeyondTwice && Math.hypot(back.u - u, back.v - v) < ROUND_TRIP_PX;
  });
}

function edgePoints({ width, height }: SizePx): (readonly [number, number])[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [[share * width, 0], [share * width, height], [0, share * height], [width, share * height]] as const);
}
