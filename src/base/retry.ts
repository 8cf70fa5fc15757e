// Back-off schedule for everything that reconnects: camera, serial port, broker, vision process.
import type { Random } from './random.ts';

export interface RetryOptions {
  /** First delay, ms. */
  firstMs: number;
  /** Longest delay, ms. */
  maxMs: number;
  /** Growth per attempt, above 1. */
  factor?: number;
  /** Share of the delay that is random, 0 … 1, so that many lines do not reconnect in step. */
  jitter?: number;
}

/** Delay in ms before attempt `attempt` (0 is the first retry). */
export function retryDelayMs(options: RetryOptions, attempt: number, random: Random): number {
  const { firstMs, maxMs, factor = 2, jitter = 0.2 } = options;
  const baseMs = Math.min(maxMs, firstMs * factor ** attempt);
  return baseMs * (1 - jitter * random.next());
}
