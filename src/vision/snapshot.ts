// A still for people: the frame, reduced, with the found items boxed and named.
import type { BoxPx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { PictureMark } from './vision.ts';

const WIDTH_PX = 640;
const JPEG_QUALITY = 80;

/** JPEG bytes, and the marks in its pixels; those of `marks` are the frame's. `image` (8-bit BGR) stays the caller's, unchanged. */
export function snapshotOf(image: Mat, marks: readonly PictureMark[]): { jpeg: Uint8Array; marks: PictureMark[] } {
  using scope = new MatScope();
  const scale = Math.min(1, WIDTH_PX / image.cols);
  const still = scope.own(image.resize(Math.round(image.rows * scale), Math.round(image.cols * scale), 0, 0, cv.INTER_AREA));
  const colour = new cv.Vec3(80, 255, 120);
  const scaled = marks.map((mark) => ({ ...mark, boxPx: scaleBox(mark.boxPx, scale) }));
  for (const { boxPx: { x, y, width, height }, label } of scaled) {
    still.drawRectangle(new cv.Point2(x, y), new cv.Point2(x + width, y + height), colour, 2);
    still.putText(label, new cv.Point2(x, Math.max(12, y - 5)), cv.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1);
  }
  return { jpeg: cv.imencode('.jpg', still, [cv.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]), marks: scaled };
}

function scaleBox({ x, y, width, height }: BoxPx, scale: number): BoxPx {
  return { x: Math.round(x * scale), y: Math.round(y * scale), width: Math.round(width * scale), height: Math.round(height * scale) };
}
