// The camera's view in belt coordinates: boxes to millimetres, and whether a place on the belt is in the picture. Works for
// any homography and lens; a camera that looks straight down is only the simplest case. Points are straightened, never frames.
import type { Millimetres } from '../base/units.ts';
import type { Calibration } from '../domain/calibration.ts';
import { beltMmToPixel, pixelToBeltMm } from '../domain/calibration.ts';
import type { BoxPx, SizePx } from '../domain/frame.ts';
import { inverse, mapPoint } from '../domain/homography.ts';
import type { PixelPoint } from '../domain/lens.ts';
import { undistortPx } from '../domain/lens.ts';
import type { Detection } from './detection.ts';
import { hullOf, middleOf } from './outline.ts';

/** A rectangle on the belt at one moment, around its centre. */
export interface BeltRect {
  readonly xMm: Millimetres;
  readonly yMm: Millimetres;
  readonly lengthMm: Millimetres;
  readonly widthMm: Millimetres;
}

/** `leaving` and `entering`: cut by the downstream or upstream edge; `past` and `before`: beyond it. */
export type Visibility = 'whole' | 'leaving' | 'entering' | 'past' | 'before';

/** Straightened pixels this share of the picture beyond its edge are not bent again: no lens model holds there. */
const BEYOND_SHARE = 0.1;

export class ViewGeometry {
  readonly calibration: Calibration;
  readonly #size: SizePx;
  readonly #beltToPixel: readonly number[];
  /** What a perfect lens would show of the picture, with a little room: px. */
  readonly #straightArea: { readonly fromU: number; readonly toU: number; readonly fromV: number; readonly toV: number };
  readonly #centreXMm: Millimetres;
  /** Extent of the whole picture along travel, mm. */
  readonly lengthMm: Millimetres;
  /** Scale in the middle of the picture. */
  readonly pxPerMm: number;
  /** Whether travel runs along picture rows (u) rather than columns (v). */
  readonly travelsAlongU: boolean;
  /** Side of the picture at which things come in. */
  readonly upstreamSide: 'left' | 'right' | 'top' | 'bottom';
  /** A camera that looks straight down through a perfect lens: a rectangle in the picture is one on the belt. */
  readonly isStraight: boolean;

  constructor(calibration: Calibration) {
    this.calibration = calibration;
    this.#size = calibration.frameSize;
    this.#beltToPixel = inverse(calibration.pixelToBelt);
    this.#straightArea = straightAreaOf(calibration);
    const [, along, , across, , , tiltX, tiltY] = calibration.pixelToBelt;
    this.isStraight = calibration.lens === undefined && tiltX === 0 && tiltY === 0 && along === 0 && across === 0;
    const view = extentOf(edgeOf(calibration.frameSize).map(({ u, v }) => pixelToBeltMm(calibration, u, v)));
    this.#centreXMm = view.xMm;
    this.lengthMm = view.lengthMm;
    const { width, height } = calibration.frameSize;
    const middle = pixelToBeltMm(calibration, width / 2, height / 2);
    const right = pixelToBeltMm(calibration, width / 2 + 1, height / 2);
    const below = pixelToBeltMm(calibration, width / 2, height / 2 + 1);
    const areaMm2 = Math.abs((right.xMm - middle.xMm) * (below.yMm - middle.yMm) - (right.yMm - middle.yMm) * (below.xMm - middle.xMm));
    this.pxPerMm = 1 / Math.sqrt(areaMm2);
    this.travelsAlongU = Math.abs(right.xMm - middle.xMm) >= Math.abs(below.xMm - middle.xMm);
    this.upstreamSide = this.travelsAlongU ? (right.xMm > middle.xMm ? 'left' : 'right') : (below.xMm > middle.xMm ? 'top' : 'bottom');
  }

  /** The belt rectangle that a box of the picture covers; edges may be fractions of a pixel. */
  toBelt(box: BoxPx): BeltRect {
    return extentOf(cornersOf(box).map(({ u, v }) => pixelToBeltMm(this.calibration, u, v)));
  }

  /** Where on the belt a detection lies: its middle, and its extent along and across. */
  placeOf({ boxPx, centrePx, outline }: Pick<Detection, 'boxPx' | 'centrePx' | 'outline'>): BeltRect {
    const box = this.toBelt(boxPx);
    const centre = pixelToBeltMm(this.calibration, centrePx.x, centrePx.y);
    if (this.isStraight || outline.length < 3) return { ...box, ...centre };
    // What is nearer to the camera looks larger, so neither the middle nor the box in the picture is that on the belt.
    const places = outline.map(({ x, y }) => pixelToBeltMm(this.calibration, x, y));
    const middle = middleOf(hullOf(places.map(({ xMm, yMm }) => ({ x: xMm, y: yMm }))));
    return { ...extentOf(places), xMm: middle.x, yMm: middle.y };
  }

  /** The pixel that shows a place on the belt. Beyond the picture's edge it is only certain to be beyond. */
  toPixel(xMm: Millimetres, yMm: Millimetres): PixelPoint {
    if (this.calibration.lens !== undefined) {
      const { x, y } = mapPoint(this.#beltToPixel, xMm, yMm);
      const { fromU, toU, fromV, toV } = this.#straightArea;
      if (x < fromU || x > toU || y < fromV || y > toV) return { u: x, v: y };
    }
    return beltMmToPixel(this.calibration, xMm, yMm, this.#beltToPixel);
  }

  /** How much of a belt rectangle the picture shows; `marginPx` is taken off the picture's edges. */
  visibility(rect: BeltRect, marginPx: number): Visibility {
    const { width, height } = this.#size;
    let inside = 0, minU = Infinity, maxU = -Infinity, minV = Infinity, maxV = -Infinity;
    for (const sx of [-0.5, 0.5]) for (const sy of [-0.5, 0.5]) {
      const { u, v } = this.toPixel(rect.xMm + sx * rect.lengthMm, rect.yMm + sy * rect.widthMm);
      if (u >= marginPx && u <= width - marginPx && v >= marginPx && v <= height - marginPx) inside++;
      minU = Math.min(minU, u); maxU = Math.max(maxU, u);
      minV = Math.min(minV, v); maxV = Math.max(maxV, v);
    }
    if (inside === 4) return 'whole';
    const isDownstream = rect.xMm >= this.#centreXMm;
    const isOutside = maxU <= 0 || minU >= width || maxV <= 0 || minV >= height;
    if (isDownstream) return isOutside ? 'past' : 'leaving';
    return isOutside ? 'before' : 'entering';
  }
}

function extentOf(places: readonly { readonly xMm: Millimetres; readonly yMm: Millimetres }[]): BeltRect {
  let minX = Infinity, maxX = -Infinity, minY = Infinity, maxY = -Infinity;
  for (const { xMm, yMm } of places) {
    minX = Math.min(minX, xMm); maxX = Math.max(maxX, xMm);
    minY = Math.min(minY, yMm); maxY = Math.max(maxY, yMm);
  }
  return { xMm: (minX + maxX) / 2, yMm: (minY + maxY) / 2, lengthMm: maxX - minX, widthMm: maxY - minY };
}

function cornersOf({ x, y, width, height }: BoxPx): PixelPoint[] {
  return [{ u: x, v: y }, { u: x + width, v: y }, { u: x, v: y + height }, { u: x + width, v: y + height }];
}

/** Points round the picture's edge: a bent lens shows the most in the middle of a side, or at a corner. */
function edgeOf({ width, height }: SizePx): PixelPoint[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    { u: share * width, v: 0 }, { u: share * width, v: height }, { u: 0, v: share * height }, { u: width, v: share * height },
  ]);
}

function straightAreaOf({ lens, frameSize }: Calibration): { fromU: number; toU: number; fromV: number; toV: number } {
  const points = edgeOf(frameSize).map(({ u, v }) => (lens === undefined ? { u, v } : undistortPx(lens, u, v)));
  const us = points.map(({ u }) => u), vs = points.map(({ v }) => v);
  const roomU = BEYOND_SHARE * frameSize.width, roomV = BEYOND_SHARE * frameSize.height;
  return { fromU: Math.min(...us) - roomU, toU: Math.max(...us) + roomU, fromV: Math.min(...vs) - roomV, toV: Math.max(...vs) + roomV };
}
