// The camera's view in belt coordinates: boxes to millimetres, and whether a place on the belt is in the picture. Works for
// any homography; a camera that looks straight down is only the simplest case.
import type { Millimetres } from '../base/units.ts';
import type { Calibration } from '../domain/calibration.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';
import type { BoxPx, SizePx } from '../domain/frame.ts';

/** A rectangle on the belt at one moment, around its centre. */
export interface BeltRect {
  readonly xMm: Millimetres;
  readonly yMm: Millimetres;
  readonly lengthMm: Millimetres;
  readonly widthMm: Millimetres;
}

/** `leaving` and `entering`: cut by the downstream or upstream edge; `past` and `before`: beyond it. */
export type Visibility = 'whole' | 'leaving' | 'entering' | 'past' | 'before';

export class ViewGeometry {
  readonly calibration: Calibration;
  readonly #size: SizePx;
  readonly #beltToPixel: readonly number[];
  readonly #centreXMm: Millimetres;
  /** Extent of the whole picture along travel, mm. */
  readonly lengthMm: Millimetres;
  /** Scale in the middle of the picture. */
  readonly pxPerMm: number;
  /** Whether travel runs along picture rows (u) rather than columns (v). */
  readonly travelsAlongU: boolean;

  constructor(calibration: Calibration) {
    this.calibration = calibration;
    this.#size = calibration.frameSize;
    this.#beltToPixel = invert(calibration.pixelToBelt);
    const view = this.toBelt({ x: 0, y: 0, ...calibration.frameSize });
    this.#centreXMm = view.xMm;
    this.lengthMm = view.lengthMm;
    const { width, height } = calibration.frameSize;
    const middle = pixelToBeltMm(calibration, width / 2, height / 2);
    const right = pixelToBeltMm(calibration, width / 2 + 1, height / 2);
    const below = pixelToBeltMm(calibration, width / 2, height / 2 + 1);
    const areaMm2 = Math.abs((right.xMm - middle.xMm) * (below.yMm - middle.yMm) - (right.yMm - middle.yMm) * (below.xMm - middle.xMm));
    this.pxPerMm = 1 / Math.sqrt(areaMm2);
    this.travelsAlongU = Math.abs(right.xMm - middle.xMm) >= Math.abs(below.xMm - middle.xMm);
  }

  /** The belt rectangle that a box of the picture covers; edges may be fractions of a pixel. */
  toBelt(box: BoxPx): BeltRect {
    let minX = Infinity, maxX = -Infinity, minY = Infinity, maxY = -Infinity;
    for (const [u, v] of [[box.x, box.y], [box.x + box.width, box.y], [box.x, box.y + box.height], [box.x + box.width, box.y + box.height]] as const) {
      const { xMm, yMm } = pixelToBeltMm(this.calibration, u, v);
      minX = Math.min(minX, xMm); maxX = Math.max(maxX, xMm);
      minY = Math.min(minY, yMm); maxY = Math.max(maxY, yMm);
    }
    return { xMm: (minX + maxX) / 2, yMm: (minY + maxY) / 2, lengthMm: maxX - minX, widthMm: maxY - minY };
  }

  /** How much of a belt rectangle the picture shows; `marginPx` is taken off the picture's edges. */
  visibility(rect: BeltRect, marginPx: number): Visibility {
    const { width, height } = this.#size;
    let inside = 0, minU = Infinity, maxU = -Infinity, minV = Infinity, maxV = -Infinity;
    for (const sx of [-0.5, 0.5]) for (const sy of [-0.5, 0.5]) {
      const { u, v } = this.#toPixel(rect.xMm + sx * rect.lengthMm, rect.yMm + sy * rect.widthMm);
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

  #toPixel(xMm: Millimetres, yMm: Millimetres): { u: number; v: number } {
    const h = this.#beltToPixel;
    const w = h[6]! * xMm + h[7]! * yMm + h[8]!;
    return { u: (h[0]! * xMm + h[1]! * yMm + h[2]!) / w, v: (h[3]! * xMm + h[4]! * yMm + h[5]!) / w };
  }
}

/** Inverse of a row-major 3x3 matrix, up to scale (the adjugate), as a homography needs it. */
function invert(m: readonly number[]): number[] {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number];
  return [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ];
}
