// A first guess at the empty belt from a few frames, even with items in view. Per pixel the median over the frames; then,
// because a belt looks the same all along its travel, a pixel far from the median of its line of travel is taken to be an
// item that did not move away in time, and gets the line's colour.
import type { Mat } from '../image/opencv.ts';
import { cv } from '../image/opencv.ts';

const CHANNELS = 3;
const LEVELS = 256;
/** Levels from its line's median beyond which a pixel cannot be belt; light falls off more gently than this. */
const ITEM_LEVELS = 25;

/** 8-bit BGR median of equally sized `frames`; the caller releases it. */
export function medianBelt(frames: readonly Mat[], travelsAlongU: boolean): Mat {
  const { rows, cols } = frames[0]!;
  const pixels = medianOverTime(frames.map((frame) => frame.getData()));
  const [lines, length] = travelsAlongU ? [rows, cols] : [cols, rows];
  const [lineStep, step] = travelsAlongU ? [cols * CHANNELS, CHANNELS] : [CHANNELS, cols * CHANNELS];
  for (let line = 0; line < lines; line++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      levelLine(pixels, { start: line * lineStep + channel, step, length });
    }
  }
  return new cv.Mat(Buffer.from(pixels.buffer), rows, cols, cv.CV_8UC3);
}

function medianOverTime(frames: readonly Uint8Array[]): Uint8Array {
  const middle = frames.length >> 1;
  const result = new Uint8Array(frames[0]!.length);
  const sorted = new Uint8Array(frames.length);
  for (let at = 0; at < result.length; at++) {
    for (let index = 0; index < frames.length; index++) {
      const value = frames[index]![at]!;
      let place = index;
      while (place > 0 && sorted[place - 1]! > value) {
        sorted[place] = sorted[place - 1]!;
        place--;
      }
      sorted[place] = value;
    }
    result[at] = sorted[middle]!;
  }
  return result;
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
