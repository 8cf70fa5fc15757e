// A ModelSession whose runs block a thread of their own instead of the caller's. Costs one copy of the input into shared
// memory (0.02 ms a crop) and a message each way. A second run may be given while one is going on: the thread then goes
// from one to the next without waiting for the caller's event loop.
import { Worker } from 'node:worker_threads';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { holdExit, NativeGate } from '../onnx/native-gate.ts';
import type { WorkerData, WorkerReply, WorkerRequest, WorkerStart } from './inference-worker.ts';
import type { ModelSession, OpenedSession, SessionOptions, SessionRun, TensorShape } from './model-session.ts';

/** More than a caller can want: each run given ahead is a decision made later. */
const MAX_RUNS = 8;
/** Id of the reply to the start. */
const OPENING = 0;

interface Waiting {
  resolve(reply: WorkerReply): void;
  reject(error: SortlineError): void;
}

class InferenceThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #ended: SortlineError | undefined;

  constructor() {
    const gate = new NativeGate();
    this.#worker = new Worker(new URL('./inference-worker.ts', import.meta.url), { name: 'inference', workerData: { gate: gate.memory } satisfies WorkerData });
    const letExit = holdExit(gate);
    this.#worker.once('error', letExit);
    this.#worker.once('exit', letExit);
    this.#worker.on('message', (reply: WorkerReply) => {
      const id = reply.kind === 'opened' ? OPENING : reply.id;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (reply.kind === 'failed') waiting?.reject(new SortlineError(reply.code, reply.message, { context: reply.context }));
      else waiting?.resolve(reply);
    });
    this.#worker.on('error', (cause) => this.#end(new SortlineError('MODEL_RUN_FAILED', `the inference thread broke off: ${reasonOf(cause)}`, { cause })));
    this.#worker.on('exit', () => this.#end(new SortlineError('MODEL_RUN_FAILED', 'the inference thread has ended')));
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The reply of the given id to `request`. Rejects with the code the thread gave. */
  ask(id: number, request: WorkerStart | WorkerRequest, transfer: readonly ArrayBuffer[] = []): Promise<WorkerReply> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage(request, transfer);
    });
  }

  /** Lets the runs given before end first. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exited = new Promise((resolve) => void this.#worker.once('exit', resolve));
    this.#worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
    await exited;
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(error: SortlineError): void {
    this.#ended ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }
}

class ThreadedSession implements ModelSession {
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  readonly #thread: InferenceThread;
  readonly #maxInputBytes: number;
  readonly #idleInputs: Uint8Array[] = [];
  #lastId = OPENING;

  constructor(thread: InferenceThread, maxInputBytes: number, opened: { inputs: readonly TensorShape[]; outputs: readonly TensorShape[] }) {
    this.#thread = thread;
    this.#maxInputBytes = maxInputBytes;
    this.inputs = opened.inputs;
    this.outputs = opened.outputs;
  }

  async run(data: Uint8Array, shape: readonly number[]): Promise<SessionRun> {
    if (this.#thread.waitingCount >= MAX_RUNS) throw new SortlineError('MODEL_RUN_FAILED', `${MAX_RUNS} batches are waiting already: the classifier takes no more at a time`);
    const input = this.#idleInputs.pop() ?? new Uint8Array(new SharedArrayBuffer(this.#maxInputBytes));
    input.set(data);
    const id = ++this.#lastId;
    try {
      const reply = await this.#thread.ask(id, { kind: 'run', id, data: input.subarray(0, data.length), shape });
      if (reply.kind !== 'ran') throw new SortlineError('INTERNAL', `the inference thread answered a run with "${reply.kind}"`);
      return { values: reply.values, durationMs: reply.durationMs };
    } finally {
      this.#idleInputs.push(input);
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/**
 * Like openOnnxSession, in a thread of its own; up to 8 runs may overlap and are done in the order given. `maxInputBytes`
 * bounds one run's input. `model` is handed over: its bytes may be gone afterwards. Throws the same codes; a thread that ends by
 * itself makes every later run throw MODEL_RUN_FAILED.
 */
export async function openThreadedSession(model: Uint8Array, options: SessionOptions, maxInputBytes: number): Promise<OpenedSession> {
  const thread = new InferenceThread();
  try {
    const isWhole = model.buffer instanceof ArrayBuffer && model.byteLength === model.buffer.byteLength;
    const reply = await thread.ask(OPENING, { kind: 'open', model, options }, isWhole ? [model.buffer as ArrayBuffer] : []);
    if (reply.kind !== 'opened') throw new SortlineError('INTERNAL', `the inference thread answered its start with "${reply.kind}"`);
    return { session: new ThreadedSession(thread, maxInputBytes, reply), provider: reply.provider, unavailable: reply.unavailable };
  } catch (error) {
    await thread.terminate();
    throw error;
  }
}
