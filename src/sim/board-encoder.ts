// The board's two counters as read from the truth: the belt encoder and the microsecond clock, both u32, both starting
// anew when the board restarts. Edges come when the true belt travel passes a whole count.
import type { Clock } from '../base/clock.ts';
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { difference32, toU32 } from '../link/modular.ts';
import type { BeltMotion } from './belt-motion.ts';

const SPEED_WINDOW_NS = 20 * NS_PER_MS;
const NS_PER_TICK = 1000;

export interface BoardReading {
  readonly atTicks: number;
  readonly atCount: number;
  readonly countsPerSecond: number;
}

export class BoardEncoder {
  readonly #clock: Clock;
  readonly #motion: BeltMotion;
  /** Ticks per true microsecond: an oscillator is up to 1 % off. */
  readonly #tickRate: number;
  #bootNs: MonotonicNs;
  #bootTicks: number;
  #originCounts: EncoderCounts;
  /** The belt itself never runs backwards, so the highest count is the one before a jump back. */
  #highest: EncoderCounts = -Infinity;

  /** At first the count is the true belt travel, and ticks begin at `bootTicks`. */
  constructor(options: { clock: Clock; motion: BeltMotion; tickPpm: number; bootTicks: number }) {
    this.#clock = options.clock;
    this.#motion = options.motion;
    this.#tickRate = (1 + options.tickPpm * 1e-6) / NS_PER_TICK;
    this.#bootNs = options.clock.nowNs();
    this.#bootTicks = options.bootTicks;
    this.#originCounts = 0;
  }

  /** True belt travel at the board's count 0. */
  get originCounts(): EncoderCounts {
    return this.#originCounts;
  }

  /** Power comes back: counts and ticks start at 0. */
  restart(): void {
    this.#bootNs = this.#clock.nowNs();
    this.#bootTicks = 0;
    this.#originCounts = Math.floor(this.#motion.countsAt(this.#bootNs));
    this.#highest = -Infinity;
  }

  /** The highest count so far is the present one. */
  forgetHighest(): void {
    this.#highest = -Infinity;
  }

  /** Edges invented (or, below 0, lost): the count jumps, the belt does not. Returns how far it now is behind the highest. */
  jump(counts: number): EncoderCounts {
    const before = Math.floor(this.#motion.countsAt(this.#clock.nowNs())) - this.#originCounts;
    this.#highest = Math.max(this.#highest, before);
    this.#originCounts -= counts;
    return Math.max(0, this.#highest - (before + counts));
  }

  /** Tick and count together, now. */
  read(): BoardReading {
    const nowNs = this.#clock.nowNs();
    const travelled = this.#motion.countsAt(nowNs) - this.#motion.countsAt(nowNs - SPEED_WINDOW_NS);
    return {
      atTicks: toU32(Math.floor(this.#bootTicks + (nowNs - this.#bootNs) * this.#tickRate)),
      atCount: this.count(),
      countsPerSecond: Math.round(travelled / (SPEED_WINDOW_NS / 1e9)),
    };
  }

  count(): number {
    return toU32(Math.floor(this.#motion.countsAt(this.#clock.nowNs())) - this.#originCounts);
  }

  /** By how many counts the encoder had passed `count` at `atNs`; 0 at its very edge, or before. */
  countsBeyond(count: number, atNs: MonotonicNs): number {
    // At the exact crossing the travel may round to just below the whole count.
    const travelled = Math.floor(this.#motion.countsAt(atNs) + 1e-3) - this.#originCounts;
    return Math.max(0, difference32(toU32(travelled), count));
  }

  /** True belt travel at the edge that makes the count `count`, taken as ahead of or behind now by the shorter way. */
  trueCountsOf(count: number): EncoderCounts {
    const now = Math.floor(this.#motion.countsAt(this.#clock.nowNs()));
    return now + difference32(count, toU32(now - this.#originCounts));
  }
}
