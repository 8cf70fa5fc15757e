// A still for people: the frame, reduced, with the found items boxed and named.
import type { BoxPx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

const WIDTH_PX = 640;
const JPEG_QUALITY = 80;

export interface Mark {
  readonly boxPx: BoxPx;
  readonly label: string;
}

/** JPEG bytes; `image` (8-bit BGR) stays the caller's, unchanged. */
export function snapshotJpeg(image: Mat, marks: readonly Mark[]): Uint8Array {
  using scope = new MatScope();
  const scale = Math.min(1, WIDTH_PX / image.cols);
  const still = scope.own(image.resize(Math.round(image.rows * scale), Math.round(image.cols * scale), 0, 0, cv.INTER_AREA));
  const colour = new cv.Vec3(80, 255, 120);
  for (const { boxPx, label } of marks) {
    const corner = new cv.Point2(Math.round(boxPx.x * scale), Math.round(boxPx.y * scale));
    const opposite = new cv.Point2(Math.round((boxPx.x + boxPx.width) * scale), Math.round((boxPx.y + boxPx.height) * scale));
    still.drawRectangle(corner, opposite, colour, 2);
    still.putText(label, new cv.Point2(corner.x, Math.max(12, corner.y - 5)), cv.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1);
  }
  return cv.imencode('.jpg', still, [cv.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]);
}
