// Where which colour is in a picture, coarsely: what tells two shots of one scene from two scenes with the same rough shape,
// which a hash of 64 bits cannot. Each channel's mean and slope are taken out, because light falls off across every board and
// belt in the same way and would make all pale pictures alike.
import type { Mat } from '../../image/opencv.ts';
import { cv, MatScope } from '../../image/opencv.ts';

/** (16, 16, 3) float32, B, G, R, row by row; of length 1 as a vector. */
export type ColourLayout = Float32Array;

const SIDE = 16;
const CHANNELS = 3;

/** Layout of an 8-bit BGR picture, which stays the caller's. */
export function colourLayout(image: Mat): ColourLayout {
  using scope = new MatScope();
  const reduced = scope.own(image.resize(SIDE, SIDE, 0, 0, cv.INTER_AREA));
  const layout = Float32Array.from(reduced.getData());
  for (let channel = 0; channel < CHANNELS; channel++) takeOutPlane(layout, channel);
  const length = Math.sqrt(layout.reduce((sum, value) => sum + value * value, 0));
  return length < 1 ? layout.fill(0) : layout.map((value) => value / length);
}

/** How alike two pictures are, -1 … 1, where `b` is mirrored and turned as `turn` (see picture-hash.ts) says. Two blank pictures are alike. */
export function layoutSimilarity(a: ColourLayout, b: ColourLayout, turn = 0): number {
  let sum = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const [mirroredX, mirroredY] = [turn & 1 ? SIDE - 1 - x : x, turn & 2 ? SIDE - 1 - y : y];
      const from = turn & 4 ? mirroredX * SIDE + mirroredY : mirroredY * SIDE + mirroredX;
      for (let channel = 0; channel < CHANNELS; channel++) sum += a[(y * SIDE + x) * CHANNELS + channel]! * b[from * CHANNELS + channel]!;
    }
  }
  return sum === 0 && a.every((value) => value === 0) && b.every((value) => value === 0) ? 1 : sum;
}

/** On a centred grid mean and slopes are independent, so that each is taken out by itself. */
function takeOutPlane(layout: Float32Array, channel: number): void {
  const at = (y: number, x: number): number => (y * SIDE + x) * CHANNELS + channel;
  const centred = (index: number): number => index - (SIDE - 1) / 2;
  let [mean, slopeX, slopeY] = [0, 0, 0];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const value = layout[at(y, x)]!;
      mean += value / (SIDE * SIDE);
      slopeX += (value * centred(x)) / SLOPE_NORM;
      slopeY += (value * centred(y)) / SLOPE_NORM;
    }
  }
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) layout[at(y, x)]! -= mean + slopeX * centred(x) + slopeY * centred(y);
  }
}

/** Sum of the squared distances from the middle over the grid. */
const SLOPE_NORM = (SIDE * SIDE * (SIDE * SIDE - 1)) / 12;
