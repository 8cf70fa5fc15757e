// The picture of one item, as the classifier should see it. A rectangular item (a photograph card) is cut out exactly. Any
// other becomes the middle of a square, with room around it, on the light grey of the photographs the model learned from:
// belt and neighbours would only mislead it.
import type { BoxPx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { Detection } from './detection.ts';
import { filledMat } from './filled-mat.ts';
import type { CropOptions } from './options.ts';

const NOTHING = new cv.Vec3(0, 0, 0);

/** 8-bit BGR picture of `detection`; the caller releases it. `image`, the full frame, stays its owner's. */
export function cropItem(image: Mat, detection: Detection, options: CropOptions): Mat {
  const isCard = detection.fill >= options.cardFill;
  using scope = new MatScope();
  if (isCard) return scope.own(image.getRegion(rectOf(roundedBox(detection.boxPx), image))).copy();
  const square = squareAround(detection.boxPx, options.marginRatio);
  const seen = rectOf(square, image);
  const grey = new cv.Vec3(options.fillGrey, options.fillGrey, options.fillGrey);
  const left = seen.x - square.x, top = seen.y - square.y;
  const picture = scope.own(image.getRegion(seen))
    .copyMakeBorder(top, square.height - seen.height - top, left, square.width - seen.width - left, cv.BORDER_CONSTANT, grey);
  // Returns one more handle to the picture's pixels, which only has to be released.
  if (options.background === 'fill') scope.own(picture.setTo(grey, outsideOf(detection, square, scope)));
  return picture;
}

/** 255 where the square shows anything but the item. */
function outsideOf(detection: Detection, square: BoxPx, scope: MatScope): Mat {
  const mask = scope.own(filledMat(square.height, square.width, cv.CV_8UC1, 255));
  mask.drawFillPoly([detection.outline.map(({ x, y }) => new cv.Point2(Math.round(x) - square.x, Math.round(y) - square.y))], NOTHING);
  return mask;
}

/** The square around the box's centre that leaves `marginRatio` of the longer side on each side; may reach beyond the frame. */
export function squareAround(box: BoxPx, marginRatio: number): BoxPx {
  const side = Math.max(1, Math.round(Math.max(box.width, box.height) * (1 + 2 * marginRatio)));
  return { x: Math.round(box.x + (box.width - side) / 2), y: Math.round(box.y + (box.height - side) / 2), width: side, height: side };
}

/** The whole pixels nearest to a box with fractional edges. */
export function roundedBox(box: BoxPx): BoxPx {
  const x = Math.round(box.x), y = Math.round(box.y);
  return { x, y, width: Math.max(1, Math.round(box.x + box.width) - x), height: Math.max(1, Math.round(box.y + box.height) - y) };
}

/** The part of a box that lies in the image. */
function rectOf(box: BoxPx, image: Mat): InstanceType<typeof cv.Rect> {
  const x = Math.max(0, box.x), y = Math.max(0, box.y);
  return new cv.Rect(x, y, Math.min(image.cols, box.x + box.width) - x, Math.min(image.rows, box.y + box.height) - y);
}
