// The belt of a recording: it passes through every encoder sample, never runs backwards, and goes on where the counts began anew.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { BeltSample } from '../../src/domain/frame.ts';
import { RecordedMotion, recordedBelt } from '../../src/sim/recorded-motion.ts';

const steps = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 200 }), counts: fc.integer({ min: 0, max: 500 }) }), { minLength: 2, maxLength: 60 });

function samplesOf(all: readonly { ms: number; counts: number }[]): BeltSample[] {
  let atNs = 1e12, counts = 5000;
  return all.map((step) => {
    atNs += step.ms * 1e6;
    counts += step.counts;
    return { atNs, counts, countsPerSecond: 100 };
  });
}

describe('the recorded belt', () => {
  test('passes through every sample, and never runs backwards', async () => {
    await fc.assert(fc.asyncProperty(steps, async (all) => {
      const samples = samplesOf(all);
      const clock = new ManualClock({ startNs: samples[0]!.atNs - 300e6 });
      const motion = new RecordedMotion(recordedBelt(samples).segments, clock);
      motion.setSpeed();
      let before = motion.countsAt(clock.nowNs());
      expect(before).toBeGreaterThanOrEqual(0);
      for (const { atNs, counts } of samples) {
        await clock.advanceTo(atNs);
        const now = motion.countsAt(atNs);
        expect(now).toBeCloseTo(counts, 3);
        expect(now).toBeGreaterThanOrEqual(before - 1e-6);
        before = now;
      }
      motion.close();
    }), { numRuns: 60 });
  });

  test('goes on where the board counted anew', () => {
    const samples = [[0, 1000], [100, 1100], [200, 1200], [300, 20], [400, 120]].map(([ms, counts]): BeltSample => ({ atNs: ms! * 1e6, counts: counts!, countsPerSecond: 1000 }));
    const { segments, restartsNs } = recordedBelt(samples);
    expect(restartsNs).toEqual([300e6]);
    expect(segments.map(({ counts }) => counts)).toEqual([1000, 1100, 1200, 1200, 1300]);
  });

  test('noise of the clock mapping is no restart', () => {
    const samples = [[0, 1000], [20, 1035], [40, 1033], [60, 1070]].map(([ms, counts]): BeltSample => ({ atNs: ms! * 1e6, counts: counts!, countsPerSecond: 1750 }));
    expect(recordedBelt(samples)).toMatchObject({ restartsNs: [], segments: [{ counts: 1000 }, { counts: 1035 }, { counts: 1035, countsPerSecond: 1750 }, { counts: 1070 }] });
  });
});
