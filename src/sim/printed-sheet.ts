// Printed sheets in front of the virtual camera: the chessboard and the grey card of calibration, in any pose. Drawn pixel by
// pixel through the bent lens with nine samples each, so that a corner lies where geometry has it, not on the next pixel.
import type { Random } from '../base/random.ts';
import type { Homography } from '../domain/homography.ts';
import { inverse, mapPoint } from '../domain/homography.ts';
import type { PixelRays } from './pixel-rays.ts';

/** A flat sheet, printed alike in all colours; its own coordinates in mm. */
export interface PrintedSheet {
  readonly fromXMm: number;
  readonly fromYMm: number;
  readonly toXMm: number;
  readonly toYMm: number;
  /** Grey level of 255 in white light at a place of the sheet. */
  levelAt(xMm: number, yMm: number): number;
}

/** Inner corners along a row, rows of them, and the side of a square. */
export interface ChessboardSize {
  readonly columns: number;
  readonly rows: number;
  readonly squareMm: number;
}

const WHITE = 215, BLACK = 32, CARD_EDGE = 235;
/** Side of the square of samples taken in each pixel. */
const SAMPLES = 3;
const NOISE_COUNT = 4096;
/** Odd, so that every noise has its turn. */
const NOISE_STEP = 7919;

/** A chessboard whose first inner corner is the sheet's origin, with a white margin one square wide. */
export function chessboardSheet({ columns, rows, squareMm }: ChessboardSize): PrintedSheet {
  const margin = 2 * squareMm;
  return {
    fromXMm: -margin, fromYMm: -margin, toXMm: (columns - 1) * squareMm + margin, toYMm: (rows - 1) * squareMm + margin,
    levelAt: (xMm, yMm) => {
      const column = Math.floor(xMm / squareMm), row = Math.floor(yMm / squareMm);
      if (column < -1 || row < -1 || column >= columns || row >= rows) return WHITE;
      return (column + row) % 2 === 0 ? BLACK : WHITE;
    },
  };
}

/** A card of one grey with a white rim, its origin in the middle. */
export function greyCardSheet(options: { readonly lengthMm: number; readonly widthMm: number; readonly level: number }): PrintedSheet {
  const halfX = options.lengthMm / 2, halfY = options.widthMm / 2;
  const rim = Math.min(halfX, halfY) * 0.06;
  return {
    fromXMm: -halfX, fromYMm: -halfY, toXMm: halfX, toYMm: halfY,
    levelAt: (xMm, yMm) => (Math.abs(xMm) > halfX - rim || Math.abs(yMm) > halfY - rim ? CARD_EDGE : options.level),
  };
}

export interface SheetPose {
  readonly sheet: PrintedSheet;
  /** From straightened pixels to the sheet's mm. */
  readonly pixelToSheet: Homography;
}

export interface SheetLight {
  readonly gains: readonly [number, number, number];
  /** Standard deviation in grey levels. */
  readonly noiseLevels: number;
  readonly random: Random;
}

/** Paints the sheet over `pixels` (8-bit BGR, row by row, changed in place). */
export function paintSheet(pixels: Uint8Array, rays: PixelRays, { sheet, pixelToSheet }: SheetPose, { gains, noiseLevels, random }: SheetLight): void {
  const { width, height } = rays.size;
  const noise = Float64Array.from({ length: NOISE_COUNT }, () => noiseLevels * random.gaussian());
  const h = pixelToSheet;
  const sideOf = depthSign(pixelToSheet, sheet);
  let turn = 0;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const at = y * width + x;
    const u = rays.u[at]!, v = rays.v[at]!;
    const depth = h[6]! * u + h[7]! * v + h[8]!;
    if (depth * sideOf <= 0) continue;
    const atX = (h[0]! * u + h[1]! * v + h[2]!) / depth, atY = (h[3]! * u + h[4]! * v + h[5]!) / depth;
    if (atX < sheet.fromXMm || atX > sheet.toXMm || atY < sheet.fromYMm || atY > sheet.toYMm) continue;
    const level = sampled(sheet, rays, h, at);
    for (let channel = 0; channel < 3; channel++) {
      const value = level * gains[channel]! + noise[(turn + at) % NOISE_COUNT]!;
      turn = (turn + NOISE_STEP) % NOISE_COUNT;
      pixels[3 * at + channel] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
}

/** Mean level over the pixel; its extent is the distance to its neighbours. */
function sampled(sheet: PrintedSheet, { size: { width }, u, v }: PixelRays, h: Homography, at: number): number {
  const right = at % width === width - 1 ? at - 1 : at + 1, below = at + width < u.length ? at + width : at - width;
  const [stepUx, stepVx] = [Math.abs(u[right]! - u[at]!), right > at ? v[right]! - v[at]! : v[at]! - v[right]!];
  const [stepUy, stepVy] = [below > at ? u[below]! - u[at]! : u[at]! - u[below]!, Math.abs(v[below]! - v[at]!)];
  let sum = 0;
  for (let j = 0; j < SAMPLES; j++) for (let i = 0; i < SAMPLES; i++) {
    const shareX = (i + 0.5) / SAMPLES - 0.5, shareY = (j + 0.5) / SAMPLES - 0.5;
    const sampleU = u[at]! + shareX * stepUx + shareY * stepUy, sampleV = v[at]! + shareX * stepVx + shareY * stepVy;
    const w = h[6]! * sampleU + h[7]! * sampleV + h[8]!;
    sum += sheet.levelAt((h[0]! * sampleU + h[1]! * sampleV + h[2]!) / w, (h[3]! * sampleU + h[4]! * sampleV + h[5]!) / w);
  }
  return sum / (SAMPLES * SAMPLES);
}

/** On which side of the horizon the sheet lies: beyond it the same formula shows a second, upside-down sheet. */
function depthSign(pixelToSheet: Homography, sheet: PrintedSheet): number {
  const middle = mapPoint(inverse(pixelToSheet), (sheet.fromXMm + sheet.toXMm) / 2, (sheet.fromYMm + sheet.toYMm) / 2);
  return Math.sign(pixelToSheet[6]! * middle.x + pixelToSheet[7]! * middle.y + pixelToSheet[8]!);
}
