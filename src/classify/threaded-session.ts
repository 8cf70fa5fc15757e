// A ModelSession whose runs block a thread of their own instead of the caller's. Costs one copy of the input into shared
// memory (0.02 ms a crop) and a message each way.
import { Worker } from 'node:worker_threads';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './inference-worker.ts';
import type { ModelSession, OpenedSession, SessionOptions, SessionRun, TensorShape } from './model-session.ts';

interface Waiting {
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: SortlineError) => void;
}

class InferenceThread {
  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #ended: SortlineError | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./inference-worker.ts', import.meta.url), { name: 'inference' });
    this.#worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'failed') this.#settle((waiting) => waiting.reject(new SortlineError(reply.code, reply.message, { context: reply.context })));
      else this.#settle((waiting) => waiting.resolve(reply));
    });
    this.#worker.on('error', (cause) => this.#end(new SortlineError('MODEL_RUN_FAILED', `the inference thread broke off: ${reasonOf(cause)}`, { cause })));
    this.#worker.on('exit', () => this.#end(new SortlineError('MODEL_RUN_FAILED', 'the inference thread has ended')));
  }

  /** The reply to `request`. Rejects with the code the thread gave. */
  ask(request: WorkerStart | WorkerRequest, transfer: readonly ArrayBuffer[] = []): Promise<WorkerReply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#waiting !== undefined) return Promise.reject(new SortlineError('MODEL_RUN_FAILED', 'a batch is running already: the classifier takes one at a time'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(request, transfer);
    });
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exited = new Promise((resolve) => void this.#worker.once('exit', resolve));
    this.#worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
    await exited;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) how(waiting);
  }

  #end(error: SortlineError): void {
    this.#ended ??= error;
    this.#settle((waiting) => waiting.reject(this.#ended!));
  }
}

class ThreadedSession implements ModelSession {
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  readonly #thread: InferenceThread;
  readonly #input: Uint8Array;

  constructor(thread: InferenceThread, input: SharedArrayBuffer, opened: { inputs: readonly TensorShape[]; outputs: readonly TensorShape[] }) {
    this.#thread = thread;
    this.#input = new Uint8Array(input);
    this.inputs = opened.inputs;
    this.outputs = opened.outputs;
  }

  async run(data: Uint8Array, shape: readonly number[]): Promise<SessionRun> {
    this.#input.set(data);
    const reply = await this.#thread.ask({ kind: 'run', shape });
    if (reply.kind !== 'ran') throw new SortlineError('INTERNAL', `the inference thread answered a run with "${reply.kind}"`);
    return { values: reply.values, durationMs: reply.durationMs };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/**
 * Like openOnnxSession, in a thread of its own. `maxInputBytes` bounds one run's input. `model` is handed over: its bytes may
 * be gone afterwards. Throws the same codes; a thread that
 * ends by itself makes every later run throw MODEL_RUN_FAILED.
 */
export async function openThreadedSession(model: Uint8Array, options: SessionOptions, maxInputBytes: number): Promise<OpenedSession> {
  const input = new SharedArrayBuffer(maxInputBytes);
  const thread = new InferenceThread();
  try {
    const isWhole = model.buffer instanceof ArrayBuffer && model.byteLength === model.buffer.byteLength;
    const reply = await thread.ask({ kind: 'open', model, options, input }, isWhole ? [model.buffer as ArrayBuffer] : []);
    if (reply.kind !== 'opened') throw new SortlineError('INTERNAL', `the inference thread answered its start with "${reply.kind}"`);
    return { session: new ThreadedSession(thread, input, reply), provider: reply.provider, unavailable: reply.unavailable };
  } catch (error) {
    await thread.terminate();
    throw error;
  }
}
