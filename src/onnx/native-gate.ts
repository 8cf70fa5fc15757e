// Keeps a thread from being torn down while it is inside native code. When a process exits, Node ends its threads at once; a
// native add-on that then comes back to JavaScript finds none and aborts the whole process (`terminate called after throwing an
// instance of 'Napi::Error'`). The thread passes through its gate around everything native; the exit closes the gate and waits
// until the thread is outside, where it may be ended at any moment.
//
//   thread:  enter ── native code ── leave        word 0: INSIDE or OUTSIDE
//   owner:   close ── wait until outside          word 1: 1 once closed
import { SortlineError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';

const PLACE = 0, CLOSED = 1;
const OUTSIDE = 0, INSIDE = 1;

/** Longest wait of an exit for one thread: above a batch on a slow CPU. A run that takes longer hangs. */
const EXIT_WAIT_MS = 5000;

export class NativeGate {
  /** What the thread is given to make its own end of the gate. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** Without `memory`, the owner's end of a new gate: its thread counts as inside, because it loads native code first. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#words = new Int32Array(this.memory);
    if (memory === undefined) this.#words[PLACE] = INSIDE;
  }

  /** Thread: runs `work` inside. Throws MODEL_RUN_FAILED once the gate is closed. One at a time. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    Atomics.store(this.#words, PLACE, INSIDE);
    try {
      // Asked after stepping in: either this sees the gate closed, or the owner sees the thread inside.
      if (Atomics.load(this.#words, CLOSED) !== 0) throw new SortlineError('MODEL_RUN_FAILED', 'the process is ending: its model runs no more');
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Thread: native code is behind it. */
  leave(): void {
    Atomics.store(this.#words, PLACE, OUTSIDE);
    Atomics.notify(this.#words, PLACE);
  }

  /** Owner: nothing native begins from now on. */
  close(): void {
    Atomics.store(this.#words, CLOSED, 1);
  }

  /** Owner: blocks until the thread is outside; false when it is not after `limitMs`. */
  waitOutside(limitMs: Milliseconds): boolean {
    return Atomics.wait(this.#words, PLACE, INSIDE, limitMs) !== 'timed-out';
  }
}

const guarded = new Set<NativeGate>();

/** Makes every exit of this process wait for the gate's thread, until the returned function is called: the thread has ended. */
export function holdExit(gate: NativeGate): () => void {
  if (guarded.size === 0) process.on('exit', waitForAll);
  guarded.add(gate);
  return () => {
    if (guarded.delete(gate) && guarded.size === 0) process.removeListener('exit', waitForAll);
  };
}

function waitForAll(): void {
  for (const gate of guarded) gate.close();
  // Node would wait for a thread that hangs for ever, and abort if it came back: nothing is left to say, so end without a word.
  for (const gate of guarded) if (!gate.waitOutside(EXIT_WAIT_MS)) process.kill(process.pid, 'SIGKILL');
}
