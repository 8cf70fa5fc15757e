// A cable in virtual time that can do to bytes what cables do: delay, jitter, loss, damage, repetition, the wrong order.
// One end is a Transport for the host, the other a pair of functions for a board. Everything comes from one seed.
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { NS_PER_MS } from '../../src/base/units.ts';
import type { Transport, TransportHandlers } from '../../src/link/transport.ts';
import { SortlineError } from '../../src/base/errors.ts';

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
}

export class BadCable {
  faults: CableFaults;
  /** Where the host's bytes go. */
  toBoard: (bytes: Uint8Array) => void = () => undefined;
  isPluggedIn = true;
  openCount = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  #handlers: TransportHandlers | undefined;
  #freeNs = { host: 0, board: 0 };
  #lastArrivalNs = { host: 0, board: 0 };

  constructor(deps: { clock: Clock; random: Random }, faults: CableFaults = {}) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.faults = faults;
  }

  readonly transport: Transport = {
    description: 'bad cable',
    open: async (handlers) => {
      if (!this.isPluggedIn) throw new SortlineError('LINK_OPEN_FAILED', 'bad cable: no such device');
      this.openCount++;
      this.#handlers = handlers;
      return {
        write: (bytes) => {
          if (this.#handlers !== handlers) return false;
          this.#carry(bytes, 'board', (arrived) => this.toBoard(arrived));
          return true;
        },
        close: async () => this.unplug('closed', handlers),
      };
    },
  };

  /** The board's output. */
  toHost(bytes: Uint8Array): void {
    const handlers = this.#handlers;
    this.#carry(bytes, 'host', (arrived) => { if (this.#handlers === handlers) handlers?.onData(arrived); });
  }

  unplug(reason: string, of = this.#handlers): void {
    if (of === undefined || of !== this.#handlers) return;
    this.#handlers = undefined;
    of.onClose(reason);
  }

  #carry(bytes: Uint8Array, to: 'host' | 'board', arrive: (bytes: Uint8Array) => void): void {
    const { latencyMs = 0, jitterMs = 0, byteNs = 0, repeat = 0, reorders = false } = this.faults;
    const nowNs = this.#clock.nowNs();
    this.#freeNs[to] = Math.max(nowNs, this.#freeNs[to]) + bytes.length * byteNs;
    for (let copies = this.#random.next() < repeat ? 2 : 1; copies > 0; copies--) {
      let arrivalNs = this.#freeNs[to] + (latencyMs + jitterMs * this.#random.next() ** 2) * NS_PER_MS;
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
      for (let bit = 0; bit < 8; bit++) if (this.#random.next() < flipPerBit) value ^= 1 << bit;
      out.push(value);
    }
    return Uint8Array.from(out);
  }
}
