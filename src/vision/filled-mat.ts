// Evenly filled images. The add-on's own constructor with a fill value sets pixel by pixel (165 ms for 1280x720 px); filling
// afterwards takes 0.04 ms.
import type { Mat } from '../image/opencv.ts';
import { cv } from '../image/opencv.ts';

/** An image of `type` (such as cv.CV_8UC3) with `value` in every channel; the caller releases it. */
export function filledMat(rows: number, cols: number, type: number, value: number): Mat {
  const image = new cv.Mat(rows, cols, type);
  // Returns one more handle to the same pixels.
  image.setTo(image.channels === 1 ? value : new cv.Vec3(value, value, value)).release();
  return image;
}
