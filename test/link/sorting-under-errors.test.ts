// What the link and the scheduler above it make of a bad cable: bit errors at 1e-4, 2 % of the bytes lost, and a board that
// resets once a minute. Every command is acknowledged or its item missed, nothing fires that was not asked for, and more than
// 50 commands a second get through at 115200 baud. Real link, scheduler and twin; only time is virtual.
import { describe, expect, test } from 'vitest';
import { actuatorOptions, schedulerOptions } from '../../src/actuate/options.ts';
import type { SchedulerEvent } from '../../src/actuate/scheduler.ts';
import { Scheduler } from '../../src/actuate/scheduler.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { BeltClock } from '../../src/domain/belt-clock.ts';
import { createLink } from '../../src/link/host-link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { FaultyCable } from '../../src/sim/faults/faulty-cable.ts';
import { twinOptions } from '../../src/sim/options.ts';
import { createTwin } from '../../src/sim/twin.ts';

const COUNTS_PER_MM = 5;
const BELT_MM_PER_S = 1250;
const ITEMS_PER_SECOND = 60;
const MINUTES = 2;
const UART = { latencyMs: 0.3, byteNs: 86_805, flipPerBit: 1e-4, dropPerByte: 0.02 };
const BINS = ['a', 'b', 'c', 'd', 'e'];
/** Small jets, so that so many items do not stand in each other's way. */
const actuators = BINS.map((bin, output) => actuatorOptions.parse({ id: bin, bin, output, offsetMm: 400, leadMs: 2, holdMs: 4, recoverMs: 2, zoneMm: 2 }));
const { maxLateCounts } = linkTimingOptions.parse({});

/** Offers items for some minutes with a reset in each, and starts the line again after each. */
async function sort(seed: number) {
  const clock = new ManualClock();
  const random = createRandom(seed);
  const motion = new BeltMotion({ atNs: 0, counts: 0 });
  const cable = new FaultyCable({ clock, random: random.fork(1) }, UART);
  const belt = new BeltClock();
  const settled: Extract<SchedulerEvent, { kind: 'settled' }>[] = [];
  const targets = BINS.map(() => new Set<number>());
  const fired: { output: number; count: number; isAskedFor: boolean }[] = [];
  let isArmed = false, arming = false, armedMs = 0, resets = 0, origin = 0;
  const twin = createTwin({
    clock, random: random.fork(2), log: silentLogger, motion, actuators, countsPerMm: COUNTS_PER_MM, cable, options: twinOptions.parse({ beltMmPerSecond: BELT_MM_PER_S }),
    sink: (event) => {
      if (event.kind === 'booted') origin = event.originCounts;
      if (event.kind !== 'output' || !event.active) return;
      const count = Math.floor(motion.countsAt(event.atNs) + 1e-3) - origin;
      const target = [...targets[event.output]!].find((each) => count - each >= 0 && count - each <= maxLateCounts);
      // One pulse for each command: asked for once, and fired once.
      if (target !== undefined) targets[event.output]!.delete(target);
      fired.push({ output: event.output, count, isAskedFor: target !== undefined });
    },
  });
  const link = createLink({
    clock, random: random.fork(3), log: silentLogger, transport: cable.host, options: linkTimingOptions.parse({}), baudRate: 115_200,
    outputs: actuators.map(({ output, maxOnMs }) => ({ output, maxOnMs, safeOn: false })),
    sink: (event) => {
      switch (event.kind) {
        case 'belt.sample': return belt.add(event.sample);
        case 'command.fired': return scheduler.onFired(event);
        case 'command.missed': return scheduler.onMissed(event);
        case 'link.down':
          isArmed = false;
          return scheduler.abandonAll('link-down');
        case 'link.up': if (event.rebooted) belt.reset(); return;
        case 'board.state': isArmed &&= event.state === 'armed'; return;
        default: return;
      }
    },
  });
  const scheduler: Scheduler = new Scheduler({
    clock, log: silentLogger, calibration: { countsPerMm: COUNTS_PER_MM }, belt, actuators, link, options: schedulerOptions.parse({}),
    sink: (event) => {
      if (event.kind === 'settled') settled.push(event);
      else targets[event.command.output]!.add(event.command.fireAtCounts);
    },
  });
  let items = 0;
  const arm = (): void => {
    if (isArmed || arming) return;
    arming = true;
    void link.arm().then(({ result }) => {
      arming = false;
      isArmed = result === 'acked';
    });
  };
  await twin.start();
  link.start();
  clock.every(500, arm);
  clock.every(1000 / ITEMS_PER_SECOND, () => {
    const counts = belt.countsAt(clock.nowNs());
    // Only at full speed, as a line does that has started its belt.
    if (!isArmed || counts === undefined || (belt.latest?.countsPerSecond ?? 0) < 0.99 * BELT_MM_PER_S * COUNTS_PER_MM) return;
    armedMs += 1000 / ITEMS_PER_SECOND;
    scheduler.submit({
      itemId: String(++items), bin: BINS[items % BINS.length]!, reason: 'recipe', prediction: undefined, decidedAtNs: clock.nowNs(),
      position: { positionCounts: counts, yMm: 200, lengthMm: 5, widthMm: 5 },
    });
  });
  for (; resets < MINUTES; resets++) {
    await clock.advanceMs(45_000);
    twin.reset('brown-out');
    targets.forEach((set) => set.clear());
    await clock.advanceMs(15_000);
  }
  const offered = items;
  isArmed = false;
  arming = true;
  await clock.advanceMs(5000);
  await link.stop();
  await twin.stop();
  return { offered, settled, fired, armedSeconds: armedMs / 1000, stats: link.stats };
}

describe('with bit errors at 1e-4, 2 % of the bytes lost and a reset a minute', () => {
  test.each([1, 2])('every command is acknowledged or its item missed, and none fires wrongly (seed %i)', { timeout: 60_000 }, async (seed) => {
    const { offered, settled, fired, armedSeconds, stats } = await sort(seed);
    expect(offered).toBeGreaterThan(0.8 * MINUTES * 60 * ITEMS_PER_SECOND);
    // Each item ends once.
    expect(settled).toHaveLength(offered);
    expect(new Set(settled.map(({ itemId }) => itemId)).size).toBe(offered);
    const countOf = (outcome: string): number => settled.filter((each) => each.outcome === outcome).length;
    const sorted = countOf('sorted');
    expect(sorted + countOf('missed') + countOf('inhibited') + countOf('lost')).toBe(offered);
    // One block in 65536 is damaged unseen; nothing else takes a report away.
    expect(countOf('lost')).toBeLessThanOrEqual(3);
    expect(fired.filter(({ isAskedFor }) => !isAskedFor)).toEqual([]);
    expect(fired.length).toBeGreaterThanOrEqual(sorted);
    for (const { countError } of settled) if (countError !== undefined) expect(countError).toBeLessThanOrEqual(maxLateCounts);
    expect(stats.framesInvalid).toBeGreaterThan(1000);
    expect(sorted / armedSeconds).toBeGreaterThan(50);
  });
});
