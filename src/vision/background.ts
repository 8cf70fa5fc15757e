// The empty belt, learned and followed. It knows the belt's mean colour and how much its texture wanders around it, pixel
// by pixel of a reduced picture, and says by how much a frame exceeds that. Scrolling texture averages out of the mean and
// into the wander; slow light changes are followed where nothing lies; what lies on a stopped belt is never absorbed.
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { Bgr } from '../domain/calibration.ts';
import type { BoxPx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import { filledMat } from './filled-mat.ts';
import { medianBelt } from './median-belt.ts';
import type { SegmentOptions } from './options.ts';

/** The mean is updated every so many frames: light changes slowly, and the update costs more than the comparison. */
const UPDATE_EVERY = 3;
/** Tolerance grows by this many mean deviations of the belt's own texture. */
const TEXTURE_FACTOR = 3;
/** Room left around items when the belt is learned, reduced px: blurred edges are neither. */
const UNSURE_PX = 9;
/** Frames with less belt than this share are no evidence of the belt. */
const LEAST_BELT_SHARE = 0.1;

export class Background {
  readonly #options: SegmentOptions;
  readonly #travelsAlongU: boolean;
  readonly #kernel: Mat;
  #samples: Mat[] = [];
  #mean: Mat | undefined;
  #wander: Mat | undefined;
  #mean8: Mat | undefined;
  #tolerance8: Mat | undefined;
  #framesSinceUpdate = 0;
  #updatedAtNs: MonotonicNs = 0;
  #beltlessFrames = 0;
  /** Times the belt had to be learned anew because nearly none of it could be seen. */
  relearnedCount = 0;

  constructor(options: SegmentOptions, travelsAlongU: boolean) {
    this.#options = options;
    this.#travelsAlongU = travelsAlongU;
    this.#kernel = cv.getStructuringElement(cv.MORPH_RECT, new cv.Size(UNSURE_PX, UNSURE_PX));
  }

  get isLearned(): boolean {
    return this.#mean !== undefined;
  }

  /** Mean over the whole picture; undefined until the belt is known. */
  get meanBgr(): Bgr | undefined {
    if (this.#mean === undefined) return undefined;
    const { w: blue, x: green, y: red } = this.#mean.mean();
    return [blue, green, red];
  }

  /** Takes one of the first frames (reduced, 8-bit BGR); a copy is kept. True once the belt is known. */
  learn(reduced: Mat, atNs: MonotonicNs): boolean {
    this.#samples.push(reduced.copy());
    if (this.#samples.length < this.#options.learnFrames) return false;
    using scope = new MatScope();
    const median = scope.own(medianBelt(this.#samples, this.#travelsAlongU));
    this.#releaseSamples();
    this.#mean = median.convertTo(cv.CV_32FC3);
    this.#wander = filledMat(median.rows, median.cols, cv.CV_32FC1, 1);
    this.#updatedAtNs = atNs;
    this.#refresh();
    return true;
  }

  /**
   * Largest difference over the channels beyond what belt may have, 8-bit, one channel; the caller releases it. `reduced` is the whole
   * picture, or what it shows at `place`. What it took is the scope's.
   */
  excess(reduced: Mat, scope: MatScope, place?: BoxPx): Mat {
    const rect = place === undefined ? undefined : new cv.Rect(place.x, place.y, place.width, place.height);
    const at = (known: Mat): Mat => (rect === undefined ? known : scope.own(known.getRegion(rect)));
    return difference(reduced, at(this.#mean8!), scope).sub(at(this.#tolerance8!));
  }

  /** Learns from the frame outside `items` (8-bit mask, 255 where something lies). */
  follow(reduced: Mat, items: Mat, atNs: MonotonicNs): void {
    const beltShare = 1 - items.countNonZero() / (items.rows * items.cols);
    this.#beltlessFrames = beltShare < LEAST_BELT_SHARE ? this.#beltlessFrames + 1 : 0;
    if (this.#beltlessFrames >= this.#options.relearnAfterFrames) return this.#forget();
    if (++this.#framesSinceUpdate < UPDATE_EVERY) return;
    this.#framesSinceUpdate = 0;
    using scope = new MatScope();
    const unsure = scope.own(items.dilate(this.#kernel));
    const belt = scope.own(unsure.bitwiseNot());
    const elapsedS = Math.max(0, (atNs - this.#updatedAtNs) / NS_PER_S);
    const share = 1 - Math.exp(-elapsedS / this.#options.followSeconds);
    accumulate(difference(reduced, this.#mean8!, scope), this.#wander!, share, belt);
    accumulate(reduced, this.#mean!, share, belt);
    this.#updatedAtNs = atNs;
    this.#refresh();
  }

  /** Takes what lies in `box` (reduced px) for belt: it did not move with the belt, so it is dirt on the lens or a reflection. */
  absorb(reduced: Mat, box: BoxPx): void {
    using scope = new MatScope();
    const rect = new cv.Rect(box.x, box.y, box.width, box.height);
    const seen = scope.own(scope.own(reduced.getRegion(rect)).convertTo(cv.CV_32FC3));
    scope.own(seen.copyTo(scope.own(this.#mean!.getRegion(rect))));
    this.#refresh();
  }

  release(): void {
    this.#forget();
    this.#kernel.release();
  }

  #refresh(): void {
    this.#mean8?.release();
    this.#tolerance8?.release();
    this.#mean8 = this.#mean!.convertTo(cv.CV_8UC3);
    this.#tolerance8 = this.#wander!.convertTo(cv.CV_8UC1, TEXTURE_FACTOR, this.#options.tolerance);
  }

  #forget(): void {
    if (this.#beltlessFrames > 0) this.relearnedCount++;
    this.#beltlessFrames = 0;
    this.#releaseSamples();
    for (const mat of [this.#mean, this.#wander, this.#mean8, this.#tolerance8]) mat?.release();
    this.#mean = this.#wander = this.#mean8 = this.#tolerance8 = undefined;
  }

  #releaseSamples(): void {
    for (const sample of this.#samples) sample.release();
    this.#samples = [];
  }
}

function difference(a: Mat, b: Mat, scope: MatScope): Mat {
  const [blue, green, red] = scope.own(a.absdiff(b)).splitChannels().map((channel) => scope.own(channel));
  return scope.own(largerOf(scope.own(largerOf(blue!, green!)), red!));
}

// The add-on takes two images and returns a new one; its typings show C++'s output argument instead.
const largerOf = cv.max as unknown as (a: Mat, b: Mat) => Mat;

/** `target` moves to `image` by `share` where `mask` is set, in place; the handle that the add-on returns is released. */
function accumulate(image: Mat, target: Mat, share: number, mask: Mat): void {
  (cv.accumulateWeighted(image, target, share, mask) as unknown as Mat | undefined)?.release();
}
