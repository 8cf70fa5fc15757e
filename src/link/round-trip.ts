// Smoothed round trip and the retransmission timeout that follows from it (RFC 6298, with this link's bounds).
// firmware-protocol.md § Reliable delivery.
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';

const MIN_TIMEOUT_NS = 15 * NS_PER_MS;
const MAX_TIMEOUT_NS = 250 * NS_PER_MS;
/** Before the first sample. */
const INITIAL_TIMEOUT_NS = 100 * NS_PER_MS;

export class RoundTrip {
  #smoothedNs: number | undefined;
  #variationNs = 0;

  /** Takes a round trip measured by a token, so that it is known which question was answered. */
  add(roundTripNs: MonotonicNs): void {
    if (this.#smoothedNs === undefined) {
      this.#smoothedNs = roundTripNs;
      this.#variationNs = roundTripNs / 2;
      return;
    }
    this.#variationNs += (Math.abs(roundTripNs - this.#smoothedNs) - this.#variationNs) / 4;
    this.#smoothedNs += (roundTripNs - this.#smoothedNs) / 8;
  }

  /** Undefined before the first sample. */
  get smoothedNs(): number | undefined {
    return this.#smoothedNs;
  }

  get timeoutNs(): number {
    if (this.#smoothedNs === undefined) return INITIAL_TIMEOUT_NS;
    return Math.min(MAX_TIMEOUT_NS, Math.max(MIN_TIMEOUT_NS, this.#smoothedNs + 4 * this.#variationNs));
  }

  /** The timeout after so many timeouts in a row: doubled once and no more, since a cable of two ends has no crowd to spare. */
  backedOffNs(timeoutsInARow: number): number {
    return Math.min(MAX_TIMEOUT_NS, this.timeoutNs * (timeoutsInARow === 0 ? 1 : 2));
  }
}
