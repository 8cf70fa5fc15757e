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
    if (delayMs < TIMER_STEP_MS) return spin(delayMs, callback);
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  every: (periodMs, callback) => {
    const handle = setInterval(callback, periodMs);
    return { cancel: () => clearInterval(handle) };
  },
};

/** The system's timers tell no less than this apart, and ring up to as much late. */
const TIMER_STEP_MS = 2;

/** For less than a step: asks at every turn of the event loop, so that it is exact, and everything else goes on. */
function spin(delayMs: Milliseconds, callback: () => void): Timer {
  const dueMs = performance.now() + delayMs;
  let handle = setImmediate(look);
  function look(): void {
    if (performance.now() >= dueMs) callback();
    else handle = setImmediate(look);
  }
  return { cancel: () => clearImmediate(handle) };
}

// performance.now() counts from process start; adding the offset to CLOCK_MONOTONIC once makes stamps of the line and
// the vision process comparable, without a bigint per reading.
const originNs = monotonicAtOriginNs();

/** Both clocks read in a row, as closely as it goes: the first calls take a millisecond and more. */
function monotonicAtOriginNs(): MonotonicNs {
  let closestNs = Infinity, atOriginNs = 0;
  for (let attempt = 0; attempt < 10; attempt++) {
    const beforeNs = process.hrtime.bigint(), nowMs = performance.now(), betweenNs = Number(process.hrtime.bigint() - beforeNs);
    if (betweenNs >= closestNs) continue;
    closestNs = betweenNs;
    atOriginNs = Number(beforeNs) + betweenNs / 2 - nowMs * NS_PER_MS;
  }
  return atOriginNs;
}
