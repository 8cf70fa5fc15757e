// The parent's end of one picture-preparing process: asks, and matches replies to questions. A process that ends by itself
// fails what it owes and everything asked later.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SortlineError } from '../../base/errors.ts';
import type { FromLoader, LoaderSetup, ToLoader } from './loader-messages.ts';

interface Waiting {
  resolve(reply: FromLoader): void;
  reject(error: SortlineError): void;
}

export class LoaderClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: SortlineError | undefined;
  #isClosing = false;

  constructor(setup: LoaderSetup) {
    this.#child = fork(fileURLToPath(new URL('./loader-process.ts', import.meta.url)), [], { serialization: 'advanced', execArgv: [] });
    this.#child.on('message', (reply: FromLoader) => this.#settle(reply));
    this.#child.on('error', (cause) => this.#end(`could not be started or spoken to: ${cause.message}`));
    this.#child.on('exit', (code, signal) => this.#end(signal === null ? `ended with code ${code}` : `was ended by ${signal}`));
    this.#child.send(setup);
  }

  /** Process id, for tests. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Rejects with the code the process gave, TRAIN_LOADER_FAILED where it is gone. */
  ask(question: { kind: 'prepare'; pictures: Extract<ToLoader, { kind: 'prepare' }>['pictures'] } | { kind: 'check'; files: readonly string[] }): Promise<FromLoader> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ ...question, id } satisfies ToLoader);
    });
  }

  /** Ends the process and waits until it has; what it still owed is rejected. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const exited = new Promise((resolve) => void this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exited;
  }

  #settle(reply: FromLoader): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'failed') waiting?.reject(new SortlineError(reply.code, reply.message, { context: reply.context }));
    else waiting?.resolve(reply);
  }

  #end(how: string): void {
    const what = this.#isClosing ? 'was closed' : how;
    this.#ended ??= new SortlineError('TRAIN_LOADER_FAILED', `a process that prepares training pictures ${what}: start the training again with --resume; if it repeats, give it fewer threads or more memory`, { context: { pid: this.#child.pid } });
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }
}
