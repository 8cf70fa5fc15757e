// What is done to one training picture, drawn at random: numbers only, no pixels. Each kind of change draws from a stream of
// its own, so that switching one on or changing its strength leaves the others as they were, and a run is the same whatever
// process prepares its pictures.
import type { Random } from '../../base/random.ts';
import { createRandom } from '../../base/random.ts';
import type { SizePx } from '../../domain/frame.ts';
import type { Hyperparameters } from '../train/hyperparameters.ts';

/** The part of the hyperparameters that changes pictures. */
export type AugmentOptions = Pick<Hyperparameters,
  'transform_horz' | 'transform_vert' | 'transform_rot30' | 'transform_crop' | 'transform_colour' | 'transform_blur' | 'transform_noise' | 'transform_erase'>;

/** What of the source becomes the model's whole input, in px of the source. */
export interface View {
  readonly centre: { readonly x: number; readonly y: number };
  /** Before it is turned. */
  readonly size: SizePx;
  /** Clockwise as seen, about the centre. */
  readonly rotationRad: number;
  readonly mirrorHorizontal: boolean;
  readonly mirrorVertical: boolean;
}

export interface ColourChange {
  /** Factor on everything. */
  readonly brightness: number;
  /** Factor on the distance from middle grey. */
  readonly contrast: number;
  /** Factor on the distance from the pixel's own grey. */
  readonly saturation: number;
  /** Turn about the grey axis. */
  readonly hueRad: number;
}

/** A rectangle of the model's input, shares of its size, and the grey it is filled with. */
export interface Erasure {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly grey: number;
}

export interface Augmentation {
  readonly view: View;
  /** Undefined leaves colours alone; so for the other optional parts. */
  readonly colour: ColourChange | undefined;
  /** px of the model's input. */
  readonly blurSigma: number | undefined;
  readonly noise: { readonly levels: number; readonly seed: number } | undefined;
  readonly erasure: Erasure | undefined;
}

const STREAM = { mirror: 1, rotation: 2, crop: 3, colour: 4, blur: 5, noise: 6, erase: 7 };
/** Widest and narrowest crop; 4:3 and 3:4 as in torchvision would squeeze bottles into jars. */
const MOST_ASPECT = 6 / 5;
/** Hue turns at most this far at strength 1. */
const MOST_HUE_RAD = Math.PI / 4;
/** Below it a Gaussian has no neighbours worth adding. */
const LEAST_SIGMA = 0.3;
const ERASED_SHARE = { min: 0.02, max: 0.2 }, ERASED_ASPECT = 3;

/** The random source of picture `picture` in pass `epoch` of the run with `seed`: depends on nothing else. */
export function pictureRandom(seed: number, epoch: number, picture: number): Random {
  return createRandom(seed).fork(epoch).fork(picture);
}

/** The view that `vision/preprocess.ts` takes: the middle square, as high as the picture, on whole pixels. */
export function plainView(source: SizePx): View {
  const left = Math.trunc((source.width - source.height) / 2);
  return { centre: { x: left + source.height / 2, y: source.height / 2 }, size: { width: source.height, height: source.height }, rotationRad: 0, mirrorHorizontal: false, mirrorVertical: false };
}

/** Draws what is done to a picture of size `source`. */
export function drawAugmentation(random: Random, options: AugmentOptions, source: SizePx): Augmentation {
  const stream = (number: number): Random => random.fork(number);
  return {
    view: drawView(stream, options, source),
    colour: drawColour(stream(STREAM.colour), options.transform_colour),
    blurSigma: drawBlur(stream(STREAM.blur), options.transform_blur),
    noise: drawNoise(stream(STREAM.noise), options.transform_noise),
    erasure: drawErasure(stream(STREAM.erase), options.transform_erase),
  };
}

function drawView(stream: (number: number) => Random, options: AugmentOptions, source: SizePx): View {
  const mirror = stream(STREAM.mirror);
  const [horizontal, vertical] = [mirror.next() < 0.5, mirror.next() < 0.5];
  const mostRad = (options.transform_rot30 * Math.PI) / 180;
  return {
    ...drawCrop(stream(STREAM.crop), options.transform_crop, source),
    rotationRad: stream(STREAM.rotation).between(-mostRad, mostRad),
    mirrorHorizontal: options.transform_horz && horizontal,
    mirrorVertical: options.transform_vert && vertical,
  };
}

/** Part of the picture that keeps at least `leastShare` of the middle square's area, anywhere in the picture. */
function drawCrop(random: Random, leastShare: number, source: SizePx): Pick<View, 'centre' | 'size'> {
  const plain = plainView(source);
  if (leastShare === 0 || leastShare === 1) return plain;
  const share = random.between(leastShare, 1);
  const aspect = Math.exp(random.between(-Math.log(MOST_ASPECT), Math.log(MOST_ASPECT)));
  const side = plain.size.height * Math.sqrt(share);
  const size = { width: side * Math.sqrt(aspect), height: Math.min(source.height, side / Math.sqrt(aspect)) };
  return { size, centre: { x: centreAlong(random, size.width, source.width), y: centreAlong(random, size.height, source.height) } };
}

function centreAlong(random: Random, part: number, whole: number): number {
  const slack = Math.max(0, whole - part) / 2;
  return whole / 2 + random.between(-slack, slack);
}

function drawColour(random: Random, strength: number): ColourChange | undefined {
  if (strength === 0) return undefined;
  const factor = (): number => 1 + random.between(-strength, strength);
  return { brightness: factor(), contrast: factor(), saturation: factor(), hueRad: MOST_HUE_RAD * random.between(-strength, strength) };
}

/** Half the pictures stay sharp. */
function drawBlur(random: Random, mostSigma: number): number | undefined {
  const sigma = random.next() < 0.5 ? 0 : random.between(0, mostSigma);
  return sigma < LEAST_SIGMA ? undefined : sigma;
}

function drawNoise(random: Random, mostLevels: number): Augmentation['noise'] {
  return mostLevels === 0 ? undefined : { levels: random.between(0, mostLevels), seed: random.integer(1, 0xffff_ffff) };
}

function drawErasure(random: Random, share: number): Erasure | undefined {
  if (random.next() >= share) return undefined;
  const area = random.between(ERASED_SHARE.min, ERASED_SHARE.max);
  const aspect = Math.exp(random.between(-Math.log(ERASED_ASPECT), Math.log(ERASED_ASPECT)));
  const width = Math.min(1, Math.sqrt(area * aspect)), height = Math.min(1, area / width);
  return { width, height, x: random.between(0, 1 - width), y: random.between(0, 1 - height), grey: random.integer(0, 255) };
}
