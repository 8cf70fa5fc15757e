// A cable between host and board that does to bytes what cables do: delay, jitter, loss, damage, repetition, the wrong order,
// silence in one direction, and coming out of its socket. Everything comes from one seed, and nothing is drawn while nothing is wrong.
import type { Clock } from '../../base/clock.ts';
import { SortlineError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { NS_PER_MS } from '../../base/units.ts';
import type { Transport, TransportHandlers } from '../../link/transport.ts';
import type { BoardCable } from '../board-cable.ts';

export interface CableFaults {
  latencyMs?: number;
  /** Each write waits up to this long more; order is kept unless `reorders`. */
  jitterMs?: number;
  reorders?: boolean;
  /** Time a byte takes, ns; writes queue behind each other. */
  byteNs?: number;
  dropPerByte?: number;
  flipPerBit?: number;
  /** Chance of a whole write arriving twice. */
  repeat?: number;
  /** Nothing arrives at this end. */
  deafEnd?: 'board' | 'host' | 'both' | undefined;
}

const BITS_PER_BYTE = 8;

export class FaultyCable implements BoardCable {
  readonly description = 'faulty cable';
  faults: CableFaults;
  /** Where the host's bytes go; set by whoever opens the board's end. */
  toBoard: (bytes: Uint8Array) => void = () => undefined;
  isPluggedIn = true;
  openCount = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  #handlers: TransportHandlers | undefined;
  readonly #freeNs = { host: 0, board: 0 };
  readonly #lastArrivalNs = { host: 0, board: 0 };

  constructor(deps: { clock: Clock; random: Random }, faults: CableFaults = {}) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.faults = faults;
  }

  readonly host: Transport = {
    description: this.description,
    open: async (handlers) => {
      if (!this.isPluggedIn) throw new SortlineError('LINK_OPEN_FAILED', `${this.description}: no such device; plug it in`);
      this.openCount++;
      this.#handlers = handlers;
      return {
        write: (bytes) => {
          if (this.#handlers !== handlers) return false;
          this.#carry(bytes, 'board', (arrived) => this.toBoard(arrived));
          return true;
        },
        close: async () => this.pull('closed', handlers),
      };
    },
  };

  readonly board: Transport = {
    description: `${this.description} (board's end)`,
    open: async (handlers) => {
      this.toBoard = (bytes) => handlers.onData(bytes);
      return {
        write: (bytes) => {
          this.toHost(bytes);
          return true;
        },
        close: async () => undefined,
      };
    },
  };

  async plug(): Promise<void> {
    this.isPluggedIn = true;
  }

  async unplug(): Promise<void> {
    this.isPluggedIn = false;
    this.pull('unplugged');
  }

  /** The board's output. */
  toHost(bytes: Uint8Array): void {
    const handlers = this.#handlers;
    this.#carry(bytes, 'host', (arrived) => { if (this.#handlers === handlers) handlers?.onData(arrived); });
  }

  /** The host's end closes and hears why; it may be opened again. */
  pull(reason: string, of = this.#handlers): void {
    if (of === undefined || of !== this.#handlers) return;
    this.#handlers = undefined;
    of.onClose(reason);
  }

  /** The process that held the host's end is gone: nobody hears of it, and what it wrote still arrives. */
  abandon(): void {
    this.#handlers = undefined;
  }

  #carry(bytes: Uint8Array, to: 'host' | 'board', arrive: (bytes: Uint8Array) => void): void {
    const { latencyMs = 0, jitterMs = 0, byteNs = 0, repeat = 0, reorders = false, deafEnd } = this.faults;
    const nowNs = this.#clock.nowNs();
    this.#freeNs[to] = Math.max(nowNs, this.#freeNs[to]) + bytes.length * byteNs;
    if (!this.isPluggedIn || deafEnd === to || deafEnd === 'both') return;
    for (let copies = repeat > 0 && this.#random.next() < repeat ? 2 : 1; copies > 0; copies--) {
      const jitterNs = jitterMs > 0 ? jitterMs * this.#random.next() ** 2 * NS_PER_MS : 0;
      let arrivalNs = this.#freeNs[to] + latencyMs * NS_PER_MS + jitterNs;
      if (!reorders) arrivalNs = this.#lastArrivalNs[to] = Math.max(arrivalNs, this.#lastArrivalNs[to]);
      const arrived = this.#damage(bytes);
      if (arrived.length > 0) this.#clock.after((arrivalNs - nowNs) / NS_PER_MS, () => arrive(arrived));
    }
  }

  #damage(bytes: Uint8Array): Uint8Array {
    const { dropPerByte = 0, flipPerBit = 0 } = this.faults;
    if (dropPerByte === 0 && flipPerBit === 0) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (this.#random.next() < dropPerByte) continue;
      let value = byte;
      for (let bit = 0; bit < BITS_PER_BYTE; bit++) if (this.#random.next() < flipPerBit) value ^= 1 << bit;
      out.push(value);
    }
    return Uint8Array.from(out);
  }
}
