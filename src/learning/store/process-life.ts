// Who records a run, and whether it still lives. On the same machine the kernel knows; of another machine only its last sign of
// life is known, so the clocks of machines that share a store must agree to within a minute.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { fieldsBehindName } from '../../base/proc-stat.ts';

export interface ProcessIdentity {
  /** Name for people. */
  readonly host: string;
  /** This boot of this kernel, and the space its process ids are counted in (containers have their own). */
  readonly hostKey: string;
  readonly pid: number;
  /** Ticks from boot to the start of the process, so that a process id used again is another process; empty where unknown. */
  readonly startedTicks: string;
}

/** Signs of life come far more often than this. */
export const HEARTBEAT_MS = 15_000;
const SILENCE_MEANS_DEAD_MS = 8 * HEARTBEAT_MS;

export function thisProcess(): ProcessIdentity {
  return {
    host: hostname(),
    hostKey: `${textOf('/proc/sys/kernel/random/boot_id') ?? hostname()} ${linkOf('/proc/self/ns/pid')}`,
    pid: process.pid,
    startedTicks: startOf('self') ?? '',
  };
}

/** Whether `other` lives, as seen from `here`. `lastSignMs` and `nowMs` are wall time. */
export function isAlive(other: ProcessIdentity, seen: { here: ProcessIdentity; lastSignMs: number; nowMs: number }): boolean {
  if (other.hostKey !== seen.here.hostKey) return seen.nowMs - seen.lastSignMs < SILENCE_MEANS_DEAD_MS;
  if (other.startedTicks !== '') return startOf(String(other.pid)) === other.startedTicks;
  try {
    process.kill(other.pid, 0);
    return true;
  } catch (error) {
    // It is there, but somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of proc(5)'s stat; undefined where there is no such process, or only its remains (a zombie). */
function startOf(pid: string): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = fieldsBehindName(stat);
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
