import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/base/units.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';

const changes = fc.array(fc.record({
  waitS: fc.double({ min: 0, max: 5, noNaN: true }),
  speed: fc.constantFrom(0, 500, 2500, 12_500),
  rampMs: fc.constantFrom(0, 100, 300, 2000),
}), { minLength: 1, maxLength: 12 });

function drive(plan: readonly { waitS: number; speed: number; rampMs: number }[], motion: BeltMotion): number {
  let atNs = 0;
  for (const { waitS, speed, rampMs } of plan) {
    atNs += waitS * NS_PER_S;
    motion.setSpeed(speed, atNs, rampMs);
  }
  return atNs;
}

describe('belt motion', () => {
  test('rests until told', () => {
    const motion = new BeltMotion({ atNs: 5e9, counts: 100 });
    expect(motion.countsAt(0)).toBe(100);
    expect(motion.countsAt(9e9)).toBe(100);
    expect(motion.timeAtCounts(100, 9e9)).toBe(9e9);
    expect(motion.timeAtCounts(101, 9e9)).toBeUndefined();
  });

  test('ramps and cruises', () => {
    const motion = new BeltMotion();
    motion.setSpeed(2000, 1e9, 500);
    expect(motion.speedAt(1.25e9)).toBeCloseTo(1000, 6);
    expect(motion.countsAt(1.5e9)).toBeCloseTo(500, 6);
    expect(motion.countsAt(2.5e9)).toBeCloseTo(2500, 6);
    expect(motion.timeAtCounts(2500, 0)).toBeCloseTo(2.5e9, 0);
  });

  test('a crossing is the inverse of the position, and never runs backwards', () => {
    fc.assert(fc.property(changes, fc.double({ min: 0, max: 100_000, noNaN: true }), (plan, counts) => {
      const motion = new BeltMotion();
      const endNs = drive(plan, motion);
      const atNs = motion.timeAtCounts(counts, 0);
      if (atNs === undefined) {
        expect(motion.countsAt(endNs + 1e15)).toBeLessThan(counts + 1e-3);
      } else {
        expect(motion.countsAt(atNs)).toBeCloseTo(counts, 3);
        expect(motion.countsAt(atNs - 1e6)).toBeLessThanOrEqual(counts + 1e-6);
      }
      let last = -1;
      for (let t = 0; t < endNs + 3e9; t += 0.25e9) {
        expect(motion.countsAt(t)).toBeGreaterThanOrEqual(last - 1e-6);
        last = motion.countsAt(t);
      }
    }));
  });

  test('a copy that follows the changes knows the same', () => {
    fc.assert(fc.property(changes, changes, (before, after) => {
      const motion = new BeltMotion();
      const endNs = drive(before, motion);
      const copy = BeltMotion.from(JSON.parse(JSON.stringify(motion.segments)));
      motion.onMotion((segments) => copy.apply(structuredClone(segments)));
      drive([{ waitS: endNs / NS_PER_S, speed: 700, rampMs: 300 }, ...after], motion);
      for (let t = endNs; t < endNs + 20e9; t += 0.3e9) expect(copy.countsAt(t)).toBe(motion.countsAt(t));
    }));
  });

  test('a stop within a ramp stops from the speed reached', () => {
    const motion = new BeltMotion();
    motion.setSpeed(1000, 0, 1000);
    motion.setSpeed(0, 0.5e9, 500);
    expect(motion.speedAt(0.5e9)).toBeCloseTo(500, 6);
    expect(motion.countsAt(10e9)).toBeCloseTo(125 + 125, 6);
    expect(motion.timeAtCounts(260, 0)).toBeUndefined();
  });

  test('long lives keep a bounded history', () => {
    const motion = new BeltMotion();
    for (let change = 0; change < 2000; change++) motion.setSpeed(change % 2 === 0 ? 1000 : 0, change * 1e9, 100);
    expect(motion.segments.length).toBeLessThanOrEqual(256);
    expect(motion.countsAt(2000e9)).toBeCloseTo(1000 * 1000, 3);
  });
});
