// How the belt truly moves, as a pure function of time: pieces of constant acceleration. The twin drives it; its pieces
// are plain data, so a second copy in the vision process follows by `apply` and renders the same truth. It knows nothing
// of encoders or boards: counts here are true belt travel and never restart.
//
//   speed      ┌──────────────┐            piece i:  counts(t) = counts + v t + a t² / 2,  t since atNs
//          ____/              \____
//          rest ramp  cruise  ramp rest
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';

/** One piece of motion, valid from `atNs` until the next piece begins. */
export interface MotionSegment {
  readonly atNs: MonotonicNs;
  /** Belt travel at `atNs`. */
  readonly counts: EncoderCounts;
  /** Speed at `atNs`, counts per second. */
  readonly countsPerSecond: number;
  /** Change of speed, counts per second². */
  readonly acceleration: number;
}

/** A change of plan: replaces every piece that begins at or after `segments[0].atNs`. */
export type MotionListener = (segments: readonly MotionSegment[]) => void;

/** Pieces kept; older ones are only needed for exposures in the past, which are never this many changes old. */
const KEPT_SEGMENTS = 256;

export class BeltMotion {
  readonly #segments: MotionSegment[];
  readonly #listeners = new Set<MotionListener>();

  /** At rest at `counts` since `atNs`, and before. */
  constructor(start: { atNs: MonotonicNs; counts: EncoderCounts } = { atNs: 0, counts: 0 }) {
    this.#segments = [{ ...start, countsPerSecond: 0, acceleration: 0 }];
  }

  /** A copy that knows what this one knows: send `segments` and rebuild with this. */
  static from(segments: readonly MotionSegment[]): BeltMotion {
    const motion = new BeltMotion();
    motion.#segments.length = 0;
    motion.#segments.push(...segments);
    return motion;
  }

  get segments(): readonly MotionSegment[] {
    return this.#segments;
  }

  /** Called with every change of plan, after it holds; returns the way to stop listening. */
  onMotion(listener: MotionListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Goes from the speed at `atNs` to the target evenly over `rampMs`, then holds it. */
  setSpeed(targetCountsPerSecond: number, atNs: MonotonicNs, rampMs: number): void {
    const counts = this.countsAt(atNs);
    const speed = this.speedAt(atNs);
    const rampS = (rampMs * NS_PER_MS) / NS_PER_S;
    if (!(rampS > 0) || speed === targetCountsPerSecond) {
      this.apply([{ atNs, counts, countsPerSecond: targetCountsPerSecond, acceleration: 0 }]);
      return;
    }
    this.apply([
      { atNs, counts, countsPerSecond: speed, acceleration: (targetCountsPerSecond - speed) / rampS },
      { atNs: atNs + rampMs * NS_PER_MS, counts: counts + ((speed + targetCountsPerSecond) / 2) * rampS, countsPerSecond: targetCountsPerSecond, acceleration: 0 },
    ]);
  }

  /** Takes a change of plan, its own or one heard from another copy's `onMotion`. */
  apply(segments: readonly MotionSegment[]): void {
    const first = segments[0];
    if (first === undefined) return;
    while (this.#segments.length > 0 && this.#segments.at(-1)!.atNs >= first.atNs) this.#segments.pop();
    this.#segments.push(...segments);
    if (this.#segments.length > KEPT_SEGMENTS) this.#segments.splice(0, this.#segments.length - KEPT_SEGMENTS);
    for (const listener of this.#listeners) listener(segments);
  }

  countsAt(atNs: MonotonicNs): EncoderCounts {
    const segment = this.#segmentAt(atNs);
    const t = Math.max(0, (atNs - segment.atNs) / NS_PER_S);
    return segment.counts + segment.countsPerSecond * t + (segment.acceleration / 2) * t * t;
  }

  /** Counts per second. */
  speedAt(atNs: MonotonicNs): number {
    const segment = this.#segmentAt(atNs);
    return segment.countsPerSecond + segment.acceleration * Math.max(0, (atNs - segment.atNs) / NS_PER_S);
  }

  /**
   * When the belt reaches `counts`, at or after `fromNs`, by the plan known now: exact, no stepping. `fromNs` itself where
   * the belt is there or beyond already; undefined where it never gets there by this plan.
   */
  timeAtCounts(counts: EncoderCounts, fromNs: MonotonicNs): MonotonicNs | undefined {
    if (this.countsAt(fromNs) >= counts) return fromNs;
    for (let index = this.#indexAt(fromNs); index < this.#segments.length; index++) {
      const segment = this.#segments[index]!;
      const seconds = secondsToReach(segment, counts - segment.counts);
      if (seconds === undefined) continue;
      const atNs = segment.atNs + seconds * NS_PER_S;
      const next = this.#segments[index + 1];
      if (next !== undefined && atNs > next.atNs) continue;
      return Math.max(fromNs, atNs);
    }
    return undefined;
  }

  #segmentAt(atNs: MonotonicNs): MotionSegment {
    return this.#segments[this.#indexAt(atNs)]!;
  }

  #indexAt(atNs: MonotonicNs): number {
    let index = this.#segments.length - 1;
    while (index > 0 && this.#segments[index]!.atNs > atNs) index--;
    return index;
  }
}

/** Smallest t ≥ 0 with v t + a t² / 2 = distance > 0, in the form that stays exact as a goes to 0; undefined where there is none. */
function secondsToReach(segment: MotionSegment, distance: number): number | undefined {
  const { countsPerSecond: v, acceleration: a } = segment;
  if (distance <= 0) return 0;
  const discriminant = v * v + 2 * a * distance;
  if (discriminant < 0) return undefined;
  const denominator = v + Math.sqrt(discriminant);
  return denominator > 0 ? (2 * distance) / denominator : undefined;
}
