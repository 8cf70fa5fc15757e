// A firmware on its bench, in lockstep with a manual clock: a millisecond of the host, then a millisecond of the board. The
// simulated processor and the firmware compiled for this machine speak the same lines (firmware/sim/bench.c).
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import type { ManualClock } from '../../src/base/manual-clock.ts';
import type { OpenTransport, Transport, TransportHandlers } from '../../src/link/transport.ts';
import { BUILD_FOLDER, ELF } from './firmware-build.ts';

export type BoardKind = 'atmega328p' | 'host';

/** A pin moved; `count` and `us` are the bench's own. */
export interface PinMove {
  readonly pin: number | 'relay';
  readonly on: boolean;
  readonly count: number;
  readonly us: number;
}

export class LockstepBoard implements Transport {
  readonly description = 'firmware on a bench';
  readonly moves: PinMove[] = [];
  /** Everything the board sent. */
  readonly sent: number[] = [];
  /** The bench's own count of edges, and its time. */
  count = 0;
  us = 0;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #handlers: TransportHandlers | undefined;
  #pending: string[] = [];

  constructor(kind: BoardKind) {
    this.#child = spawn(join(BUILD_FOLDER, `bench-${kind}`), [ELF], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  open(handlers: TransportHandlers): Promise<OpenTransport> {
    this.#handlers = handlers;
    return Promise.resolve({
      write: (bytes) => { this.send(bytes); return true; },
      close: async () => { this.#handlers = undefined; },
    });
  }

  send(bytes: Uint8Array): void {
    this.tell(`send ${Buffer.from(bytes).toString('hex')}`);
  }

  /** A line for the bench; done before time goes on. */
  tell(line: string): void {
    this.#pending.push(line);
  }

  /** Lets the board run; what it sent is handed to the host, and returned. */
  async run(us: number): Promise<Uint8Array> {
    this.tell(`run ${us}`);
    const from = this.sent.length;
    const line = await this.#ask('ran ');
    [this.count, this.us] = line.split(' ').map(Number) as [number, number];
    const bytes = Uint8Array.from(this.sent.slice(from));
    if (bytes.length > 0) this.#handlers?.onData(bytes);
    return bytes;
  }

  /** Bytes of memory that the stack never reached. */
  async freeStack(): Promise<number> {
    this.tell('stack');
    return Number(await this.#ask('stack '));
  }

  outputMoves(output: number): PinMove[] {
    return this.moves.filter(({ pin }) => pin === output);
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    await once(this.#child, 'exit');
    this.#reader.close();
  }

  async #ask(prefix: string): Promise<string> {
    this.#child.stdin!.write(`${this.#pending.join('\n')}\n`);
    this.#pending = [];
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error(`the bench ended, waiting for '${prefix}'`);
      if (value.startsWith('failed ')) throw new Error(`bench: ${value}`);
      if (value.startsWith(prefix)) return value.slice(prefix.length);
      this.#note(value);
    }
  }

  #note(line: string): void {
    const [word, ...values] = line.split(' ');
    const numbers = values.map(Number);
    if (word === 'sent') this.sent.push(...Buffer.from(values[0]!, 'hex'));
    else if (word === 'output') this.moves.push({ pin: numbers[0]!, on: numbers[1] === 1, count: numbers[2]!, us: numbers[3]! });
    else if (word === 'relay') this.moves.push({ pin: 'relay', on: numbers[0] === 1, count: numbers[1]!, us: numbers[2]! });
  }
}

/** One millisecond for each side in turn, until the condition holds; false after `limitMs`. */
export async function stepUntil(clock: ManualClock, board: LockstepBoard, limitMs: number, condition: () => boolean): Promise<boolean> {
  for (let ms = 0; ms < limitMs && !condition(); ms++) {
    await clock.advanceMs(1);
    await board.run(1000);
  }
  return condition();
}
