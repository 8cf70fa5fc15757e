// A picture of where in the frame the chessboard's corners were seen: one colour per view, on the cells that coverage counts.
import { COVERAGE_CELLS } from '../calibrate/judge-views.ts';
import type { SizePx } from '../domain/frame.ts';
import type { PixelPoint } from '../domain/lens.ts';
import { encodePng } from '../image/decode.ts';
import { cv, MatScope } from '../image/opencv.ts';
import { filledMat } from './filled-mat.ts';

const BACKGROUND = 40;
const LINE_BGR = [90, 90, 90] as const;
const RADIUS_PX = 3;

/** PNG bytes, of the frame's size. */
export function coveragePicture(views: readonly (readonly PixelPoint[])[], { width, height }: SizePx): Buffer {
  using scope = new MatScope();
  const picture = scope.own(filledMat(height, width, cv.CV_8UC3, BACKGROUND));
  const line = new cv.Vec3(...LINE_BGR);
  for (let column = 1; column < COVERAGE_CELLS.columns; column++) {
    const x = Math.round((column * width) / COVERAGE_CELLS.columns);
    picture.drawLine(new cv.Point2(x, 0), new cv.Point2(x, height), line, 1, cv.LINE_8);
  }
  for (let row = 1; row < COVERAGE_CELLS.rows; row++) {
    const y = Math.round((row * height) / COVERAGE_CELLS.rows);
    picture.drawLine(new cv.Point2(0, y), new cv.Point2(width, y), line, 1, cv.LINE_8);
  }
  views.forEach((corners, index) => {
    const colour = colourOf(index / views.length);
    for (const { u, v } of corners) picture.drawCircle(new cv.Point2(Math.round(u), Math.round(v)), RADIUS_PX, colour, cv.FILLED);
  });
  return encodePng(picture);
}

/** Evenly round the circle of hues. */
function colourOf(share: number): InstanceType<typeof cv.Vec3> {
  const level = (shift: number): number => Math.round(155 + 100 * Math.cos(2 * Math.PI * (share + shift)));
  return new cv.Vec3(level(0), level(1 / 3), level(2 / 3));
}
