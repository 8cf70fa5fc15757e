// `sortline calibrate verify`: the line as it is runs known items, and what it saw and did is compared with what they are. On the
// virtual belt the items are the world's, known exactly, so that the error of each position at each actuator is known as well.
import type { Clock } from '../base/clock.ts';
import { delay, systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Millimetres } from '../base/units.ts';
import type { ItemsVerdict, KnownItem, SeenItem, Tolerances } from '../calibrate/judge-items.ts';
import { judgeItems, rms } from '../calibrate/judge-items.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { countsAtOffset } from '../domain/calibration.ts';
import type { ItemId } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { createWorld } from '../sim/world.ts';
import { measuredActuators } from './calibration-for.ts';
import { openLiveLine } from './live-line.ts';
import { newRunId } from './run-id.ts';
import { simulateLine } from './simulate-line.ts';
import { simulatedPlant } from './simulated-plant.ts';
import { worldOptionsOf } from './virtual-plant.ts';

const POLL_MS = 250;
/** Without an item for this long on a running belt all have passed. */
const QUIET_MS = 20_000;

export interface VerifyOptions {
  readonly config: Config;
  readonly calibration: Calibration;
  readonly log: Logger;
  readonly tolerances: Tolerances;
}

export interface VerifyReport extends ItemsVerdict {
  /** Only where the truth is known: error of an item's place when it is at an actuator, over all items and actuators, mm. */
  readonly actuatorRmsMm?: Millimetres | undefined;
  readonly actuatorWorstMm?: Millimetres | undefined;
}

/** On the virtual belt, in virtual time. */
export async function verifyVirtual({ config, calibration, log, tolerances }: VerifyOptions, { items, seed }: { readonly items: number; readonly seed: number }): Promise<VerifyReport> {
  const seen = new SeenItems();
  await simulateLine({ config, calibration, log, items, seed, sink: seen.observe });
  const { countsPerMm } = config.sim.twin;
  const world = createWorld(worldOptionsOf(simulatedPlant(config, calibration, { items, seed }).plant, countsPerMm));
  const truth = Array.from({ length: items }, (_, index) => world.item(index)!);
  const known = truth.map(({ yMm, entryCounts }, index): KnownItem => ({ yMm, pitchMm: index === 0 ? undefined : (entryCounts - truth[index - 1]!.entryCounts) / countsPerMm }));
  const list = seen.list;
  const verdict = judgeItems(known, list, tolerances, calibration);
  const errors = list.length !== items ? [] : measuredActuators(config.actuators, calibration).flatMap(({ offsetMm }, actuator) => list.map(({ positionCounts }, index) =>
    (countsAtOffset(calibration, positionCounts, offsetMm) - (truth[index]!.entryCounts + config.actuators[actuator]!.offsetMm * countsPerMm)) / countsPerMm));
  const actuatorRmsMm = rms(errors);
  return { ...verdict, actuatorRmsMm, actuatorWorstMm: errors.length === 0 ? undefined : Math.max(...errors.map(Math.abs)) };
}

/** On the real line: starts it, watches the known items pass, stops it. Throws USAGE where the line cannot start, and what opening it throws. */
export async function verifyLive({ config, calibration, log, tolerances }: VerifyOptions, known: readonly KnownItem[], clock: Clock = systemClock): Promise<VerifyReport> {
  const seen = new SeenItems();
  const live = openLiveLine({ config: { ...config, line: { ...config.line, start: 'operator' } }, calibration, clock, log, runId: newRunId(clock), sink: seen.observe });
  try {
    await live.start();
    while (live.line.state === 'starting') await delay(clock, POLL_MS);
    const started = await live.line.requestStart('calibrate verify');
    if (started.result === 'refused') throw new SortlineError('USAGE', `the line does not start: ${started.reason}`);
    for (let quietMs = 0; quietMs < QUIET_MS && seen.settledCount < known.length && live.line.state === 'running'; quietMs += POLL_MS) {
      const before = seen.list.length;
      await delay(clock, POLL_MS);
      if (seen.list.length > before || live.line.openItemCount > 0) quietMs = 0;
    }
  } finally {
    await live.stop('verification over');
  }
  return judgeItems(known, seen.list, tolerances, calibration);
}

/** What the line tells of each item, joined. */
class SeenItems {
  readonly #byId = new Map<ItemId, SeenItem>();
  settledCount = 0;

  /** By position on the belt. */
  get list(): SeenItem[] {
    return [...this.#byId.values()].sort((a, b) => a.positionCounts - b.positionCounts);
  }

  readonly observe = (event: LineEvent): void => {
    if (event.kind === 'item.seen') {
      this.#byId.set(event.itemId, { ...event.sighting.position, material: undefined, bin: undefined, outcome: undefined });
    }
    if (event.kind === 'item.decided') this.#add(event.decision.itemId, { ...event.decision.position, material: event.decision.prediction?.material });
    if (event.kind === 'item.settled') {
      this.settledCount++;
      this.#add(event.itemId, { bin: event.bin, outcome: event.outcome });
    }
  };

  #add(itemId: ItemId, facts: Partial<SeenItem>): void {
    const item = this.#byId.get(itemId);
    if (item !== undefined) this.#byId.set(itemId, { ...item, ...facts });
  }
}
