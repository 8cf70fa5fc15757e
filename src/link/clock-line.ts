// The line from a board's ticks to host time through round trips. Every round trip bounds it (the tick was read after the send and
// before the receipt); short ones bound it tightly, so they weigh most. The nominal rate is a prior, so that an oscillator 1 % off
// is followed without trusting two noisy points. Where no recent round trip is short, the line is the middle of what all of
// them leave possible: long ones are long in one direction, and many of them would bend a fitted line together.
import type { McuTicks, MonotonicNs } from '../base/units.ts';
import { feasibleLines } from './feasible-lines.ts';

export const NOMINAL_NS_PER_TICK = 1000;
/** How far a line through old points may be off for each ns of their age: an oscillator's wander while it warms up. */
const WANDER = 2e-6;
/** No oscillator is further off than this. */
const LARGEST_RATE = 0.01;
/** How far an oscillator is expected to be off, one sigma: ceramic resonators reach 0.5 %. */
const PRIOR_RATE_SIGMA = 0.005;
/** The host's own jitter in reading the clock around a write and a read. */
const FLOOR_SIGMA_NS = 20_000;
/** The fit is good enough where a point of the last second says that it is off by no more than this: 1 mm at 1 m/s. */
const CLOSE_NS = 1e6;
const RECENT_POINTS = 20;

export interface RoundTrip {
  /** Unwrapped. */
  readonly ticks: McuTicks;
  /** When the tick was read, as well as can be said. */
  readonly hostNs: MonotonicNs;
  readonly roundTripNs: number;
  /** What `hostNs` may be off by: half of the round trip without its time on the wire. */
  readonly halfNs: number;
}

export interface ClockLine {
  readonly originTicks: McuTicks;
  readonly originNs: MonotonicNs;
  readonly nsPerTick: number;
  /** At the newest tick. */
  readonly uncertaintyNs: number;
  /** No line passes through all bounds: old ones are of another oscillator. */
  readonly contradictsOld: boolean;
}

/** Through `recent`, oldest first and at least one, and older `anchors`. */
export function clockLine(recent: readonly RoundTrip[], anchors: readonly RoundTrip[]): ClockLine {
  const points = [...anchors, ...recent];
  const fit = fitted(points, newestOf(points));
  const boundNs = boundOf(fit, recent.slice(-RECENT_POINTS));
  if (boundNs <= CLOSE_NS) return { ...fit, uncertaintyNs: boundNs, contradictsOld: false };
  const middle = middleOf(points, fit);
  return middle === undefined ? { ...fit, uncertaintyNs: boundNs, contradictsOld: true } : { ...middle, uncertaintyNs: Math.min(boundNs, middle.uncertaintyNs), contradictsOld: false };
}

type Line = Pick<ClockLine, 'originTicks' | 'originNs' | 'nsPerTick'>;

/** Not always the last: questions may overtake each other on their way. */
function newestOf(points: readonly RoundTrip[]): RoundTrip {
  let newest = points.at(-1)!;
  for (const point of points) if (point.ticks > newest.ticks) newest = point;
  return newest;
}

/** Weighted least squares of host time over ticks, as a deviation from the nominal rate. Twenty times a second: plain loops. */
function fitted(points: readonly RoundTrip[], newest: RoundTrip): Line {
  let shortestNs = Infinity;
  for (const { roundTripNs } of points) shortestNs = Math.min(shortestNs, roundTripNs);
  const weights = new Float64Array(points.length);
  let weight = 0, meanX = 0, meanY = 0;
  for (let index = 0; index < points.length; index++) {
    const point = points[index]!, x = nominalNs(point, newest), w = weightOf(point, { ageNs: -x, shortestNs });
    weights[index] = w;
    weight += w;
    meanX += w * x;
    meanY += w * (point.hostNs - newest.hostNs - x);
  }
  meanX /= weight;
  meanY /= weight;
  let sxx = 1 / PRIOR_RATE_SIGMA ** 2, sxy = 0;
  for (let index = 0; index < points.length; index++) {
    const point = points[index]!, nominal = nominalNs(point, newest), x = nominal - meanX, w = weights[index]!;
    sxx += w * x * x;
    sxy += w * x * (point.hostNs - newest.hostNs - nominal - meanY);
  }
  const rate = sxy / sxx;
  return { originTicks: newest.ticks, originNs: newest.hostNs + meanY - rate * meanX, nsPerTick: NOMINAL_NS_PER_TICK * (1 + rate) };
}

/** One over the square of what the point may be off by. */
function weightOf({ roundTripNs }: RoundTrip, { ageNs, shortestNs }: { ageNs: number; shortestNs: number }): number {
  const sigmaNs = FLOOR_SIGMA_NS + shortestNs / 20 + (roundTripNs - shortestNs) / 2 + WANDER * ageNs;
  return 1 / (sigmaNs * sigmaNs);
}

/** What the line may be off by at its origin, by the best of `points`. */
function boundOf({ originTicks, originNs, nsPerTick }: Line, points: readonly RoundTrip[]): number {
  let boundNs = Infinity;
  for (const { ticks, hostNs, halfNs } of points) {
    const ageTicks = originTicks - ticks, missNs = Math.abs(originNs - ageTicks * nsPerTick - hostNs);
    boundNs = Math.min(boundNs, missNs + halfNs + LARGEST_RATE * ageTicks * NOMINAL_NS_PER_TICK);
  }
  return boundNs;
}

/** Midway between the outermost lines through all bounds, with the rate of `fit` where that is one of theirs; undefined where there is no such line. */
function middleOf(points: readonly RoundTrip[], { originTicks, originNs, nsPerTick }: Line): (Line & { readonly uncertaintyNs: number }) | undefined {
  const lines = feasibleLines(points.map(({ ticks, hostNs, halfNs }) => {
    const age = (originTicks - ticks) * NOMINAL_NS_PER_TICK, offNs = hostNs + age - originNs, slackNs = halfNs + FLOOR_SIGMA_NS + WANDER * age;
    return { age, low: offNs - slackNs, high: offNs + slackNs };
  }), LARGEST_RATE);
  if (lines === undefined) return undefined;
  const { low, high, lowSlope, highSlope } = lines;
  const rate = Math.min(Math.max(nsPerTick / NOMINAL_NS_PER_TICK - 1, lowSlope), highSlope);
  return { originTicks, originNs: originNs + (low + high) / 2, nsPerTick: NOMINAL_NS_PER_TICK * (1 + rate), uncertaintyNs: (high - low) / 2 };
}

/** Nominal host time from `origin` to `point`; small numbers keep the sums exact. */
function nominalNs(point: RoundTrip, origin: RoundTrip): number {
  return (point.ticks - origin.ticks) * NOMINAL_NS_PER_TICK;
}
