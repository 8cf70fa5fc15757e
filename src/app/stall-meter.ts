// How long this process was held up at a time: what a busy computer does to a host must not be blamed on a board.
import type { Clock, Timer } from '../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';

const PERIOD_MS = 20;

export class StallMeter {
  readonly #clock: Clock;
  readonly #timer: Timer;
  #lastNs: MonotonicNs;
  #longestMs: Milliseconds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastNs = clock.nowNs();
    this.#timer = clock.every(PERIOD_MS, () => this.#tick());
  }

  get longestMs(): Milliseconds {
    return this.#longestMs;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #tick(): void {
    const nowNs = this.#clock.nowNs();
    this.#longestMs = Math.max(this.#longestMs, (nowNs - this.#lastNs) / NS_PER_MS - PERIOD_MS);
    this.#lastNs = nowNs;
  }
}
