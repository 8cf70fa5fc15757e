// The Clock port: time is passed in, so that a day of operation runs in virtual time and hours of back-off are
// tested in milliseconds. Nothing outside this file and the process edges reads the real clock.
import type { Milliseconds, MonotonicNs } from './units.ts';
import { NS_PER_MS } from './units.ts';

export interface Timer {
  /** Stops the timer; calling it again, or after it fired, does nothing. */
  cancel(): void;
}

export interface Clock {
  nowNs(): MonotonicNs;
  /** Wall time in ms since 1970, for the MQTT and ledger edges only; it may jump. */
  wallMs(): number;
  after(delayMs: Milliseconds, callback: () => void): Timer;
  every(periodMs: Milliseconds, callback: () => void): Timer;
}

/** Resolves after `delayMs` of the given clock. */
export function delay(clock: Clock, delayMs: Milliseconds): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve));
}

/** ISO 8601 UTC with milliseconds, for the MQTT and ledger edges. */
export function wallIso(clock: Clock): string {
  return new Date(clock.wallMs()).toISOString();
}

export const systemClock: Clock = {
  nowNs: () => performance.now() * NS_PER_MS + originNs,
  wallMs: () => Date.now(),
  after: (delayMs, callback) => {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  every: (periodMs, callback) => {
    const handle = setInterval(callback, periodMs);
    return { cancel: () => clearInterval(handle) };
  },
};

// performance.now() counts from process start; adding the offset to CLOCK_MONOTONIC once makes stamps of the line and
// the vision process comparable, without a bigint per reading.
const originNs = Number(process.hrtime.bigint()) - performance.now() * NS_PER_MS;
