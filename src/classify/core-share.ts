// How many copies of a model run side by side on the CPU, and how many threads each has.
import { availableParallelism } from 'node:os';
import type { ClassifyOptions } from './options.ts';

/**
 * How the CPU's cores are shared out. Two sessions of half the cores each wait for no thread of the other: on two cores they
 * classify 1.14 times as much as one session with all of them, and a core that is taken away for a moment holds up one of them
 * only. A single session is cut into two threads per core for the same reason: with one per core it waits for the one that was
 * held up.
 */
export function coreShare({ threads }: ClassifyOptions): { sessions: number; threads: { intraOp: number; spinning: boolean } } {
  const cores = availableParallelism();
  const sessions = threads.sessions > 0 ? threads.sessions : Math.min(2, cores);
  const intraOp = sessions === 1 ? 2 * cores : Math.max(1, Math.floor(cores / sessions));
  return { sessions, threads: { intraOp: threads.intraOp > 0 ? threads.intraOp : intraOp, spinning: threads.spinning } };
}
