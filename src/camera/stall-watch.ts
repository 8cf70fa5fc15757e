// Says once when something good has come, once when nothing has for too long, and once when it comes again. Knows nothing of
// cameras.
import type { Clock, Timer } from '../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';

export interface StallWatchOptions {
  clock: Clock;
  /** Longest silence; asked anew at each check, for it may be known only after opening. */
  limitMs: () => Milliseconds;
  onStalled: (silentMs: Milliseconds) => void;
  /** The first good thing since the start, or since `onStalled`. */
  onDelivers: () => void;
}

export class StallWatch {
  readonly #options: StallWatchOptions;
  #lastProgressNs: MonotonicNs = 0;
  #timer: Timer | undefined;
  #told: 'nothing' | 'delivers' | 'stalled' = 'nothing';

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** Silence counts from now. */
  start(): void {
    this.#lastProgressNs = this.#options.clock.nowNs();
    this.#arm(this.#options.limitMs());
  }

  progress(): void {
    this.#lastProgressNs = this.#options.clock.nowNs();
    if (this.#told === 'delivers') return;
    const wasStalled = this.#told === 'stalled';
    this.#told = 'delivers';
    this.#options.onDelivers();
    if (wasStalled) this.#arm(this.#options.limitMs());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** One timer for many frames: it looks how long the silence is by now, and waits for the rest. */
  #arm(delayMs: Milliseconds): void {
    this.#timer = this.#options.clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    const silentMs = (this.#options.clock.nowNs() - this.#lastProgressNs) / NS_PER_MS;
    const missingMs = this.#options.limitMs() - silentMs;
    if (missingMs > 1e-3) return this.#arm(missingMs);
    this.#told = 'stalled';
    this.#options.onStalled(silentMs);
  }
}
