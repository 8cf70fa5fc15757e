// The empty virtual belt: one period of rubber texture with its seam, drawn once, shown from where the belt stands; light
// that slowly drifts and the sensor's noise on top. One copy and two whole-frame sums per picture, nothing else.
import type { Random } from '../base/random.ts';
import type { SizePx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

/** Colour of the matte rubber, BGR. */
export const BELT_BGR = [72, 76, 70] as const;
const PERIOD_PX = 2048;
const SEAM_PX = 5;
const GRAIN_LEVELS = 2.4;
const PATCH_LEVELS = 1.4;
/** Standard deviation of the sum of four bytes, each evenly spread from 0 to 255. */
const FOUR_BYTES_DEVIATION = 147.8;
/** Positions the noise picture can take, per axis: so many different noises from one picture. */
const NOISE_SHIFTS = 64;
const GAIN_STEP = 1 / 256;
/** Of the slow drift of the light, two incommensurable periods. */
const DRIFT_PERIODS_S = [97, 41] as const;

export interface BeltOptions {
  readonly size: SizePx;
  readonly random: Random;
  /** Share of brightness, 0 … 0.5. */
  readonly lightDrift: number;
  /** Standard deviation in grey levels. */
  readonly noiseLevels: number;
}

export class BeltPicture {
  readonly #options: BeltOptions;
  readonly #strip: Mat;
  readonly #brighter: Mat;
  readonly #darker: Mat;
  #lit: { readonly strip: Mat; readonly gain: number };

  constructor(options: BeltOptions) {
    this.#options = options;
    this.#strip = drawStrip(options);
    ({ brighter: this.#brighter, darker: this.#darker } = drawNoise(options));
    this.#lit = { strip: this.#strip.copy(), gain: 1 };
  }

  /** Brightness of the light at `seconds`, in steps too small to be seen. */
  gainAt(seconds: number): number {
    const [slow, quick] = DRIFT_PERIODS_S.map((period) => Math.sin((2 * Math.PI * seconds) / period)) as [number, number];
    return 1 + Math.round((this.#options.lightDrift * (0.7 * slow + 0.3 * quick)) / GAIN_STEP) * GAIN_STEP;
  }

  /** The belt after `travelPx` of travel, in light of the given `gain`; the caller owns it. */
  at(travelPx: number, gain: number): Mat {
    // The whole strip is lit anew once a step, seconds apart, instead of every picture.
    if (gain !== this.#lit.gain) {
      this.#lit.strip.release();
      this.#lit = { strip: this.#strip.convertTo(cv.CV_8UC3, gain, 0), gain };
    }
    const { width, height } = this.#options.size;
    const from = (((-Math.round(travelPx)) % PERIOD_PX) + PERIOD_PX) % PERIOD_PX;
    using scope = new MatScope();
    return scope.own(this.#lit.strip.getRegion(new cv.Rect(from, 0, width, height))).copy();
  }

  /** The picture as the sensor gives it, its noise drawn from `random`; `lit` stays the caller's. */
  exposed(lit: Mat, random: Random): Mat {
    using scope = new MatScope();
    const at = new cv.Rect(random.integer(0, NOISE_SHIFTS - 1), random.integer(0, NOISE_SHIFTS - 1), lit.cols, lit.rows);
    return scope.own(lit.add(scope.own(this.#brighter.getRegion(at)))).sub(scope.own(this.#darker.getRegion(at)));
  }

  release(): void {
    for (const mat of [this.#strip, this.#lit.strip, this.#brighter, this.#darker]) mat.release();
  }
}

/** One period and, behind it, as much of the next as a picture can show. */
function drawStrip({ size, random }: BeltOptions): Mat {
  using scope = new MatScope();
  const { height, width } = size;
  const grain = scope.own(noiseMat(random, { rows: height, cols: PERIOD_PX, levels: GRAIN_LEVELS }));
  const patches = scope.own(scope.own(noiseMat(random, { rows: Math.ceil(height / 24), cols: PERIOD_PX / 32, levels: PATCH_LEVELS })).resize(height, PERIOD_PX, 0, 0, cv.INTER_CUBIC));
  const soft = scope.own(grain.gaussianBlur(new cv.Size(3, 3), 0.7));
  const texture = scope.own(soft.add(patches));
  drawSeams(texture);
  const channels = BELT_BGR.map((level) => scope.own(texture.convertTo(cv.CV_8UC1, 1, level)));
  const period = scope.own(new cv.Mat(channels));
  const strip = new cv.Mat(height, PERIOD_PX + width, cv.CV_8UC3);
  for (let x = 0; x < strip.cols; x += PERIOD_PX) {
    const cols = Math.min(PERIOD_PX, strip.cols - x);
    const part = scope.own(period.getRegion(new cv.Rect(0, 0, cols, height)));
    scope.own(part.copyTo(scope.own(strip.getRegion(new cv.Rect(x, 0, cols, height)))));
  }
  return strip;
}

/** Where the belt's ends are joined, slanted as on real belts so that it rolls softly; too faint to be taken for an item. */
function drawSeams(texture: Mat): void {
  for (const [at, levels] of [[260, -7], [272, 5], [1290, -5]] as const) {
    texture.drawLine(new cv.Point2(at, -10), new cv.Point2(at + 130, texture.rows + 10), new cv.Vec3(levels, 0, 0), at === 272 ? 2 : SEAM_PX, cv.LINE_8);
  }
}

/** What the noise adds and what it takes, apart: unsigned pixels saturate as the sensor's do, and two sums are quickest. */
function drawNoise({ size, random, noiseLevels }: BeltOptions): { brighter: Mat; darker: Mat } {
  using scope = new MatScope();
  const options = { rows: size.height + NOISE_SHIFTS, cols: size.width + NOISE_SHIFTS, levels: noiseLevels };
  const noise = BELT_BGR.map(() => scope.own(noiseMat(random, options)));
  const side = (sign: number): Mat => new cv.Mat(noise.map((channel) => scope.own(channel.convertTo(cv.CV_8UC1, sign, 0))));
  return { brighter: side(1), darker: side(-1) };
}

/** Nearly normal noise, zero mean, float: a sum of four evenly spread bytes, which is ten times quicker than Box-Muller. */
function noiseMat(random: Random, { rows, cols, levels }: { rows: number; cols: number; levels: number }): Mat {
  const values = new Float32Array(rows * cols);
  const scale = levels / FOUR_BYTES_DEVIATION;
  // Xorshift (Marsaglia, 2003) from one draw: millions of values are needed at start-up, and only their look matters.
  let bits = random.integer(1, 0xffff_ffff) | 0;
  for (let index = 0; index < values.length; index++) {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    values[index] = ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) * scale;
  }
  return new cv.Mat(Buffer.from(values.buffer), rows, cols, cv.CV_32FC1);
}
