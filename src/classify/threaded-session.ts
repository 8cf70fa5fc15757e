// A ModelSession whose runs block threads of their own instead of the caller's: one, or several side by side with a copy of the
// model each. Costs a message each way, and a copy of the input where it does not lie in shared memory (0.02 to 0.15 ms a crop). More runs may
// be given than there are threads: a thread then goes from one to the next without waiting for the caller's event loop.
//
//   run ─▶ [shared input] ─▶ the thread with the fewest runs ─▶ [ONNX session] ─▶ result
import { SortlineError } from '../base/errors.ts';
import { allowedCores, OwnCore } from '../base/thread-core.ts';
import { InferenceThread, OPENING } from './inference-thread.ts';
import type { WorkerReply } from './inference-worker.ts';
import type { ModelSession, OpenedSession, SessionOptions, SessionRun, TensorShape } from './model-session.ts';
import { providerCandidates } from './provider-candidates.ts';

/** More than a caller can want of one thread: each run given ahead is a decision made later. */
const MAX_RUNS = 8;

type Opened = Extract<WorkerReply, { kind: 'opened' }>;

class ThreadedSession implements ModelSession {
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  readonly #threads: readonly InferenceThread[];
  readonly #maxInputBytes: number;
  readonly #idleInputs: Uint8Array[] = [];
  readonly #caller = new OwnCore();
  #lastId = OPENING;

  constructor(threads: readonly InferenceThread[], maxInputBytes: number, { inputs, outputs }: Opened) {
    this.#threads = threads;
    this.#maxInputBytes = maxInputBytes;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  get concurrency(): number {
    return this.#threads.length;
  }

  async run(data: Uint8Array, shape: readonly number[]): Promise<SessionRun> {
    // All or nothing: with a thread less the rest would hide that it is gone.
    const ended = this.#threads.find((thread) => thread.ended !== undefined)?.ended;
    if (ended !== undefined) throw ended;
    const thread = this.#freest();
    if (thread.waitingCount >= MAX_RUNS) throw new SortlineError('MODEL_RUN_FAILED', `${MAX_RUNS * this.concurrency} batches are waiting already: the classifier takes no more at a time`);
    if (data.buffer instanceof SharedArrayBuffer) return this.#runOn(thread, data, shape);
    const input = this.#idleInputs.pop() ?? new Uint8Array(new SharedArrayBuffer(this.#maxInputBytes));
    input.set(data);
    try {
      return await this.#runOn(thread, input.subarray(0, data.length), shape);
    } finally {
      this.#idleInputs.push(input);
    }
  }

  async #runOn(thread: InferenceThread, data: Uint8Array, shape: readonly number[]): Promise<SessionRun> {
    const id = ++this.#lastId;
    const reply = await thread.ask(id, { kind: 'run', id, data, shape });
    if (reply.kind !== 'ran') throw new SortlineError('INTERNAL', `the inference thread answered a run with "${reply.kind}"`);
    return { values: reply.values, durationMs: reply.durationMs };
  }

  /** The thread with the fewest runs; of several the one that is kept on another core than the caller, who goes on. */
  #freest(): InferenceThread {
    const fewest = Math.min(...this.#threads.map(({ waitingCount }) => waitingCount));
    const free = this.#threads.filter(({ waitingCount }) => waitingCount === fewest);
    if (free.length === 1 || free[0]!.core === undefined) return free[0]!;
    const core = this.#caller.core;
    return free.find((thread) => thread.core !== core) ?? free[0]!;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
    this.#caller.close();
  }
}

export interface ThreadedOptions extends SessionOptions {
  /** Sessions side by side where the model runs on the CPU, count; an accelerator gets one. */
  readonly sessions: number;
  /** Bound of one run's input. */
  readonly maxInputBytes: number;
}

/**
 * Like openOnnxSession, in threads of their own; up to 8 runs a thread may overlap, each thread does its own in the order given.
 * `model` is handed over: its bytes may be gone afterwards. Throws the same codes; when a thread ends by itself, every later
 * run throws MODEL_RUN_FAILED.
 */
export async function openThreadedSession(model: Uint8Array, options: ThreadedOptions): Promise<OpenedSession> {
  const threads: InferenceThread[] = [];
  const { sessions, maxInputBytes, ...sessionOptions } = options;
  const cores = coresFor(options);
  const openOne = async (bytes: Uint8Array, each: SessionOptions): Promise<Opened> => {
    const thread = new InferenceThread(cores[threads.length]);
    threads.push(thread);
    const isWhole = bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
    const reply = await thread.ask(OPENING, { kind: 'open', model: bytes, options: each }, isWhole ? [bytes.buffer as ArrayBuffer] : []);
    if (reply.kind !== 'opened') throw new SortlineError('INTERNAL', `the inference thread answered its start with "${reply.kind}"`);
    return reply;
  };
  try {
    const copies = Array.from({ length: sessions - 1 }, () => new Uint8Array(model));
    const opening = openOne(model, sessionOptions);
    // Where an accelerator may be taken, whether it was is known only once it works.
    const isOnCpu = providerCandidates(options)[0] === 'cpu' || (await opening).provider === 'cpu';
    const onCpu = { ...sessionOptions, providers: ['cpu'], require: undefined } as const;
    const others = isOnCpu ? copies.map((copy) => openOne(copy, onCpu)) : [];
    // All of them: a thread must not be ended while it loads.
    await Promise.allSettled([opening, ...others]);
    const [first] = await Promise.all([opening, ...others]);
    return { session: new ThreadedSession(threads, maxInputBytes, first), provider: first.provider, unavailable: first.unavailable };
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.terminate()));
    throw error;
  }
}

/**
 * A core for each session where there are as many, with a thread each: a run given to the thread of another core than the caller's begins at
 * once, wherever the system would have woken it.
 */
function coresFor({ sessions, threads }: ThreadedOptions): readonly number[] {
  const cores = allowedCores();
  return threads.intraOp === 1 && sessions === cores.length ? cores : [];
}
