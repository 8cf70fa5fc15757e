// A small belt to look at: scrolling texture, light, noise, and shapes at known places. Deterministic; draws with OpenCV, so
// that segmentation is tested without the simulator.
import { createRandom } from '../../src/base/random.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import type { Frame } from '../../src/domain/frame.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { plainPicture } from '../image/plain-picture.ts';

export const PX_PER_MM = 1.6;
export const COUNTS_PER_MM = 5;

export const calibration: Calibration = {
  line: 'test', measuredOn: '2026-01-01', method: 'by definition', frameSize: { width: 1280, height: 720 },
  pixelToBelt: [1 / PX_PER_MM, 0, 0, 0, 1 / PX_PER_MM, 0, 0, 0, 1], countsPerMm: COUNTS_PER_MM,
};

export interface SceneItem {
  /** Encoder count at which its centre passes x = 0. */
  readonly positionCounts: number;
  readonly yMm: number;
  readonly lengthMm: number;
  readonly widthMm: number;
  /** BGR. */
  readonly colour: readonly [number, number, number];
  readonly shape?: 'rectangle' | 'ellipse';
  /** 0 lets the belt shine through entirely. */
  readonly opacity?: number;
}

export interface SceneOptions {
  readonly items?: readonly SceneItem[];
  /** Belt colour, BGR. */
  readonly belt?: readonly [number, number, number];
  /** Factor on everything. */
  readonly light?: number;
  readonly noise?: number;
  readonly texture?: number;
}

const WIDTH = 1280, HEIGHT = 720;

/** Texture and noise are made once: frames shift and rotate through them. */
let patterns: { readonly texture: Mat; readonly noise: Mat } | undefined;
/** Empty belts by colour and texture, twice as long as a frame. */
const grounds = new Map<string, Mat>();

function madePatterns(): { readonly texture: Mat; readonly noise: Mat } {
  const random = createRandom(1);
  const bytes = (length: number): Buffer => {
    const levels = Buffer.alloc(length);
    for (let index = 0; index < length; index++) levels[index] = Math.max(0, Math.min(255, 128 + 30 * random.gaussian()));
    return levels;
  };
  using scope = new MatScope();
  // Coarse grain, 8 px, as of rubber or fabric.
  const grain = scope.own(new cv.Mat(bytes(90 * 320), 90, 320, cv.CV_8UC1));
  const texture = scope.own(grain.resize(HEIGHT, 2 * WIDTH, 0, 0, cv.INTER_CUBIC)).cvtColor(cv.COLOR_GRAY2BGR);
  return { texture, noise: new cv.Mat(bytes(800 * 1400 * 3), 800, 1400, cv.CV_8UC3) };
}

function groundOf(belt: readonly [number, number, number], share: number, texture: Mat): Mat {
  const key = [...belt, share].join();
  const known = grounds.get(key);
  if (known !== undefined) return known;
  using scope = new MatScope();
  const plain = scope.own(plainPicture({ width: 2 * WIDTH, height: HEIGHT }, belt));
  const ground = mix(plain, texture, share);
  grounds.set(key, ground);
  return ground;
}

/** The frame with the belt at `encoderCounts`; the caller releases its image. */
export function sceneFrame(sequence: number, encoderCounts: number, options: SceneOptions = {}): Frame<Mat> {
  using scope = new MatScope();
  const { texture, noise } = (patterns ??= madePatterns());
  const shift = ((Math.round(-(encoderCounts / COUNTS_PER_MM) * PX_PER_MM) % WIDTH) + WIDTH) % WIDTH;
  const empty = scope.own(groundOf(options.belt ?? [88, 96, 92], options.texture ?? 0.1, texture).getRegion(new cv.Rect(shift, 0, WIDTH, HEIGHT)));
  const { items = [], light = 1 } = options;
  let image = items.length === 0 ? empty : scope.own(empty.copy());
  for (const item of items) image = drawItem(image, item, encoderCounts, scope);
  const random = createRandom(sequence + 100);
  const speckle = scope.own(noise.getRegion(new cv.Rect(random.integer(0, 119), random.integer(0, 79), WIDTH, HEIGHT)));
  const seen = mix(image, speckle, options.noise ?? 0.07);
  return {
    sequence, capturedAtNs: sequence * 66e6, encoderCounts, size: { width: WIDTH, height: HEIGHT },
    image: light === 1 ? seen : scope.own(seen).convertTo(cv.CV_8UC3, light),
  };
}

/** Adds `share` of the pattern's deviation from 128. */
function mix(image: Mat, pattern: Mat, share: number): Mat {
  return image.addWeighted(1, pattern, share, -128 * share);
}

/** Draws into `image`, or into a copy where the belt shines through. */
function drawItem(image: Mat, item: SceneItem, encoderCounts: number, scope: MatScope): Mat {
  const drawn = item.opacity === undefined ? image : scope.own(image.copy());
  const u = ((encoderCounts - item.positionCounts) / COUNTS_PER_MM) * PX_PER_MM, v = item.yMm * PX_PER_MM;
  const halfLength = (item.lengthMm * PX_PER_MM) / 2, halfWidth = (item.widthMm * PX_PER_MM) / 2;
  const colour = new cv.Vec3(...(item.colour as [number, number, number]));
  // Points with 4 fractional bits, so that places are exact to a sixteenth of a pixel; centres of pixels are whole numbers.
  const at = (x: number, y: number): InstanceType<typeof cv.Point2> => new cv.Point2(Math.round((x - 0.5) * 16), Math.round((y - 0.5) * 16));
  const outline = item.shape === 'ellipse'
    ? Array.from({ length: 48 }, (_, k) => at(u + halfLength * Math.cos((k * Math.PI) / 24), v + halfWidth * Math.sin((k * Math.PI) / 24)))
    : [at(u - halfLength, v - halfWidth), at(u + halfLength, v - halfWidth), at(u + halfLength, v + halfWidth), at(u - halfLength, v + halfWidth)];
  drawn.drawFillPoly([outline], colour, cv.LINE_AA, 4);
  return item.opacity === undefined ? drawn : scope.own(drawn.addWeighted(item.opacity, image, 1 - item.opacity, 0));
}
