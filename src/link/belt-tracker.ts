// Board time and encoder readings to belt samples in host time: unwraps both counters, asks the clock sync for the host time,
// throws away what is old or what no belt could do. firmware-protocol.md § Where is the belt.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { ClockSyncOptions } from './clock-sync.ts';
import { ClockSync } from './clock-sync.ts';
import type { MessageOf } from './messages.ts';
import { difference32, toU32, Unwrapper } from './modular.ts';

const TICKS_PER_SECOND = 1e6;
/** Counts a sample may be off without being called impossible: edges while the speed was being measured. */
const SLACK_COUNTS = 20;
/** What the clock mapping may be off by; a sample from later than that was damaged without the CRC seeing it. */
const FUTURE_SLACK_NS = 20e6;
/** A sample whose time is known less well would let items be aimed at where they are not: 12 mm at 1250 mm/s. */
const MAX_UNCERTAINTY_NS = 10e6;
/** So many impossible samples in a row are the new truth. */
const MAX_REJECTED_IN_A_ROW = 5;

export class BeltTracker {
  rejectedCount = 0;
  readonly clockSync: ClockSync;
  readonly #ticks = new Unwrapper();
  readonly #counts: Unwrapper;
  readonly #maxCountsPerSecond: number;
  #lastTicks: number | undefined;
  #rejectedInARow = 0;

  /** `counts` outlives the session: the board's counter goes on while the cable is unplugged. */
  constructor(options: { counts: Unwrapper; maxCountsPerSecond: number; sync: ClockSyncOptions }) {
    this.#counts = options.counts;
    this.#maxCountsPerSecond = options.maxCountsPerSecond;
    this.clockSync = new ClockSync(options.sync);
  }

  get lastCounts(): EncoderCounts | undefined {
    return this.#counts.last;
  }

  /** Whether round trips were short enough to say when a belt sample was. */
  get isCertain(): boolean {
    return this.clockSync.uncertaintyNs <= MAX_UNCERTAINTY_NS;
  }

  /** A heartbeat came back. */
  addRoundTrip(reply: MessageOf<'heartbeat.reply'>, sentNs: MonotonicNs, receivedNs: MonotonicNs): void {
    const atTicks = this.#ticks.peek(reply.atTicks);
    if (!this.clockSync.add({ sentNs, receivedNs, atTicks })) return;
    this.#ticks.unwrap(reply.atTicks);
    // The first count of a boot is known from here on, before any belt sample.
    if (this.#counts.last === undefined) this.#counts.unwrap(reply.atCount);
  }

  /** The sample in host time; undefined while round trips say too little about when it was, for an old sample, and for an impossible one. */
  toSample(raw: MessageOf<'belt.sample'>, receivedNs: MonotonicNs): BeltSample | undefined {
    const ticks = this.#ticks.peek(raw.atTicks);
    const mappedNs = this.clockSync.toHostNs(ticks);
    if (mappedNs === undefined || !this.isCertain) return undefined;
    // Repeated, or overtaken by a newer one.
    if (this.#lastTicks !== undefined && ticks <= this.#lastTicks) return undefined;
    const isFromTheFuture = mappedNs > receivedNs + FUTURE_SLACK_NS;
    if (!this.#isAccepted(!isFromTheFuture && this.#isReachable(raw.atCount, ticks))) return undefined;
    this.#lastTicks = ticks;
    // Nothing is received before it was sent.
    return { atNs: Math.min(mappedNs, receivedNs), counts: this.#counts.unwrap(raw.atCount), countsPerSecond: raw.countsPerSecond };
  }

  /** Unwraps a count that is near the present one, such as where a command fired. */
  unwrapCount(raw: number): EncoderCounts {
    return this.#counts.peek(raw);
  }

  #isReachable(rawCount: number, ticks: number): boolean {
    const last = this.#counts.last;
    if (last === undefined || this.#lastTicks === undefined) return true;
    const limit = SLACK_COUNTS + 1.2 * this.#maxCountsPerSecond * ((ticks - this.#lastTicks) / TICKS_PER_SECOND);
    return Math.abs(difference32(rawCount, toU32(last))) <= limit;
  }

  #isAccepted(isPossible: boolean): boolean {
    if (isPossible || ++this.#rejectedInARow >= MAX_REJECTED_IN_A_ROW) {
      this.#rejectedInARow = 0;
      return true;
    }
    this.rejectedCount++;
    return false;
  }
}
