// Exposure instants of a camera that keeps its own time: an even raster from the moment it was opened. An instant missed
// because nobody was reading is skipped, as a real camera would have exposed without us.
import type { Clock, Timer } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';

/** Timers are this exact; waiting again for less would only spin. */
const CLOSE_ENOUGH_NS = 1000;
/** A real clock's timers ring up to so much late, but for the short ones. */
const LATE_MS = 1.9;

export class FramePacer {
  readonly #clock: Clock;
  readonly #periodNs: number;
  readonly #originNs: MonotonicNs;
  #lastIndex = 0;
  #waiting: { timer: Timer; reject: (error: SortlineError) => void } | undefined;

  constructor(clock: Clock, framesPerSecond: number) {
    this.#clock = clock;
    this.#periodNs = NS_PER_S / framesPerSecond;
    this.#originNs = clock.nowNs();
  }

  /** The next instant of the raster that is not past; each is given once. */
  nextInstantNs(): MonotonicNs {
    const elapsed = Math.ceil((this.#clock.nowNs() - this.#originNs - CLOSE_ENOUGH_NS) / this.#periodNs);
    this.#lastIndex = Math.max(this.#lastIndex + 1, elapsed);
    return this.#originNs + this.#lastIndex * this.#periodNs;
  }

  /** Resolves at `atNs`, never before; rejects with CAMERA_READ_FAILED when cancelled. One wait at a time. */
  waitUntil(atNs: MonotonicNs): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait = (): void => {
        const missingNs = atNs - this.#clock.nowNs();
        if (missingNs <= CLOSE_ENOUGH_NS) {
          this.#waiting = undefined;
          resolve();
          return;
        }
        this.#waiting = { timer: this.#clock.after(firstWaitMs(missingNs / NS_PER_MS), wait), reject };
      };
      wait();
    });
  }

  /** Ends a wait that is under way. */
  cancel(): void {
    this.#waiting?.timer.cancel();
    this.#waiting?.reject(new SortlineError('CAMERA_READ_FAILED', 'the camera was closed while a picture was awaited'));
    this.#waiting = undefined;
  }
}

/** All but the last of it, which a real clock waits for exactly. */
function firstWaitMs(missingMs: Milliseconds): Milliseconds {
  return missingMs > 2 * LATE_MS ? missingMs - LATE_MS : missingMs;
}
