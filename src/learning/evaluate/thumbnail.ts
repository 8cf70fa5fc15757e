// A photograph made small for a report: the whole picture, not the crop the model saw, so that a person can judge it.
import { encodeJpeg, readImage } from '../../image/decode.ts';
import { cv, MatScope } from '../../image/opencv.ts';

/** Longer side, px: sharp at the size a report shows on a dense screen, about 8 kB. */
const LONG_SIDE = 240;
const QUALITY = 78;

/** JPEG bytes. Throws IMAGE_UNREADABLE. */
export function thumbnail(file: string): Buffer {
  using scope = new MatScope();
  const image = scope.own(readImage(file));
  const scale = Math.min(1, LONG_SIDE / Math.max(image.rows, image.cols));
  const small = scope.own(image.resize(Math.max(1, Math.round(image.rows * scale)), Math.max(1, Math.round(image.cols * scale)), 0, 0, cv.INTER_AREA));
  return encodeJpeg(small, QUALITY);
}
