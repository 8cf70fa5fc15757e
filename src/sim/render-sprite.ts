// A drawn item as it is laid over the belt: colour times opacity, and what the belt keeps. Made once per item, blended into
// every picture that shows it.
import type { SizePx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

/** Pixels of a drawing, row-major: BGR 0 … 255 and opacity 0 … 1. */
export interface Drawing extends SizePx {
  readonly bgr: Float32Array;
  readonly alpha: Float32Array;
}

export class Sprite {
  readonly size: SizePx;
  readonly #colour: Mat;
  readonly #kept: Mat;

  /** `colour` is colour times opacity, `kept` the belt's share, both float with 3 channels; the sprite takes them over. */
  constructor(colour: Mat, kept: Mat) {
    this.size = { width: colour.cols, height: colour.rows };
    this.#colour = colour;
    this.#kept = kept;
  }

  /** Blends into `frame` with the sprite's top left corner at `corner`, which may lie outside; `gain` is the light's. */
  blendInto(frame: Mat, corner: { x: number; y: number }, gain: number): void {
    const visible = visiblePart(this.size, frame, corner);
    if (visible === undefined) return;
    using scope = new MatScope();
    const { inSprite, inFrame } = visible;
    const place = scope.own(frame.getRegion(inFrame));
    const belt = scope.own(place.convertTo(cv.CV_32FC3));
    const below = scope.own(belt.hMul(scope.own(this.#kept.getRegion(inSprite))));
    const colour = scope.own(this.#colour.getRegion(inSprite));
    const blended = scope.own(below.add(gain === 1 ? colour : scope.own(colour.mul(gain))));
    scope.own(scope.own(blended.convertTo(cv.CV_8UC3)).copyTo(place));
  }

  release(): void {
    this.#colour.release();
    this.#kept.release();
  }
}

/** The drawing turned by `rotationRad` about its centre, from x towards y of the picture. */
export function turnedSprite(drawing: Drawing, rotationRad: number): Sprite {
  using scope = new MatScope();
  const { width, height, bgr, alpha } = drawing;
  const opacity = scope.own(new cv.Mat(bytesOf(alpha), height, width, cv.CV_32FC1));
  const opacity3 = scope.own(threefold(opacity));
  const colour = scope.own(scope.own(new cv.Mat(bytesOf(bgr), height, width, cv.CV_32FC3)).hMul(opacity3));
  if (rotationRad === 0) return new Sprite(scope.keep(colour), opacity3.convertTo(cv.CV_32FC3, -1, 1));
  const cos = Math.abs(Math.cos(rotationRad)), sin = Math.abs(Math.sin(rotationRad));
  const size = new cv.Size(Math.ceil(width * cos + height * sin) + 2, Math.ceil(width * sin + height * cos) + 2);
  const turn = scope.own(turnAbout({ width, height }, size, rotationRad));
  const outside = new cv.Vec3(0, 0, 0);
  const turnedColour = colour.warpAffine(turn, size, cv.INTER_LINEAR, cv.BORDER_CONSTANT, outside);
  const turnedOpacity = scope.own(opacity.warpAffine(turn, size, cv.INTER_LINEAR, cv.BORDER_CONSTANT, outside));
  return new Sprite(turnedColour, threefold(scope.own(turnedOpacity.convertTo(cv.CV_32FC1, -1, 1))));
}

function threefold(single: Mat): Mat {
  return new cv.Mat([single, single, single]);
}

/** The forward 2x3 matrix that warpAffine wants, centre onto centre. Pixel centres lie at half a pixel. */
function turnAbout(from: SizePx, to: SizePx, rotationRad: number): Mat {
  const cos = Math.cos(rotationRad), sin = Math.sin(rotationRad);
  const fromX = (from.width - 1) / 2, fromY = (from.height - 1) / 2, toX = (to.width - 1) / 2, toY = (to.height - 1) / 2;
  return new cv.Mat([
    [cos, -sin, toX - cos * fromX + sin * fromY],
    [sin, cos, toY - sin * fromX - cos * fromY],
  ], cv.CV_64FC1);
}

/** The rectangle of a picture of `size`, laid at `corner` of the frame, that is inside the frame: in either's pixels. */
export function visiblePart(size: SizePx, frame: Mat, corner: { x: number; y: number }): { inSprite: InstanceType<typeof cv.Rect>; inFrame: InstanceType<typeof cv.Rect> } | undefined {
  const left = Math.max(0, corner.x), top = Math.max(0, corner.y);
  const width = Math.min(frame.cols, corner.x + size.width) - left;
  const height = Math.min(frame.rows, corner.y + size.height) - top;
  if (width <= 0 || height <= 0) return undefined;
  return { inSprite: new cv.Rect(left - corner.x, top - corner.y, width, height), inFrame: new cv.Rect(left, top, width, height) };
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
