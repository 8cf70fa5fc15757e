// Work that waits for a clock, done at once: a manual clock is moved on until the work has ended.
import type { ManualClock } from '../base/manual-clock.ts';

const STEP_MS = 20;

/** The result of `work`, or what it threw. */
export async function inVirtualTime<T>(clock: ManualClock, work: Promise<T>, stepMs = STEP_MS): Promise<T> {
  let isDone = false;
  const end = (): void => { isDone = true; };
  work.then(end, end);
  while (!isDone) await clock.advanceMs(stepMs);
  return work;
}
