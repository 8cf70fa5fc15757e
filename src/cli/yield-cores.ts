// Gives every other process of the machine the precedence. Linux shares the cores fairly between sessions first (autogroups), and
// nice values count only within one: a line that runs in another session would gain nothing by ours alone, so the session's own
// nice value is set as well. Threads and processes started from now on inherit it.
import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** The most yielding there is. */
const NICE = 19;
const AUTOGROUP = '/proc/self/autogroup';

/** Until this process ends; the session, a terminal perhaps, then has the nice value it had. */
export function yieldCores(): void {
  setPriority(NICE);
  const before = sessionNice();
  if (before === undefined || !setSessionNice(NICE)) return;
  process.once('exit', () => void setSessionNice(before));
}

/** Of `/autogroup-86 nice 0`; undefined where there are no autogroups, such as in a service with a CPU share of its own. */
function sessionNice(): number | undefined {
  try {
    const nice = /nice (-?\d+)/.exec(readFileSync(AUTOGROUP, 'utf8'))?.[1];
    return nice === undefined ? undefined : Number(nice);
  } catch {
    return undefined;
  }
}

/** Whether it could be set. */
function setSessionNice(nice: number): boolean {
  try {
    writeFileSync(AUTOGROUP, String(nice));
    return true;
  } catch {
    return false;
  }
}
