// A first guess at the empty belt from a few frames, even with items in view. Per pixel the median over the frames; then,
// because a belt looks the same all along its travel, a pixel far from the median of its line of travel is taken to be an
// item that did not move away in time, and gets the line's colour.
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

const CHANNELS = 3;
const LEVELS = 256;
/** Levels from its line's median beyond which a pixel cannot be belt; light falls off more gently than this. */
const ITEM_LEVELS = 25;

/** 8-bit BGR median of equally sized `frames`; the caller releases it. */
export function medianBelt(frames: readonly Mat[], travelsAlongU: boolean): Mat {
  using scope = new MatScope();
  const { rows, cols } = frames[0]!;
  const pixels = scope.own(medianOverTime(frames)).getData();
  const [lines, length] = travelsAlongU ? [rows, cols] : [cols, rows];
  const [lineStep, step] = travelsAlongU ? [cols * CHANNELS, CHANNELS] : [CHANNELS, cols * CHANNELS];
  for (let line = 0; line < lines; line++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      levelLine(pixels, { start: line * lineStep + channel, step, length });
    }
  }
  return new cv.Mat(pixels, rows, cols, cv.CV_8UC3);
}

/** Sorts whole frames as far as the middle one, the lower and the higher levels of two at a time: five times faster than pixel by pixel. */
function medianOverTime(frames: readonly Mat[]): Mat {
  const sorted = frames.map((frame) => frame.copy());
  const middle = frames.length >> 1;
  for (let lowest = 0; lowest <= middle; lowest++) {
    for (let at = frames.length - 1; at > lowest; at--) {
      const below = sorted[at - 1]!, above = sorted[at]!;
      // Differences below zero are zero: what is too much in the one below goes to the one above.
      const excess = below.sub(above);
      sorted[at - 1] = below.sub(excess);
      sorted[at] = above.add(excess);
      for (const mat of [below, above, excess]) mat.release();
    }
  }
  for (const [rank, mat] of sorted.entries()) if (rank !== middle) mat.release();
  return sorted[middle]!;
}

function levelLine(pixels: Uint8Array, line: { start: number; step: number; length: number }): void {
  const counts = new Uint32Array(LEVELS);
  const end = line.start + line.length * line.step;
  for (let at = line.start; at < end; at += line.step) counts[pixels[at]!]!++;
  let median = 0;
  for (let seen = counts[0]!; seen * 2 < line.length; seen += counts[median]!) median++;
  for (let at = line.start; at < end; at += line.step) {
    if (Math.abs(pixels[at]! - median) > ITEM_LEVELS) pixels[at] = median;
  }
}
