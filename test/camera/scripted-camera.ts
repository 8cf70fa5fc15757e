// A camera whose every call follows a script: what open and read do next is what the test put there. Beyond its script it
// stays silent, like a camera that hangs.
import type { Clock } from '../../src/base/clock.ts';
import { delay } from '../../src/base/clock.ts';
import { SortlineError } from '../../src/base/errors.ts';
import type { Camera, RawFrame } from '../../src/camera/camera.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv } from '../../src/image/opencv.ts';

/** `frame` after a period; `small`: of another size; the rest are errors, at once. */
export type Step = 'frame' | 'small' | 'bad' | 'gone' | 'ended' | 'hangs';

export const SIZE = { width: 8, height: 6 };
export const PERIOD_MS = 100;

export class ScriptedCamera implements Camera {
  readonly description = 'scripted camera';
  readonly framesPerSecond = 1000 / PERIOD_MS;
  readonly script: Step[] = [];
  readonly delivered: Mat[] = [];
  openFailures = 0;
  /** When each attempt to open was made, ms. */
  readonly openedAtMs: number[] = [];
  closedCount = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async open(): Promise<void> {
    this.openedAtMs.push(this.#clock.nowNs() / 1e6);
    if (this.openFailures-- > 0) throw new SortlineError('CAMERA_OPEN_FAILED', 'no camera there');
  }

  async read(): Promise<RawFrame> {
    const step = this.script.shift() ?? 'hangs';
    if (step === 'hangs') return new Promise(() => undefined);
    if (step === 'bad') throw new SortlineError('CAMERA_BAD_FRAME', 'garbage');
    if (step === 'gone') throw new SortlineError('CAMERA_READ_FAILED', 'cable pulled');
    if (step === 'ended') throw new SortlineError('CAMERA_ENDED', 'no more pictures');
    await delay(this.#clock, PERIOD_MS);
    const image = new cv.Mat(step === 'small' ? 3 : SIZE.height, SIZE.width, cv.CV_8UC3, [1, 2, 3]);
    this.delivered.push(image);
    return { capturedAtNs: this.#clock.nowNs(), image };
  }

  async close(): Promise<void> {
    this.closedCount++;
  }

  /** Delivered pictures that nobody has released yet. */
  get heldCount(): number {
    return this.delivered.filter((image) => image.rows > 0).length;
  }
}
