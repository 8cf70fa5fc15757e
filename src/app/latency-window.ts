// The last N durations, for quantiles on demand.
import type { Milliseconds, Ratio } from '../base/units.ts';
import { quantile } from './order-statistics.ts';

export class LatencyWindow {
  readonly #values: Float64Array;
  #count = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
  }

  add(durationMs: Milliseconds): void {
    this.#values[this.#count++ % this.#values.length] = durationMs;
  }

  clear(): void {
    this.#count = 0;
  }

  get count(): number {
    return Math.min(this.#count, this.#values.length);
  }

  /** Nearest-rank quantile; undefined while empty. */
  quantile(share: Ratio): Milliseconds | undefined {
    return quantile(this.#values.subarray(0, this.count), share);
  }
}
