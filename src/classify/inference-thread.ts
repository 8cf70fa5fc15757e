// The caller's end of an inference thread (inference-worker.ts): asks, and gives each answer to who asked.
import { Worker } from 'node:worker_threads';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { smallHeap } from '../base/thread-heap.ts';
import { holdExit, NativeGate } from '../onnx/native-gate.ts';
import type { WorkerData, WorkerReply, WorkerRequest, WorkerStart } from './inference-worker.ts';

/** Id of the reply to the start. */
export const OPENING = 0;

/** Room for short-lived objects, MB. A run makes a few kilobytes of them. */
const YOUNG_MB = 3;

interface Waiting {
  resolve(reply: WorkerReply): void;
  reject(error: SortlineError): void;
}

export class InferenceThread {
  /** The only core it may run on, where there is one for each thread; undefined any. */
  readonly core: number | undefined;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #ended: SortlineError | undefined;

  constructor(core: number | undefined) {
    this.core = core;
    const gate = new NativeGate();
    this.#worker = new Worker(new URL('./inference-worker.ts', import.meta.url), { name: 'inference', workerData: { gate: gate.memory, core } satisfies WorkerData, resourceLimits: smallHeap(YOUNG_MB) });
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

  /** Why nothing can be asked any more; undefined while it lives. */
  get ended(): SortlineError | undefined {
    return this.#ended;
  }

  /** What was asked and is not answered, count. */
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
