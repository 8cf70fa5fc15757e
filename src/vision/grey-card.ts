// Measures a grey card in the middle of a picture, and the belt around it: the colours that white balance is made of.
//
//   ┌───────────────────────────┐
//   │ belt, the outer ring      │
//   │        ┌───────┐          │     card: the middle fifth of the picture, evenly of one colour
//   │        │ card  │          │
//   │        └───────┘          │
//   └───────────────────────────┘
import type { Bgr } from '../domain/calibration.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

export interface GreyCardMeasurement {
  readonly cardBgr: Bgr;
  readonly beltBgr: Bgr;
  /** Standard deviation within the card, of the channel that varies most, grey levels. */
  readonly spread: number;
  /** Darkest side of the belt over its brightest, 0 to 1: how even the light is. */
  readonly evenness: number;
}

const CARD_SHARE = 0.2;
const RING_SHARE = 0.12;
/** A card that varies more is none, or lies half in the shade. */
const MAX_SPREAD = 10;
/** What differs less from the belt around it is the belt. */
const LEAST_CONTRAST = 15;

/** Undefined where no evenly coloured card lies in the middle. `image` (8-bit BGR) stays the caller's. */
export function measureGreyCard(image: Mat): GreyCardMeasurement | undefined {
  const { cols, rows } = image;
  const [width, height] = [Math.round(CARD_SHARE * cols), Math.round(CARD_SHARE * rows)];
  const card = statistics(image, new cv.Rect((cols - width) >> 1, (rows - height) >> 1, width, height));
  const [ringX, ringY] = [Math.round(RING_SHARE * cols), Math.round(RING_SHARE * rows)];
  const sides = [
    new cv.Rect(0, 0, cols, ringY), new cv.Rect(0, rows - ringY, cols, ringY), new cv.Rect(0, 0, ringX, rows), new cv.Rect(cols - ringX, 0, ringX, rows),
  ].map((side) => statistics(image, side).mean);
  const beltBgr = meanColour(sides);
  const contrast = Math.max(...card.mean.map((level, channel) => Math.abs(level - beltBgr[channel]!)));
  if (card.spread > MAX_SPREAD || contrast < LEAST_CONTRAST) return undefined;
  const brightness = sides.map((side) => side[0] + side[1] + side[2]);
  return { cardBgr: card.mean, beltBgr, spread: card.spread, evenness: Math.min(...brightness) / Math.max(...brightness) };
}

function statistics(image: Mat, rect: InstanceType<typeof cv.Rect>): { mean: Bgr; spread: number } {
  using scope = new MatScope();
  const { mean, stddev } = scope.own(image.getRegion(rect)).meanStdDev();
  const [levels, deviations] = [scope.own(mean).getDataAsArray().flat(), scope.own(stddev).getDataAsArray().flat()];
  return { mean: [levels[0]!, levels[1]!, levels[2]!], spread: Math.max(...deviations) };
}

export function meanColour(colours: readonly Bgr[]): Bgr {
  const of = (channel: 0 | 1 | 2): number => colours.reduce((sum, colour) => sum + colour[channel], 0) / colours.length;
  return [of(0), of(1), of(2)];
}
