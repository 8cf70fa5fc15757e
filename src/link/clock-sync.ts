// Maps the board's tick counter to host time from heartbeat round trips: keeps those worth keeping, throws away the impossible,
// and lays a line through the rest (clock-line.ts). The best round trips of the last two minutes stay in it: a cable that turns
// bad does not take a good mapping away. firmware-protocol.md § Where is the belt. It does not send anything.
import type { McuTicks, MonotonicNs } from '../base/units.ts';
import type { ClockLine, RoundTrip } from './clock-line.ts';
import { clockLine, NOMINAL_NS_PER_TICK } from './clock-line.ts';

/** At one heartbeat per 50 ms, the last 6.4 s. */
const KEPT_SAMPLES = 128;
/** Of older round trips the best of every 2 s is kept, for two minutes. */
const ANCHOR_PERIOD_NS = 2e9;
const KEPT_ANCHORS = 60;
/** A prediction may miss the bounds of a good round trip by this before the round trip is called impossible. */
const BOUND_SLACK_NS = 300_000;
const MAX_REJECTED_IN_A_ROW = 8;

export interface RoundTripSample {
  readonly sentNs: MonotonicNs;
  readonly receivedNs: MonotonicNs;
  /** Unwrapped. */
  readonly atTicks: McuTicks;
}

interface Anchor extends RoundTrip {
  /** When its 2 s began. */
  readonly sinceNs: MonotonicNs;
}

export interface ClockSyncOptions {
  /** Time one byte takes on the wire, ns; 0 where the cable is not the bottleneck (USB, TCP, memory). */
  readonly byteNs?: number;
  /** Bytes on the wire of the question and of the answer; they make the round trip lopsided on a slow cable. */
  readonly askBytes?: number;
  readonly replyBytes?: number;
}

export class ClockSync {
  /** Round trips thrown away because the tick cannot lie between their ends. */
  rejectedCount = 0;
  readonly #askNs: number;
  readonly #replyNs: number;
  readonly #recent: RoundTrip[] = [];
  readonly #anchors: Anchor[] = [];
  #rejectedInARow = 0;
  #line: ClockLine | undefined;

  constructor(options: ClockSyncOptions = {}) {
    const { byteNs = 0, askBytes = 0, replyBytes = 0 } = options;
    this.#askNs = byteNs * askBytes;
    this.#replyNs = byteNs * replyBytes;
  }

  /** False where the round trip was rejected. */
  add(sample: RoundTripSample): boolean {
    const roundTripNs = sample.receivedNs - sample.sentNs;
    if (roundTripNs < 0 || !this.#isPossible(sample)) {
      this.rejectedCount++;
      // A clock that jumped for good (a reset nobody told us of) must not be refused for ever.
      if (++this.#rejectedInARow < MAX_REJECTED_IN_A_ROW) return false;
      this.reset();
    }
    this.#rejectedInARow = 0;
    const halfNs = Math.max(0, roundTripNs - this.#askNs - this.#replyNs) / 2;
    this.#recent.push({ ticks: sample.atTicks, hostNs: sample.sentNs + this.#askShareNs(roundTripNs), roundTripNs, halfNs });
    if (this.#recent.length > KEPT_SAMPLES) this.#retire(this.#recent.shift()!);
    this.#line = clockLine(this.#recent, this.#anchors);
    // Bounds that contradict each other: the oscillator is not what it was.
    if (this.#line.contradictsOld) this.#anchors.length = 0;
    return true;
  }

  /** What the mapping may be off by now, should one direction of the cable take all the time and the other none; Infinity before the first round trip. */
  get uncertaintyNs(): number {
    return this.#line?.uncertaintyNs ?? Infinity;
  }

  /** Host time of a tick; undefined before the first round trip. */
  toHostNs(ticks: McuTicks): MonotonicNs | undefined {
    const line = this.#line;
    return line === undefined ? undefined : line.originNs + (ticks - line.originTicks) * line.nsPerTick;
  }

  /** Relative error of the board's oscillator, parts per million; positive where its ticks are slow. */
  get driftPpm(): number {
    return this.#line === undefined ? 0 : (this.#line.nsPerTick / NOMINAL_NS_PER_TICK - 1) * 1e6;
  }

  reset(): void {
    this.#recent.length = 0;
    this.#anchors.length = 0;
    this.#line = undefined;
    this.#rejectedInARow = 0;
  }

  #isPossible(sample: RoundTripSample): boolean {
    const predictedNs = this.toHostNs(sample.atTicks);
    if (predictedNs === undefined) return true;
    const last = this.#recent.at(-1)!;
    // The rate is still uncertain with few points, so the bound widens with the time since the last one.
    const sinceNs = Math.abs(sample.atTicks - last.ticks) * NOMINAL_NS_PER_TICK;
    const slackNs = BOUND_SLACK_NS + (this.#recent.length < KEPT_SAMPLES / 2 ? 0.015 : 0.002) * (sinceNs + 1e9) + last.roundTripNs / 2;
    return predictedNs >= sample.sentNs - slackNs && predictedNs <= sample.receivedNs + slackNs;
  }

  /** How long after the send the tick was read: half of what is left of the round trip once both messages had their wire time. */
  #askShareNs(roundTripNs: number): number {
    const wireNs = this.#askNs + this.#replyNs;
    if (roundTripNs >= wireNs) return this.#askNs + (roundTripNs - wireNs) / 2;
    return roundTripNs * (this.#askNs / wireNs);
  }

  #retire(point: RoundTrip): void {
    const group = this.#anchors.at(-1);
    if (group === undefined || point.hostNs - group.sinceNs > ANCHOR_PERIOD_NS) this.#anchors.push({ ...point, sinceNs: point.hostNs });
    else if (point.roundTripNs < group.roundTripNs) this.#anchors[this.#anchors.length - 1] = { ...point, sinceNs: group.sinceNs };
    if (this.#anchors.length > KEPT_ANCHORS) this.#anchors.shift();
  }
}
