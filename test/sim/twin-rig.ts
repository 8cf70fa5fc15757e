// The twin, a cable and the host's real link in virtual time.
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import type { FireCommand } from '../../src/domain/decision.ts';
import { createLink } from '../../src/link/host-link.ts';
import type { CommandResult, Link, LinkEvent } from '../../src/link/link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { createMemoryCable } from '../../src/sim/board-cable.ts';
import type { LandingActuator } from '../../src/sim/landing.ts';
import type { TwinOptions } from '../../src/sim/options.ts';
import { twinOptions } from '../../src/sim/options.ts';
import type { Twin, TwinEvent } from '../../src/sim/twin.ts';
import { createTwin } from '../../src/sim/twin.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { createWorld } from '../../src/sim/world.ts';
import type { CableFaults } from '../../src/sim/faults/faulty-cable.ts';
import { FaultyCable } from '../../src/sim/faults/faulty-cable.ts';

export const COUNTS_PER_MM = 5;

export const ACTUATORS: readonly LandingActuator[] = [
  { output: 0, bin: 'glass', offsetMm: 900, leadMs: 12, zoneMm: 40 },
  { output: 3, bin: 'metal', offsetMm: 1300, leadMs: 12, zoneMm: 40 },
];

export interface TwinRig {
  clock: ManualClock;
  motion: BeltMotion;
  twin: Twin;
  link: Link;
  events: LinkEvent[];
  twinEvents: TwinEvent[];
  bad: FaultyCable;
  of<K extends LinkEvent['kind']>(kind: K): Extract<LinkEvent, { kind: K }>[];
  landed(): { index: number; bin: string }[];
}

export function createTwinRig(setup: { seed?: number; faults?: CableFaults; startCounts?: number; options?: Partial<TwinOptions>; world?: Partial<WorldOptions> } = {}): TwinRig {
  const clock = new ManualClock({ startNs: 3e12 });
  const random = createRandom(setup.seed ?? 1);
  const options = { ...twinOptions.parse({ beltMmPerSecond: 500 }), ...setup.options };
  const motion = new BeltMotion({ atNs: clock.nowNs(), counts: setup.startCounts ?? 0 });
  const bad = new FaultyCable({ clock, random: random.fork(1) }, setup.faults ?? {});
  const memory = createMemoryCable();
  const cable = setup.faults === undefined ? memory : bad;
  const world = createWorld({ seed: 7, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 1, beltMmPerSecond: options.beltMmPerSecond, startCounts: setup.startCounts ?? 0, ...setup.world });
  const events: LinkEvent[] = [];
  const twinEvents: TwinEvent[] = [];
  const twin = createTwin({
    clock, random: random.fork(2), log: silentLogger, motion, world, actuators: ACTUATORS, countsPerMm: COUNTS_PER_MM, cable, options,
    sink: (event) => void twinEvents.push(event),
  });
  const link = createLink({
    clock, random: random.fork(3), log: silentLogger, transport: cable.host, options: linkTimingOptions.parse({}),
    outputs: ACTUATORS.map(({ output }) => ({ output, maxOnMs: 200, safeOn: false })),
    sink: (event) => void events.push(event),
  });
  return {
    clock, motion, twin, link, events, twinEvents, bad,
    of: (kind) => events.filter((event): event is never => event.kind === kind),
    landed: () => twinEvents.flatMap((event) => (event.kind === 'landed' ? [{ index: event.landed.index, bin: event.landed.bin }] : [])),
  };
}

/** Starts both ends and waits until the board can be armed. */
export async function bringUp(rig: TwinRig): Promise<void> {
  await rig.twin.start();
  rig.link.start();
  await advanceUntil(rig, 10_000, () => rig.of('link.up').length > 0);
}

export async function armed(setup: Parameters<typeof createTwinRig>[0] = {}): Promise<TwinRig> {
  const rig = createTwinRig(setup);
  await bringUp(rig);
  const result = await settle(rig, rig.link.arm());
  if (result.result !== 'acked') throw new Error(`arm: ${JSON.stringify(result)}`);
  // The first samples tell the link where the belt is.
  await rig.clock.advanceMs(100);
  return rig;
}

export async function advanceUntil(rig: TwinRig, limitMs: number, condition: () => boolean): Promise<void> {
  for (let ms = 0; ms < limitMs && !condition(); ms += 5) await rig.clock.advanceMs(5);
  if (!condition()) throw new Error(`did not happen within ${limitMs} ms: ${rig.events.map(({ kind }) => kind).filter((kind) => kind !== 'belt.sample').join(' ')}`);
}

export async function settle<T>(rig: TwinRig, promise: Promise<T>): Promise<T> {
  let done = false;
  void promise.finally(() => { done = true; });
  await advanceUntil(rig, 10_000, () => done);
  return promise;
}

export function schedule(rig: TwinRig, command: Partial<FireCommand> & Pick<FireCommand, 'commandId' | 'fireAtCounts'>): Promise<CommandResult> {
  return rig.link.schedule({ output: 0, holdMs: 24, ...command });
}
