// Applies an augmentation to pixels: one warp, one pass over the colours, and what else was drawn. Validation never comes
// here; it is prepared by vision/preprocess.ts alone, as on the line.
//
//   picture at the preprocessing's height ─▶ warp to the model's size ─▶ blur ─▶ colours, BGR to RGB ─▶ noise ─▶ erasure
import type { CropShape } from '../../classify/classifier.ts';
import type { Mat } from '../../image/opencv.ts';
import { cv, MatScope } from '../../image/opencv.ts';
import { pictureBytes } from '../../vision/preprocess.ts';
import type { Augmentation, Erasure } from './augmentation.ts';
import { colourMatrix, PLAIN_COLOURS } from './colour-matrix.ts';
import { addNoise } from './noise.ts';
import { affineOf } from './warp.ts';

const CHANNELS = 3;

/**
 * Writes `picture` (8-bit BGR, scaled by `atCentreHeight`) with `augmentation` done to it to `target` at byte `offset`:
 * (height, width, 3) uint8 RGB. What a turned view shows beyond the picture is its mirror image. All arguments stay the caller's.
 */
export function augmentPicture(picture: Mat, augmentation: Augmentation, shape: CropShape, target: Uint8Array, offset: number): void {
  using scope = new MatScope();
  const matrix = scope.own(new cv.Mat(affineOf(augmentation.view, shape).map((row) => [...row]), cv.CV_64FC1));
  let pixels = scope.own(picture.warpAffine(matrix, new cv.Size(shape.width, shape.height), cv.INTER_LINEAR, cv.BORDER_REFLECT_101));
  if (augmentation.blurSigma !== undefined) pixels = scope.own(pixels.gaussianBlur(kernelFor(augmentation.blurSigma), augmentation.blurSigma));
  const colours = augmentation.colour === undefined ? PLAIN_COLOURS : colourMatrix(augmentation.colour);
  target.set(scope.own(pixels.transform(scope.own(new cv.Mat(colours.map((row) => [...row]), cv.CV_32FC1)))).getData(), offset);
  const written = target.subarray(offset, offset + pictureBytes(shape));
  if (augmentation.noise !== undefined) addNoise(written, augmentation.noise);
  if (augmentation.erasure !== undefined) erase(written, augmentation.erasure, shape);
}

function kernelFor(sigma: number): InstanceType<typeof cv.Size> {
  const side = 2 * Math.ceil(2 * sigma) + 1;
  return new cv.Size(side, side);
}

function erase(pixels: Uint8Array, erasure: Erasure, { width, height }: CropShape): void {
  const left = Math.floor(erasure.x * width), right = Math.ceil((erasure.x + erasure.width) * width);
  const top = Math.floor(erasure.y * height), bottom = Math.ceil((erasure.y + erasure.height) * height);
  for (let row = top; row < Math.min(height, bottom); row++) {
    pixels.fill(erasure.grey, CHANNELS * (row * width + left), CHANNELS * (row * width + Math.min(width, right)));
  }
}
