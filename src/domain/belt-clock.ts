// Host time to belt position and back, from samples of the encoder. Both processes hold one: the vision process asks for
// the count at an exposure, the scheduler for the count now.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { BeltSample } from './frame.ts';

/** The belt may change its speed unseen for this long, ns: from full speed to rest in 0.3 s that is 8 mm of a belt at 1250 mm/s. */
const UNSEEN_NS = 60e6;
/** Where samples come more rarely, the unseen time is this many of their shortest spacing. */
const UNSEEN_SPACINGS = 1.1;
/** A board samples its belt at least this often; one sample alone says no more. */
const LONGEST_SPACING_NS = 250e6;
/** Spacings looked at for the shortest. */
const RECENT_SAMPLES = 16;
/** Samples kept: at 50 a second, the last 2.5 s, longer than any exposure-to-processing delay worth acting on. */
const KEPT_SAMPLES = 128;

export class BeltClock {
  readonly #samples: BeltSample[] = [];

  /** Takes a newer sample; one that is not newer than the last is ignored. */
  add(sample: BeltSample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.atNs <= last.atNs) return;
    this.#samples.push(sample);
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }

  /** Forgets everything: after the board restarted, its counts start anew. */
  reset(): void {
    this.#samples.length = 0;
  }

  get latest(): BeltSample | undefined {
    return this.#samples.at(-1);
  }

  /**
   * Count at `atNs` where it is known well enough to aim by: undefined where the belt may have sped up or stopped unseen, after
   * the last sample or in a gap between two. A board that goes silent may be stopping the belt.
   */
  countsKnownAt(atNs: MonotonicNs): EncoderCounts | undefined {
    const samples = this.#samples;
    let after = samples.length;
    while (after > 0 && samples[after - 1]!.atNs > atNs) after--;
    const before = samples[after - 1] ?? samples[0];
    if (before === undefined) return undefined;
    const unseenNs = (samples[after]?.atNs ?? atNs) - before.atNs;
    return unseenNs > Math.max(UNSEEN_NS, UNSEEN_SPACINGS * this.#shortestSpacingNs()) ? undefined : this.countsAt(atNs);
  }

  /** Count at `atNs`: interpolated between samples, extrapolated at the last speed beyond them; undefined before the first. */
  countsAt(atNs: MonotonicNs): EncoderCounts | undefined {
    const samples = this.#samples;
    let after = samples.length - 1;
    const last = samples[after];
    if (last === undefined) return undefined;
    if (atNs >= last.atNs) return extrapolate(last, atNs);
    while (after > 0 && samples[after - 1]!.atNs > atNs) after--;
    const before = samples[after - 1];
    const next = samples[after]!;
    if (before === undefined) return extrapolate(next, atNs);
    const share = (atNs - before.atNs) / (next.atNs - before.atNs);
    return before.counts + share * (next.counts - before.counts);
  }

  #shortestSpacingNs(): number {
    const samples = this.#samples;
    let shortest = samples.length < 2 ? LONGEST_SPACING_NS : Infinity;
    for (let index = Math.max(1, samples.length - RECENT_SAMPLES); index < samples.length; index++) {
      shortest = Math.min(shortest, samples[index]!.atNs - samples[index - 1]!.atNs);
    }
    return shortest;
  }
}

function extrapolate(sample: BeltSample, atNs: MonotonicNs): EncoderCounts {
  return sample.counts + sample.countsPerSecond * ((atNs - sample.atNs) / NS_PER_S);
}
