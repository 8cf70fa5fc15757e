// Where the dashboard asks about the past: hands each question to the history thread and bounds what that may cost. One question
// runs at a time, a few wait, more are refused; one that takes too long ends the thread, and a new one is made for the next.
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../base/clock.ts';
import { BoundedQueue } from '../base/bounded-queue.ts';
import type { Logger } from '../base/logger.ts';
import type { HistoryQuestion, HistoryQuestions } from './history-query.ts';
import type { AnsweredByWorker } from './history-worker.ts';

export type HistoryAnswer<Name extends HistoryQuestion> =
  | { readonly kind: 'answer'; readonly answer: HistoryQuestions[Name]['answer'] }
  /** `busy`: too many ask; `slow`: it took too long; `failed`: the ledger cannot be read. */
  | { readonly kind: 'busy' | 'slow' | 'failed'; readonly reason: string };

/** The port to the past. */
export interface History {
  ask<Name extends HistoryQuestion>(name: Name, ask: HistoryQuestions[Name]['ask']): Promise<HistoryAnswer<Name>>;
  close(): Promise<void>;
}

export interface HistoryReaderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** The ledger's file. */
  readonly path: string;
  /** The thread that answers; src/ledger/history-worker.ts in production. */
  readonly openWorker?: (path: string) => Worker;
}

interface Waiting {
  readonly id: number;
  readonly name: HistoryQuestion;
  readonly ask: unknown;
  resolve(answer: HistoryAnswer<HistoryQuestion>): void;
}

const WAITING_AT_MOST = 16;
const ANSWER_MS = 10_000;
/** Memory of the thread, MB: the largest page is a few. */
const HEAP_MB = 128;

export class HistoryReader implements History {
  readonly #deps: HistoryReaderDeps;
  readonly #log: Logger;
  readonly #queue = new BoundedQueue<Waiting>(WAITING_AT_MOST);
  #worker: Worker | undefined;
  #current: { readonly question: Waiting; readonly timer: Timer } | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(deps: HistoryReaderDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'ledger' });
  }

  ask<Name extends HistoryQuestion>(name: Name, ask: HistoryQuestions[Name]['ask']): Promise<HistoryAnswer<Name>> {
    if (this.#deps.path === ':memory:') return Promise.resolve({ kind: 'failed', reason: 'this line keeps its ledger in memory only: there is no history (`ledger.path`)' });
    if (this.#isClosed) return Promise.resolve({ kind: 'failed', reason: 'the service is stopping' });
    return new Promise((resolve) => {
      const question: Waiting = { id: ++this.#lastId, name, ask, resolve: resolve as Waiting['resolve'] };
      if (!this.#queue.tryPush(question)) return resolve({ kind: 'busy', reason: `${WAITING_AT_MOST} questions about the history are waiting already; try again in a moment` });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const stopping: HistoryAnswer<HistoryQuestion> = { kind: 'failed', reason: 'the service is stopping' };
    for (let waiting = this.#queue.shift(); waiting !== undefined; waiting = this.#queue.shift()) waiting.resolve(stopping);
    this.#settle(stopping);
    await this.#worker?.terminate();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const question = this.#queue.shift();
    if (question === undefined) return;
    const timer = this.#deps.clock.after(ANSWER_MS, () => this.#tooSlow(question.name));
    this.#current = { question, timer };
    this.#worker ??= this.#open();
    this.#worker.postMessage({ id: question.id, name: question.name, ask: question.ask });
  }

  #open(): Worker {
    const { path, openWorker = openHistoryWorker } = this.#deps;
    const worker = openWorker(path);
    // The service may end while it waits for questions.
    worker.unref();
    worker.on('message', (message: AnsweredByWorker) => {
      if (worker !== this.#worker || message.id !== this.#current?.question.id) return;
      this.#settle('failure' in message ? { kind: 'failed', reason: message.failure } : { kind: 'answer', answer: message.answer });
    });
    worker.on('error', (error) => this.#lost(worker, error.message));
    worker.on('exit', (code) => this.#lost(worker, `it ended with code ${code}`));
    return worker;
  }

  #lost(worker: Worker, reason: string): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    if (this.#isClosed) return;
    this.#log.warn({ reason }, `the history thread ended: ${reason}; the next question starts another`);
    this.#settle({ kind: 'failed', reason: `the history thread ended: ${reason}` });
  }

  #tooSlow(name: HistoryQuestion): void {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#log.warn({ question: name }, `a question about the history (${name}) took more than ${ANSWER_MS / 1000} s and was given up`);
    void worker?.terminate();
    this.#settle({ kind: 'slow', reason: `the answer took more than ${ANSWER_MS / 1000} s; ask for a shorter period` });
  }

  #settle(answer: HistoryAnswer<HistoryQuestion>): void {
    const current = this.#current;
    if (current === undefined) return;
    current.timer.cancel();
    this.#current = undefined;
    current.question.resolve(answer);
    this.#next();
  }
}

function openHistoryWorker(path: string): Worker {
  return new Worker(new URL('./history-worker.ts', import.meta.url), { workerData: { path }, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
}
