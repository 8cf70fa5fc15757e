// With an eye that is never wrong, every item must land where it was sent: the scheduler's aim, the link's clock, the board's
// counts and the plant's physics agree, or this fails.
import { describe, expect, test } from 'vitest';
import { actuatorOptions, schedulerOptions } from '../../src/actuate/options.ts';
import type { SchedulerEvent } from '../../src/actuate/scheduler.ts';
import { Scheduler } from '../../src/actuate/scheduler.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { BeltClock } from '../../src/domain/belt-clock.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { RESIDUE } from '../../src/domain/decision.ts';
import { createLink } from '../../src/link/host-link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { createMemoryCable } from '../../src/sim/board-cable.ts';
import { twinOptions } from '../../src/sim/options.ts';
import { createTwin } from '../../src/sim/twin.ts';
import type { WorldItem } from '../../src/sim/world.ts';
import { createWorld, extentOf } from '../../src/sim/world.ts';

const ITEMS = 300;
/** Where the eye makes up its mind, mm behind the camera origin. */
const DECIDED_MM = 400;
const actuators = ['cardboard', 'glass', 'metal', 'paper', 'plastic'].map((bin, output) => actuatorOptions.parse({ id: bin, bin, output, offsetMm: 1200 + output * 300 }));

function decisionFor(item: WorldItem, decidedAtNs: number): Decision {
  const { alongMm, acrossMm } = extentOf(item);
  return {
    itemId: String(item.index), bin: item.material === 'trash' ? RESIDUE : item.material, reason: 'recipe', prediction: undefined, decidedAtNs,
    position: { positionCounts: item.entryCounts, yMm: item.yMm, lengthMm: alongMm, widthMm: acrossMm },
  };
}

async function sortAll(setup: { seed: number; beltMmPerSecond: number; itemsPerSecond: number }): Promise<{ bins: Map<number, string>; settled: SchedulerEvent[]; world: ReturnType<typeof createWorld> }> {
  const clock = new ManualClock();
  const motion = new BeltMotion();
  const world = createWorld({ ...setup, countsPerMm: 5, itemCount: ITEMS });
  const cable = createMemoryCable({ clock, latencyMs: 0.3 });
  const belt = new BeltClock();
  const bins = new Map<number, string>();
  const settled: SchedulerEvent[] = [];
  const twin = createTwin({
    clock, random: createRandom(1), log: silentLogger, motion, world, actuators, countsPerMm: 5, cable,
    options: twinOptions.parse({ beltMmPerSecond: setup.beltMmPerSecond }),
    sink: (event) => { if (event.kind === 'landed') bins.set(event.landed.index, event.landed.bin); },
  });
  const link = createLink({
    clock, log: silentLogger, random: createRandom(2), transport: cable.host, options: linkTimingOptions.parse({}),
    outputs: actuators.map(({ output, maxOnMs }) => ({ output, maxOnMs, safeOn: false })),
    sink: (event) => {
      if (event.kind === 'belt.sample') belt.add(event.sample);
      if (event.kind === 'link.up') void link.arm();
      if (event.kind === 'command.fired') scheduler.onFired(event);
      if (event.kind === 'command.missed') scheduler.onMissed(event);
    },
  });
  const scheduler: Scheduler = new Scheduler({
    clock, log: silentLogger, calibration: { countsPerMm: 5 }, belt, actuators, link, options: schedulerOptions.parse({}),
    sink: (event) => { if (event.kind === 'settled') settled.push(event); },
  });
  await twin.start();
  link.start();
  await clock.advanceMs(1000);
  for (let index = 0; index < ITEMS; index++) {
    const item = world.item(index)!;
    await clock.advanceTo(motion.timeAtCounts(item.entryCounts + DECIDED_MM * 5, clock.nowNs())!);
    const decision = decisionFor(item, clock.nowNs());
    if (decision.bin === RESIDUE) scheduler.letPass(decision);
    else scheduler.submit(decision);
  }
  await clock.advanceMs(15_000);
  return { bins, settled, world };
}

describe('a perfect eye', () => {
  test.each([
    { seed: 7, beltMmPerSecond: 350, itemsPerSecond: 1 },
    { seed: 8, beltMmPerSecond: 2500, itemsPerSecond: 10 },
  ])('at $itemsPerSecond items/s on a belt at $beltMmPerSecond mm/s everything lands as the line says', async (setup) => {
    const { bins, settled, world } = await sortAll(setup);
    expect(bins.size).toBe(ITEMS);
    const wrong: string[] = [];
    for (let index = 0; index < ITEMS; index++) {
      const material = world.item(index)!.material;
      const ending = settled.find((event) => event.itemId === String(index));
      const expected = ending?.kind === 'settled' && ending.outcome === 'sorted' ? material : RESIDUE;
      if (bins.get(index) !== expected) wrong.push(`item ${index} ${material}: ${JSON.stringify(ending)} but landed in ${bins.get(index)}`);
    }
    expect(wrong).toEqual([]);
    const sorted = settled.filter((event) => event.kind === 'settled' && event.outcome === 'sorted');
    for (const event of sorted) expect(event).toMatchObject({ countError: 0 });
    // Every neighbour keeps its distance, so nothing needs to be given up.
    expect(sorted).toHaveLength(Array.from({ length: ITEMS }, (_, index) => world.item(index)!).filter((item) => item.material !== 'trash').length);
  });
});
