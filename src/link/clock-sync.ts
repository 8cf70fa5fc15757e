// Maps the board's tick counter to host time from heartbeat round trips. Every round trip bounds the mapping (the tick was
// read after the send and before the receipt); short ones bound it tightly, so they weigh most. A line is fitted through
// the last seconds, with the nominal rate as prior, so an oscillator 1 % off is followed without trusting two noisy points.
// The best round trips of the last two minutes stay in it: a cable that turns bad does not take a good mapping away. Where no
// recent round trip is short, the mapping is the middle of what all of them leave possible.
// firmware-protocol.md § Where is the belt. It does not send anything.
import type { McuTicks, MonotonicNs } from '../base/units.ts';
import { feasibleLines } from './feasible-lines.ts';

const NOMINAL_NS_PER_TICK = 1000;
/** At one heartbeat per 50 ms, the last 6.4 s. */
const KEPT_SAMPLES = 128;
/** Of older round trips the best of every 2 s is kept, for two minutes. */
const ANCHOR_PERIOD_NS = 2e9;
const KEPT_ANCHORS = 60;
/** How far a line through old points may be off for each ns of their age: an oscillator's wander while it warms up. */
const WANDER = 2e-6;
/** No oscillator is further off than this. */
const LARGEST_RATE = 0.01;
/** The fit is good enough where a point of the last second says that it is off by no more than this: 1 mm at 1 m/s. */
const CLOSE_NS = 1e6;
const RECENT_POINTS = 20;
/** How far an oscillator is expected to be off, one sigma: ceramic resonators reach 0.5 %. */
const PRIOR_RATE_SIGMA = 0.005;
/** The host's own jitter in reading the clock around a write and a read. */
const FLOOR_SIGMA_NS = 20_000;
/** A prediction may miss the bounds of a good round trip by this before the round trip is called impossible. */
const BOUND_SLACK_NS = 300_000;
const MAX_REJECTED_IN_A_ROW = 8;

export interface RoundTripSample {
  readonly sentNs: MonotonicNs;
  readonly receivedNs: MonotonicNs;
  /** Unwrapped. */
  readonly atTicks: McuTicks;
}

interface Point {
  readonly ticks: McuTicks;
  readonly hostNs: MonotonicNs;
  readonly roundTripNs: number;
}

interface Anchor extends Point {
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
  readonly #points: Point[] = [];
  readonly #anchors: Anchor[] = [];
  readonly #weights = new Float64Array(KEPT_ANCHORS + KEPT_SAMPLES);
  #rejectedInARow = 0;
  #originTicks = 0;
  #originNs = 0;
  #nsPerTick = NOMINAL_NS_PER_TICK;
  #uncertaintyNs = Infinity;

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
    this.#points.push({ ticks: sample.atTicks, hostNs: sample.sentNs + this.#askShareNs(roundTripNs), roundTripNs });
    if (this.#points.length > KEPT_SAMPLES) this.#retire(this.#points.shift()!);
    this.#fit();
    return true;
  }

  /** What the mapping may be off by now, should one direction of the cable take all the time and the other none; Infinity before the first round trip. */
  get uncertaintyNs(): number {
    return this.#uncertaintyNs;
  }

  /** Host time of a tick; undefined before the first round trip. */
  toHostNs(ticks: McuTicks): MonotonicNs | undefined {
    if (this.#points.length === 0) return undefined;
    return this.#originNs + (ticks - this.#originTicks) * this.#nsPerTick;
  }

  /** Relative error of the board's oscillator, parts per million; positive where its ticks are slow. */
  get driftPpm(): number {
    return (this.#nsPerTick / NOMINAL_NS_PER_TICK - 1) * 1e6;
  }

  reset(): void {
    this.#points.length = 0;
    this.#anchors.length = 0;
    this.#uncertaintyNs = Infinity;
    this.#nsPerTick = NOMINAL_NS_PER_TICK;
    this.#rejectedInARow = 0;
  }

  #isPossible(sample: RoundTripSample): boolean {
    const predictedNs = this.toHostNs(sample.atTicks);
    if (predictedNs === undefined) return true;
    const last = this.#points.at(-1)!;
    // The rate is still uncertain with few points, so the bound widens with the time since the last one.
    const sinceNs = Math.abs(sample.atTicks - last.ticks) * NOMINAL_NS_PER_TICK;
    const slackNs = BOUND_SLACK_NS + (this.#points.length < KEPT_SAMPLES / 2 ? 0.015 : 0.002) * (sinceNs + 1e9) + last.roundTripNs / 2;
    return predictedNs >= sample.sentNs - slackNs && predictedNs <= sample.receivedNs + slackNs;
  }

  /** How long after the send the tick was read: half of what is left of the round trip once both messages had their wire time. */
  #askShareNs(roundTripNs: number): number {
    const wireNs = this.#askNs + this.#replyNs;
    if (roundTripNs >= wireNs) return this.#askNs + (roundTripNs - wireNs) / 2;
    return roundTripNs * (this.#askNs / wireNs);
  }

  #retire(point: Point): void {
    const group = this.#anchors.at(-1);
    if (group === undefined || point.hostNs - group.sinceNs > ANCHOR_PERIOD_NS) this.#anchors.push({ ...point, sinceNs: point.hostNs });
    else if (point.roundTripNs < group.roundTripNs) this.#anchors[this.#anchors.length - 1] = { ...point, sinceNs: group.sinceNs };
    if (this.#anchors.length > KEPT_ANCHORS) this.#anchors.shift();
  }

  /** Weighted least squares of host time over ticks, as a deviation from the nominal rate. */
  #fit(): void {
    const points: readonly Point[] = [...this.#anchors, ...this.#points];
    // The newest is not always the last: questions may overtake each other on their way.
    let last = points.at(-1)!, shortestNs = Infinity;
    for (const point of points) {
      if (point.ticks > last.ticks) last = point;
      shortestNs = Math.min(shortestNs, point.roundTripNs);
    }
    // Twenty times a second, over all points: plain loops, and no array but the one of the weights.
    const weights = this.#weights, count = points.length;
    let weight = 0, meanX = 0, meanY = 0;
    for (let index = 0; index < count; index++) {
      const point = points[index]!, x = nominalNs(point, last), w = weightOf(point, { last, shortestNs });
      weights[index] = w;
      weight += w;
      meanX += w * x;
      meanY += w * (point.hostNs - last.hostNs - x);
    }
    meanX /= weight;
    meanY /= weight;
    let sxx = 1 / PRIOR_RATE_SIGMA ** 2, sxy = 0;
    for (let index = 0; index < count; index++) {
      const point = points[index]!, nominal = nominalNs(point, last), x = nominal - meanX, w = weights[index]!;
      sxx += w * x * x;
      sxy += w * x * (point.hostNs - last.hostNs - nominal - meanY);
    }
    const rate = sxy / sxx;
    this.#nsPerTick = NOMINAL_NS_PER_TICK * (1 + rate);
    this.#originTicks = last.ticks;
    this.#originNs = last.hostNs + meanY - rate * meanX;
    this.#uncertaintyNs = this.#boundOfRecent(last);
    if (this.#uncertaintyNs > CLOSE_NS) this.#takeMiddle(points, last);
  }

  /** Every point bounds the mapping by half of its round trip. */
  #boundOfRecent(last: Point): number {
    let boundNs = Infinity;
    for (const point of this.#points.slice(-RECENT_POINTS)) {
      const missNs = Math.abs(this.toHostNs(point.ticks)! - point.hostNs);
      boundNs = Math.min(boundNs, missNs + this.#halfNs(point) + LARGEST_RATE * ageNs(point, last));
    }
    return boundNs;
  }

  /** Long round trips are long in one direction, and many of them bend the line together: what they leave possible is bent by none. */
  #takeMiddle(points: readonly Point[], last: Point): void {
    const lines = feasibleLines(points.map((point) => {
      const age = ageNs(point, last), middle = point.hostNs + age - last.hostNs, half = this.#halfNs(point) + FLOOR_SIGMA_NS + WANDER * age;
      return { age, low: middle - half, high: middle + half };
    }), LARGEST_RATE);
    // Bounds that contradict each other: the oscillator is not what it was.
    if (lines === undefined) return void (this.#anchors.length = 0);
    const { low, high, lowSlope, highSlope } = lines;
    const rate = Math.min(Math.max(this.#nsPerTick / NOMINAL_NS_PER_TICK - 1, lowSlope), highSlope);
    this.#nsPerTick = NOMINAL_NS_PER_TICK * (1 + rate);
    this.#originNs = last.hostNs + (low + high) / 2;
    this.#uncertaintyNs = Math.min(this.#uncertaintyNs, (high - low) / 2);
  }

  #halfNs({ roundTripNs }: Point): number {
    return Math.max(0, roundTripNs - this.#askNs - this.#replyNs) / 2;
  }
}

/** One over the square of what the point may be off by. */
function weightOf(point: Point, { last, shortestNs }: { last: Point; shortestNs: number }): number {
  const sigmaNs = FLOOR_SIGMA_NS + shortestNs / 20 + (point.roundTripNs - shortestNs) / 2 + WANDER * ageNs(point, last);
  return 1 / (sigmaNs * sigmaNs);
}

function ageNs(point: Point, last: Point): number {
  return Math.abs(nominalNs(point, last));
}

/** Nominal host time from `origin` to `point`; small numbers keep the sums exact. */
function nominalNs(point: Point, origin: Point): number {
  return (point.ticks - origin.ticks) * NOMINAL_NS_PER_TICK;
}
