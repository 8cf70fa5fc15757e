import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { NS_PER_MS, NS_PER_S } from '../../src/base/units.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import type { Landed, LandingActuator } from '../../src/sim/landing.ts';
import { Landing } from '../../src/sim/landing.ts';
import type { World } from '../../src/sim/world.ts';
import { createWorld } from '../../src/sim/world.ts';

const COUNTS_PER_MM = 5;
const MM_PER_S = 500;
const actuators: LandingActuator[] = [
  { output: 0, bin: 'a', offsetMm: 900, leadMs: 12, zoneMm: 40 },
  { output: 1, bin: 'b', offsetMm: 1300, leadMs: 12, zoneMm: 40 },
];

interface Rig { clock: ManualClock; motion: BeltMotion; world: World; landing: Landing; landed: Landed[] }

function rig(options: { seed?: number; itemCount?: number; actuators?: LandingActuator[] } = {}): Rig {
  const clock = new ManualClock();
  const motion = new BeltMotion();
  const world = createWorld({ seed: options.seed ?? 7, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 1, beltMmPerSecond: MM_PER_S, itemCount: options.itemCount ?? 10 });
  const landed: Landed[] = [];
  const landing = new Landing({ clock, motion, world, countsPerMm: COUNTS_PER_MM, actuators: options.actuators ?? actuators, endMm: 1700, sink: (event) => landed.push(event) });
  return { clock, motion, world, landing, landed };
}

/** When item `index` is `mm` behind the camera origin, the belt running since 0. */
function passesNs({ motion, world }: Rig, index: number, mm: number): number {
  return motion.timeAtCounts(world.item(index)!.entryCounts + mm * COUNTS_PER_MM, 0)!;
}

function pulse({ clock, landing }: Rig, output: number, onNs: number, holdMs: number): void {
  clock.at(onNs, () => landing.switchedOn(output, onNs));
  clock.at(onNs + holdMs * NS_PER_MS, () => landing.switchedOff(output, onNs + holdMs * NS_PER_MS));
}

describe('landing', () => {
  test('what nothing takes falls into the residue, in order, at the end of the belt', async () => {
    const own = rig();
    own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, 0, 300);
    await own.clock.advanceTo(30 * NS_PER_S);
    expect(own.landed.map(({ index, bin }) => [index, bin])).toEqual(Array.from({ length: 10 }, (_, index) => [index, 'residue']));
    for (const { index, atCounts, atNs, material } of own.landed) {
      const item = own.world.item(index)!;
      expect(material).toBe(item.material);
      expect(atCounts).toBeCloseTo(item.entryCounts + 1700 * COUNTS_PER_MM, 6);
      expect(atNs).toBeCloseTo(passesNs(own, index, 1700), -1);
    }
  });

  test('a jet on time takes its item and no other', async () => {
    const own = rig();
    own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, 0, 0);
    pulse(own, 0, passesNs(own, 2, 900) - 24 * NS_PER_MS, 24);
    pulse(own, 1, passesNs(own, 5, 1300) - 24 * NS_PER_MS, 24);
    await own.clock.advanceTo(30 * NS_PER_S);
    const binOf = (index: number): string => own.landed.find((landed) => landed.index === index)!.bin;
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(binOf)).toEqual(['residue', 'residue', 'a', 'residue', 'residue', 'b', 'residue', 'residue', 'residue', 'residue']);
  });

  test('taken exactly when centre in zone and jet acting overlap in time, at the later beginning', async () => {
    const cases = fc.record({ early: fc.double({ min: -120, max: 200, noNaN: true }), holdMs: fc.double({ min: 1, max: 80, noNaN: true }), leadMs: fc.constantFrom(0, 12, 40) });
    await fc.assert(fc.asyncProperty(cases, async ({ early, holdMs, leadMs }) => {
      const own = rig({ itemCount: 1, actuators: [{ ...actuators[0]!, leadMs }] });
      own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, 0, 0);
      const centreNs = passesNs(own, 0, 900);
      const onNs = centreNs - early * NS_PER_MS;
      pulse(own, 0, onNs, holdMs);
      await own.clock.advanceTo(30 * NS_PER_S);
      // Zone of 40 mm at 500 mm/s: 40 ms around the centre.
      const acts = { from: -early + leadMs, to: -early + leadMs + holdMs };
      fc.pre(Math.abs(acts.from - 40) > 1e-3 && Math.abs(acts.to + 40) > 1e-3);
      const isCaught = acts.from <= 40 && acts.to >= -40;
      expect(own.landed).toHaveLength(1);
      expect(own.landed[0]!.bin).toBe(isCaught ? 'a' : 'residue');
      if (isCaught) expect((own.landed[0]!.atNs - centreNs) / NS_PER_MS).toBeCloseTo(Math.max(-40, acts.from), 3);
    }));
  });

  test('a belt that stops under a jet: the item there is taken, the next one waits', async () => {
    const own = rig();
    own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, 0, 0);
    const centreNs = passesNs(own, 0, 900);
    own.clock.at(centreNs, () => own.motion.setSpeed(0, centreNs, 0));
    pulse(own, 0, centreNs + NS_PER_S, 24);
    await own.clock.advanceTo(centreNs + 60 * NS_PER_S);
    expect(own.landed).toEqual([]);
    own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, own.clock.nowNs(), 300);
    await own.clock.advanceMs(30_000);
    expect(own.landed).toHaveLength(10);
    expect(own.landed[0]).toMatchObject({ index: 0, bin: 'a' });
    expect(own.landed[0]!.atNs).toBeCloseTo(centreNs, -3);
    expect(own.landed.filter(({ bin }) => bin === 'a')).toHaveLength(1);
  });

  test('the first actuator that catches it keeps it', async () => {
    const own = rig({ itemCount: 1 });
    own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, 0, 0);
    pulse(own, 1, 0, 20_000);
    pulse(own, 0, passesNs(own, 0, 900), 24);
    await own.clock.advanceTo(30 * NS_PER_S);
    expect(own.landed.map(({ bin }) => bin)).toEqual(['a']);
  });

  test('a jet that does not reach across the belt misses what lies beyond', async () => {
    const own = rig({ itemCount: 40, actuators: [{ ...actuators[0]!, reachMm: { fromYMm: 0, toYMm: 225 } }] });
    own.motion.setSpeed(MM_PER_S * COUNTS_PER_MM, 0, 0);
    pulse(own, 0, 0, 200_000);
    await own.clock.advanceTo(100 * NS_PER_S);
    expect(own.landed).toHaveLength(40);
    for (const { index, bin } of own.landed) expect(bin).toBe(own.world.item(index)!.yMm <= 225 ? 'a' : 'residue');
  });
});
