// How much room the heap of a thread gets for its short-lived objects. Two flags give the process itself a fixed 16 MB (bin/sortline.js),
// and V8 lets such flags overrule what is asked for a thread: one that makes a few kilobytes at a time then fills 32 MB over hours,
// which looks like a leak. The process has its own room by the time it starts threads, so the flags are taken back first.
import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits } from 'node:worker_threads';

/** Limits for a `Worker` whose young space is at most `youngMb` MB. */
export function smallHeap(youngMb: number): ResourceLimits {
  for (const flag of ['--min-semi-space-size=0', '--max-semi-space-size=0']) setFlagsFromString(flag);
  return { maxYoungGenerationSizeMb: youngMb };
}
