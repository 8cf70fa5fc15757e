// Host time to belt position and back, from samples of the encoder. Both processes hold one: the vision process asks for
// the count at an exposure, the scheduler for the count now.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { BeltSample } from './frame.ts';

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
}

function extrapolate(sample: BeltSample, atNs: MonotonicNs): EncoderCounts {
  return sample.counts + sample.countsPerSecond * ((atNs - sample.atNs) / NS_PER_S);
}
