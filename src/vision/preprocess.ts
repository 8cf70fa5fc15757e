// The one preprocessing: any BGR picture to the model's input. Training, evaluation, `classify` and the line all use it, and
// its golden vectors are tests, so that a model never meets pixels prepared another way than those it learned from.
//
//   any size ─▶ halved while twice too high ─▶ height 256 (from 384 down by area, else bilinear)
//            ─▶ centre 256x256 (narrower: its own edge repeated) ─▶ bilinear to the model's size (224x224) ─▶ RGB, uint8, row-major
//
// Area reduction by anything but 2 takes OpenCV 1 to 4 ms a picture, halving and bilinear steps 0.2: most crops are less than half too high,
// and there bilinear leaves out no pixel.
import type { CropShape } from '../classify/classifier.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

/** Height a picture is scaled to, and side of the square cut from its middle. */
export const CENTRE_PX = 256;
/** From this height on the last step down is by area. */
const AREA_FROM_PX = 1.5 * CENTRE_PX;
const CHANNELS = 3;

/** Bytes of one prepared picture: height x width x 3. */
export function pictureBytes(shape: CropShape): number {
  return shape.height * shape.width * CHANNELS;
}

/**
 * Writes `picture` (8-bit BGR, any size from 1x1) to `target` at byte `offset` as (height, width, 3) uint8 RGB. `picture` and
 * `target` stay the caller's.
 */
export function preprocess(picture: Mat, shape: CropShape, target: Uint8Array, offset: number): void {
  using scope = new MatScope();
  const centre = centreSquare(atCentreHeight(picture, scope), scope);
  const sized = scope.own(centre.resize(shape.height, shape.width, 0, 0, cv.INTER_LINEAR));
  target.set(scope.own(sized.cvtColor(cv.COLOR_BGR2RGB)).getData(), offset);
}

/** The first step alone: `picture` scaled to height 256, owned by `scope`; `picture` itself where it has that height. Training begins with it too. */
export function atCentreHeight(picture: Mat, scope: MatScope): Mat {
  const width = Math.max(1, Math.round((picture.cols * CENTRE_PX) / picture.rows));
  let near = picture;
  while (near.rows >= 2 * CENTRE_PX && near.cols > 1) near = halved(near, scope);
  if (near.rows === CENTRE_PX && near.cols === width) return near;
  return scope.own(near.resize(CENTRE_PX, width, 0, 0, near.rows >= AREA_FROM_PX ? cv.INTER_AREA : cv.INTER_LINEAR));
}

/** Exactly to half, for which OpenCV has a fast way: an odd last row or column is left out. */
function halved(picture: Mat, scope: MatScope): Mat {
  const rows = picture.rows >> 1, cols = picture.cols >> 1;
  const even = scope.own(picture.getRegion(new cv.Rect(0, 0, 2 * cols, 2 * rows)));
  return scope.own(even.resize(rows, cols, 0, 0, cv.INTER_AREA));
}

function centreSquare(scaled: Mat, scope: MatScope): Mat {
  const surplus = scaled.cols - CENTRE_PX;
  if (surplus === 0) return scaled;
  if (surplus > 0) return scope.own(scaled.getRegion(new cv.Rect(surplus >> 1, 0, CENTRE_PX, CENTRE_PX)));
  const left = -surplus >> 1;
  return scope.own(scaled.copyMakeBorder(0, 0, left, -surplus - left, cv.BORDER_REPLICATE));
}
