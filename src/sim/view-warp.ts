// The flat picture of the virtual belt as a leaning camera with a bent lens sees it. Which four flat pixels make a pixel of the
// picture, and by which shares, is worked out once; a picture is then one pass over its pixels. OpenCV's `remap` would do the
// same, but the add-on does not offer it.
import type { SizePx } from '../domain/frame.ts';
import { mapPoint } from '../domain/homography.ts';
import type { Mat } from '../image/opencv.ts';
import { cv } from '../image/opencv.ts';
import type { PixelRays } from './pixel-rays.ts';
import { PX_PER_MM } from './render-frame.ts';
import type { TrueGeometry } from './virtual-view.ts';

/** Shares are whole numbers of this. */
const UNIT = 128;
/** Divides by the square of it. */
const SHIFT = 14;

export interface FlatPicture {
  readonly size: SizePx;
  /** Belt place of its upper left edge, mm. */
  readonly fromXMm: number;
  readonly fromYMm: number;
}

export class ViewWarp {
  readonly #flat: FlatPicture;
  /** Byte offset of the upper left of the four flat pixels; the shares of the right and the lower ones. */
  readonly #offsets: Int32Array;
  readonly #shareX: Uint8Array;
  readonly #shareY: Uint8Array;

  constructor(geometry: TrueGeometry, rays: PixelRays, flat: FlatPicture) {
    this.#flat = flat;
    const count = rays.u.length;
    this.#offsets = new Int32Array(count);
    this.#shareX = new Uint8Array(count);
    this.#shareY = new Uint8Array(count);
    for (let at = 0; at < count; at++) {
      const { x: xMm, y: yMm } = mapPoint(geometry.pixelToBelt, rays.u[at]!, rays.v[at]!);
      const x = Math.max(0, Math.min(flat.size.width - 1.001, (xMm - flat.fromXMm) * PX_PER_MM - 0.5));
      const y = Math.max(0, Math.min(flat.size.height - 1.001, (yMm - flat.fromYMm) * PX_PER_MM - 0.5));
      this.#offsets[at] = 3 * (Math.floor(y) * flat.size.width + Math.floor(x));
      this.#shareX[at] = Math.round((x - Math.floor(x)) * UNIT);
      this.#shareY[at] = Math.round((y - Math.floor(y)) * UNIT);
    }
  }

  /** The bytes of the picture, BGR, row by row, each colour times its gain; `flat` stays the caller's. */
  apply(flat: Mat, gains: readonly [number, number, number]): Buffer {
    const from = flat.getData();
    const tables = gains.map((gain) => Uint8Array.from({ length: 256 }, (_, level) => Math.min(255, Math.round(gain * level))));
    const [blues, greens, reds] = tables as [Uint8Array, Uint8Array, Uint8Array];
    const offsets = this.#offsets, shareX = this.#shareX, shareY = this.#shareY;
    const below = 3 * this.#flat.size.width;
    const to = Buffer.allocUnsafe(3 * offsets.length);
    const half = (UNIT * UNIT) / 2;
    for (let at = 0, byte = 0; at < offsets.length; at++, byte += 3) {
      const here = offsets[at]!, under = here + below;
      const right = shareX[at]!, lower = shareY[at]!;
      const bottomRight = right * lower, topRight = right * UNIT - bottomRight, bottomLeft = lower * UNIT - bottomRight, topLeft = UNIT * UNIT - UNIT * right - bottomLeft;
      to[byte] = blues[(topLeft * from[here]! + topRight * from[here + 3]! + bottomLeft * from[under]! + bottomRight * from[under + 3]! + half) >> SHIFT]!;
      to[byte + 1] = greens[(topLeft * from[here + 1]! + topRight * from[here + 4]! + bottomLeft * from[under + 1]! + bottomRight * from[under + 4]! + half) >> SHIFT]!;
      to[byte + 2] = reds[(topLeft * from[here + 2]! + topRight * from[here + 5]! + bottomLeft * from[under + 2]! + bottomRight * from[under + 5]! + half) >> SHIFT]!;
    }
    return to;
  }
}

/** A picture from bytes, BGR, row by row; the caller owns it. */
export function pictureOf(bytes: Buffer, { width, height }: SizePx): Mat {
  return new cv.Mat(bytes, height, width, cv.CV_8UC3);
}
