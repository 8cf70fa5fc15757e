// On which core a thread runs, and keeping it there; as far as Linux tells and lets: elsewhere nothing is known and nothing is kept.
//
// Linux wakes a thread on the core it last ran on. Where two threads that are to work at the same time were last on the same one, a kernel
// with two cores was seen to leave both there for 10 ms with the other core idle.
import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { fieldsBehindName } from './proc-stat.ts';

/** `processor` in /proc/PID/task/TID/stat (proc(5)), counted from behind the name. */
const PROCESSOR_FIELD = 36;
const MAX_BYTES = 1024;
const TASKSET_TIMEOUT_MS = 2000;

/** Numbers of the cores that this process may use. */
export function allowedCores(): number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  } catch {
    return [];
  }
}

/** Has the calling thread run on one core only, by util-linux' taskset; false where that could not be done. */
export function keepOnCore(core: number): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('taskset', ['--cpu-list', '--pid', String(core), readlinkSync('/proc/thread-self').split('/').at(-1)!], { timeout: TASKSET_TIMEOUT_MS }, (error) => resolve(error === null));
  });
}

/** On which core the thread runs that made it, until it is closed. */
export class OwnCore {
  #file: number | undefined;
  readonly #bytes = Buffer.alloc(MAX_BYTES);

  constructor() {
    try {
      this.#file = openSync('/proc/thread-self/stat', 'r');
    } catch {
      this.#file = undefined;
    }
  }

  /** Number of the core; undefined where it cannot be told. */
  get core(): number | undefined {
    if (this.#file === undefined) return undefined;
    return Number(fieldsBehindName(this.#bytes.toString('latin1', 0, readSync(this.#file, this.#bytes, 0, MAX_BYTES, 0)))[PROCESSOR_FIELD]);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
