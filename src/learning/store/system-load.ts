// What a run costs its machine, sampled between two moments.
import { cpus, freemem } from 'node:os';

export interface LoadSample {
  /** Share of all cores that anything used since the sample before, 0 … 1. */
  readonly cpuShare: number;
  /** Share of all cores that this process used. */
  readonly ownCpuShare: number;
  /** Memory of this process, MB. */
  readonly residentMb: number;
  /** Memory that the machine could still give, MB. */
  readonly freeMb: number;
}

/** A function that gives the load since it was last called. */
export function createLoadMeter(): () => LoadSample {
  let before = readTimes();
  return () => {
    const now = readTimes();
    const total = now.totalMs - before.totalMs;
    const share = (ms: number): number => (total <= 0 ? 0 : Math.min(1, Math.max(0, ms / total)));
    const sample = {
      cpuShare: share(now.busyMs - before.busyMs), ownCpuShare: share(now.ownMs - before.ownMs),
      residentMb: process.memoryUsage.rss() / 1e6, freeMb: freemem() / 1e6,
    };
    before = now;
    return sample;
  };
}

function readTimes(): { totalMs: number; busyMs: number; ownMs: number } {
  let totalMs = 0, idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  const { user, system } = process.cpuUsage();
  return { totalMs, busyMs: totalMs - idleMs, ownMs: (user + system) / 1000 };
}
