// A small belt to look at: scrolling texture, light, noise, and shapes at known places. Deterministic; draws with OpenCV, so
// that segmentation is tested without the simulator.
import { createRandom } from '../../src/base/random.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import type { Frame } from '../../src/domain/frame.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';

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
let texture: Mat | undefined;
let noise: Mat | undefined;

function patterns(): { texture: Mat; noise: Mat } {
  if (texture === undefined || noise === undefined) {
    const random = createRandom(1);
    const bytes = (sigma: number, length: number): Buffer => Buffer.from(Array.from({ length }, () => Math.max(0, Math.min(255, 128 + sigma * random.gaussian()))));
    // Coarse grain, 8 px, as of rubber or fabric.
    const grain = new cv.Mat(bytes(30, 90 * 320), 90, 320, cv.CV_8UC1);
    texture = grain.resize(HEIGHT, 2 * WIDTH, 0, 0, cv.INTER_CUBIC).cvtColor(cv.COLOR_GRAY2BGR);
    noise = new cv.Mat(bytes(30, 800 * 1400 * 3), 800, 1400, cv.CV_8UC3);
  }
  return { texture, noise };
}

/** The frame with the belt at `encoderCounts`; the caller releases its image. */
export function sceneFrame(sequence: number, encoderCounts: number, options: SceneOptions = {}): Frame<Mat> {
  using scope = new MatScope();
  const belt = options.belt ?? [88, 96, 92];
  const base = scope.own(new cv.Mat(HEIGHT, WIDTH, cv.CV_8UC3));
  base.setTo(new cv.Vec3(...(belt as [number, number, number]))).release();
  const shift = ((Math.round(-(encoderCounts / COUNTS_PER_MM) * PX_PER_MM) % WIDTH) + WIDTH) % WIDTH;
  const grain = scope.own(patterns().texture.getRegion(new cv.Rect(shift, 0, WIDTH, HEIGHT)));
  let image = scope.own(mix(base, grain, options.texture ?? 0.1, scope));
  for (const item of options.items ?? []) image = drawItem(image, item, encoderCounts, scope);
  const random = createRandom(sequence + 100);
  const speckle = scope.own(patterns().noise.getRegion(new cv.Rect(random.integer(0, 119), random.integer(0, 79), WIDTH, HEIGHT)));
  const seen = scope.own(mix(image, speckle, options.noise ?? 0.07, scope));
  return {
    sequence, capturedAtNs: sequence * 66e6, encoderCounts, size: { width: WIDTH, height: HEIGHT },
    image: seen.convertTo(cv.CV_8UC3, options.light ?? 1),
  };
}

/** Adds `share` of the pattern's deviation from 128. */
function mix(image: Mat, pattern: Mat, share: number, scope: MatScope): Mat {
  return scope.own(image.addWeighted(1, pattern, share, -128 * share));
}

function drawItem(image: Mat, item: SceneItem, encoderCounts: number, scope: MatScope): Mat {
  const drawn = scope.own(image.copy());
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
