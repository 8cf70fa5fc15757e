// The brushes that the materials share: smooth noise, crumpled facets, outlines, gloss. Lengths in mm from the item's centre,
// x along its longer side. Everything random is drawn when a brush is made; a brush itself is a plain function.
import type { Random } from '../base/random.ts';
import type { Millimetres } from '../base/units.ts';

/** One pixel under the brush: BGR 0 … 255 (clamped later), opacity 0 … 1. Reused from pixel to pixel. */
export interface Pixel {
  blue: number;
  green: number;
  red: number;
  opacity: number;
}

/** Paints the place (x, y), mm from the item's centre, into `pixel`. */
export type Shader = (x: Millimetres, y: Millimetres, pixel: Pixel) => void;

/** What a material's painter is given: half the item's longer and shorter side. */
export interface PaintFacts {
  readonly random: Random;
  readonly halfLength: Millimetres;
  readonly halfWidth: Millimetres;
}

export type Bgr = readonly [number, number, number];
export type Field = (x: Millimetres, y: Millimetres) => number;
/** Signed distance to an outline, mm: negative inside. */
export type Outline = Field;

const LATTICE = 32;
const LATTICE_MASK = LATTICE - 1;

/** Smooth noise from -1 to 1 whose features are about `sizeMm` wide. */
export function noise(random: Random, sizeMm: Millimetres): Field {
  const grid = Float32Array.from({ length: LATTICE * LATTICE }, () => random.between(-1, 1));
  const scale = 1 / sizeMm;
  return (x, y) => {
    const u = x * scale + 1000.5, v = y * scale + 1000.5;
    const left = Math.floor(u), top = Math.floor(v);
    const fu = u - left, fv = v - top;
    const s = fu * fu * (3 - 2 * fu), t = fv * fv * (3 - 2 * fv);
    const column = left & LATTICE_MASK, next = (left + 1) & LATTICE_MASK;
    const row = (top & LATTICE_MASK) * LATTICE, below = ((top + 1) & LATTICE_MASK) * LATTICE;
    const upper = grid[row + column]! + s * (grid[row + next]! - grid[row + column]!);
    const lower = grid[below + column]! + s * (grid[below + next]! - grid[below + column]!);
    return upper + t * (lower - upper);
  };
}

/** Noise of falling strength at halving sizes, about -1 to 1. */
export function layeredNoise(random: Random, sizeMm: Millimetres, layers: number): Field {
  const fields = Array.from({ length: layers }, (_, layer) => noise(random, sizeMm / 2 ** layer));
  return (x, y) => {
    let sum = 0, strength = 0.6;
    for (const field of fields) {
      sum += strength * field(x, y);
      strength *= 0.55;
    }
    return sum;
  };
}

export interface Facets {
  /** Light of the facet at a place, about -1 to 1, tilting across it. */
  readonly light: Field;
  /** How near the place is to a crease: 1 on it, 0 away from it. Of the place last asked by `light`. */
  crease(): number;
}

/** A crumpled surface: flat facets of about `sizeMm` that each catch the light differently, with creases between. */
export function facets({ random, halfLength, halfWidth }: PaintFacts, sizeMm: Millimetres): Facets {
  const columns = Math.max(2, Math.ceil((2 * halfLength) / sizeMm)), rows = Math.max(2, Math.ceil((2 * halfWidth) / sizeMm));
  // One seed per cell of a grid with a border: a place's facet is the nearest of the nine around it.
  const stride = columns + 4;
  const count = stride * (rows + 4);
  const seedX = new Float32Array(count), seedY = new Float32Array(count), base = new Float32Array(count), tiltX = new Float32Array(count), tiltY = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    seedX[index] = ((index % stride) - 2 + random.next()) * sizeMm - halfLength;
    seedY[index] = (Math.floor(index / stride) - 2 + random.next()) * sizeMm - halfWidth;
    base[index] = random.between(-1, 1);
    tiltX[index] = random.between(-0.7, 0.7) / sizeMm;
    tiltY[index] = random.between(-0.7, 0.7) / sizeMm;
  }
  let crease = 0;
  return {
    light(x, y) {
      const column = Math.min(columns + 2, Math.max(1, Math.floor((x + halfLength) / sizeMm) + 2));
      const row = Math.min(rows + 2, Math.max(1, Math.floor((y + halfWidth) / sizeMm) + 2));
      let nearest = Infinity, second = Infinity, best = 0;
      for (let cell = (row - 1) * stride + column - 1, k = 0; k < 9; k++, cell += k % 3 === 0 ? stride - 2 : 1) {
        const dx = x - seedX[cell]!, dy = y - seedY[cell]!;
        const distance = dx * dx + dy * dy;
        if (distance < nearest) { second = nearest; nearest = distance; best = cell; } else if (distance < second) second = distance;
      }
      crease = Math.max(0, 1 - (Math.sqrt(second) - Math.sqrt(nearest)) / 1.6);
      return base[best]! + (x - seedX[best]!) * tiltX[best]! + (y - seedY[best]!) * tiltY[best]!;
    },
    crease: () => crease,
  };
}

/** A rectangle with rounded corners whose edge wanders by `roughMm`. */
export function sheetOutline({ random, halfLength, halfWidth }: PaintFacts, { cornerMm, roughMm }: { cornerMm: Millimetres; roughMm: Millimetres }): Outline {
  const wander = layeredNoise(random, 14, 3);
  const a = halfLength - cornerMm - roughMm * 0.6, b = halfWidth - cornerMm - roughMm * 0.6;
  return (x, y) => {
    const dx = Math.abs(x) - a, dy = Math.abs(y) - b;
    const outside = Math.hypot(Math.max(0, dx), Math.max(0, dy)) + Math.min(0, Math.max(dx, dy));
    return outside - cornerMm - (roughMm === 0 ? 0 : roughMm * wander(x, y));
  };
}

/** An ellipse whose edge wanders by the share `rough` of its size. */
export function blobOutline({ random, halfLength, halfWidth }: PaintFacts, rough: number): Outline {
  const wander = layeredNoise(random, 0.9, 3);
  return (x, y) => {
    const u = x / halfLength, v = y / halfWidth;
    const radius = Math.hypot(u, v) + 1e-6;
    const edge = 1 - rough * 0.5 + rough * 0.6 * wander(u / radius, v / radius);
    return (radius - edge) * Math.min(halfLength, halfWidth);
  };
}

/** A body of revolution lying along x: `half` says its half width at x. */
export function turnedOutline(halfLength: Millimetres, half: (x: Millimetres) => Millimetres): Outline {
  return (x, y) => Math.max(Math.abs(y) - half(x), Math.abs(x) - halfLength);
}

/** Opacity at a signed distance: one pixel of soft edge. */
export function coverage(distance: Millimetres): number {
  return Math.min(1, Math.max(0, 0.5 - distance * 1.4));
}

export function setColour(pixel: Pixel, colour: Bgr, light: number): void {
  pixel.blue = colour[0] * light;
  pixel.green = colour[1] * light;
  pixel.red = colour[2] * light;
}

/** Moves the pixel towards `colour` by `share`. */
export function mixColour(pixel: Pixel, colour: Bgr, share: number): void {
  pixel.blue += (colour[0] - pixel.blue) * share;
  pixel.green += (colour[1] - pixel.green) * share;
  pixel.red += (colour[2] - pixel.red) * share;
}

/** 1 at 0, falling off over `width`. */
export function bump(distance: number, width: number): number {
  const share = distance / width;
  const square = share * share;
  // Beyond three widths nothing of it can be seen, and most pixels are.
  return square > 9 ? 0 : Math.exp(-square);
}

export function smoothStep(from: number, to: number, value: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return share * share * (3 - 2 * share);
}

/** A colour near another: the same print never leaves the press twice. */
export function varied(random: Random, colour: Bgr, levels: number): Bgr {
  const light = random.between(-levels, levels);
  return colour.map((level) => level + light + random.between(-levels, levels) / 3) as unknown as Bgr;
}

export const PRINT_COLOURS: readonly Bgr[] = [[40, 40, 190], [170, 95, 30], [70, 140, 60], [40, 175, 225], [125, 60, 110], [150, 150, 40], [50, 110, 220], [60, 60, 60]];
