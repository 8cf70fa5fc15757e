// The belt of a recording: it moves as the encoder said it moved, whatever the board's relay does now. True travel goes on where the recorded
// counts begin anew, because the board restarted; the twin restarts at that moment as well.
//
//   recorded counts   ╱╱╱│╱╱╱     true travel   ╱╱╱╱╱╱      between two samples evenly, behind the last one as fast as it was then
import type { Clock, Timer } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { MotionSegment } from './belt-motion.ts';
import { BeltMotion } from './belt-motion.ts';

/** Counts by which the encoder may read less than a moment ago without having begun anew: noise of the clock mapping. */
const NOISE_COUNTS = 16;

export interface RecordedBelt {
  /** In order of time; at least one. */
  readonly segments: readonly MotionSegment[];
  /** When the board began to count anew. */
  readonly restartsNs: readonly MonotonicNs[];
}

/** The motion behind encoder samples, which are in order of time. Throws RangeError where there are none. */
export function recordedBelt(samples: readonly BeltSample[]): RecordedBelt {
  const last = samples.at(-1);
  if (last === undefined) throw new RangeError('a belt needs at least one encoder sample');
  const segments: MotionSegment[] = [];
  const restartsNs: MonotonicNs[] = [];
  let offset = 0, reached = -Infinity;
  const travel = samples.map(({ counts, atNs }, index) => {
    const before = samples[index - 1];
    if (before !== undefined && counts < before.counts - NOISE_COUNTS) {
      restartsNs.push(atNs);
      offset = reached - counts;
    }
    reached = Math.max(reached, counts + offset);
    return reached;
  });
  for (const [index, { atNs }] of samples.entries()) {
    const next = samples[index + 1];
    const countsPerSecond = next === undefined ? Math.max(0, last.countsPerSecond) : ((travel[index + 1]! - travel[index]!) / (next.atNs - atNs)) * NS_PER_S;
    segments.push({ atNs, counts: travel[index]!, countsPerSecond, acceleration: 0 });
  }
  return { segments, restartsNs };
}

/** Plays recorded motion on a clock of the recording's time. */
export class RecordedMotion extends BeltMotion {
  readonly #segments: readonly MotionSegment[];
  readonly #clock: Clock;
  #next = 0;
  #timer: Timer | undefined;

  /** Begins with the piece that holds now. Before the first one the belt comes to it as fast as that one begins, but never from below 0: no board counts so. */
  constructor(segments: readonly MotionSegment[], clock: Clock) {
    const nowNs = clock.nowNs();
    const first = segments[0]!;
    const aheadS = Math.max(0, first.atNs - nowNs) / NS_PER_S;
    const counts = Math.max(0, first.counts - first.countsPerSecond * aheadS);
    super({ atNs: nowNs, counts });
    this.#segments = segments;
    this.#clock = clock;
    if (aheadS > 0) this.apply([{ atNs: nowNs, counts, countsPerSecond: (first.counts - counts) / aheadS, acceleration: 0 }]);
    this.#play();
  }

  /** The recording moves this belt; the board's relay does not. */
  override setSpeed(): void {
    return;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #play(): void {
    const nowNs = this.#clock.nowNs();
    for (let next = this.#segments[this.#next]; next !== undefined && next.atNs <= nowNs; next = this.#segments[++this.#next]) this.apply([next]);
    const next = this.#segments[this.#next];
    this.#timer = next === undefined ? undefined : this.#clock.after((next.atNs - nowNs) / NS_PER_MS, () => this.#play());
  }
}
