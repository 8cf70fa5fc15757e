import { describe, expect, it } from 'vitest';
import { BeltClock } from '../../src/domain/belt-clock.ts';
import { NS_PER_MS } from '../../src/base/units.ts';

function sampled(...atMs: number[]): BeltClock {
  const belt = new BeltClock();
  for (const ms of atMs) belt.add({ atNs: ms * NS_PER_MS, counts: ms * 6, countsPerSecond: 6000 });
  return belt;
}

describe('where the belt is', () => {
  it('is unknown before the first sample', () => {
    expect(new BeltClock().countsAt(0)).toBeUndefined();
    expect(new BeltClock().countsKnownAt(0)).toBeUndefined();
  });

  it('is known for 60 ms after a sample, and then only guessed: a silent board may be stopping the belt', () => {
    const belt = sampled(0, 20, 40);
    expect(belt.countsKnownAt(30 * NS_PER_MS)).toBe(180);
    expect(belt.countsKnownAt(100 * NS_PER_MS)).toBe(600);
    expect(belt.countsKnownAt(101 * NS_PER_MS)).toBeUndefined();
    expect(belt.countsAt(101 * NS_PER_MS)).toBe(606);
  });

  it('is not known in a gap between samples, however late it is asked for', () => {
    const belt = sampled(0, 20, 40, 140, 160);
    expect(belt.countsKnownAt(30 * NS_PER_MS)).toBe(180);
    expect(belt.countsKnownAt(90 * NS_PER_MS)).toBeUndefined();
    expect(belt.countsAt(90 * NS_PER_MS)).toBe(540);
    expect(belt.countsKnownAt(150 * NS_PER_MS)).toBe(900);
  });

  it('is known for longer where samples come more rarely, whatever a gap between them says', () => {
    expect(sampled(0, 100, 200).countsKnownAt(305 * NS_PER_MS)).toBe(1830);
    expect(sampled(0, 100, 200).countsKnownAt(315 * NS_PER_MS)).toBeUndefined();
    expect(sampled(0, 20, 500).countsKnownAt(565 * NS_PER_MS)).toBeUndefined();
  });
});
