// `sortline simulate`: the production line in virtual time. Same flow, vision, model, link and scheduler; the edges are the
// virtual belt, the board twin on a cable in memory, and a clock that moves as fast as this machine can follow.
import { availableParallelism } from 'node:os';
import { ManualClock } from '../base/manual-clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { NS_PER_S } from '../base/units.ts';
import { openClassifier } from '../classify/open-classifier.ts';
import type { ClassifyOptions } from '../classify/options.ts';
import { withOneSession } from '../classify/options.ts';
import type { Config } from '../config/schema.ts';
import { recipeOf } from '../decide/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { Outcome } from '../domain/decision.ts';
import type { LineEvent, LineSink } from '../domain/line-event.ts';
import { createLink } from '../link/host-link.ts';
import { createMemoryCable } from '../sim/board-cable.ts';
import type { BinTruth } from '../sim/truth-totals.ts';
import { fanOut } from './fan-out.ts';
import { Line } from './line.ts';
import { outputsOf } from './outputs.ts';
import { simulatedPlant } from './simulated-plant.ts';
import { timedClassifier } from './timed-classifier.ts';
import { inVirtualTime } from './virtual-time.ts';
import { openVirtualVision } from './virtual-vision.ts';
import { VirtualPlant } from './virtual-plant.ts';

/** What one crop costs in virtual time: about a ResNet-18 on two cores of an edge box. */
const INFERENCE_MS = 25;
/** Bytes reach the other end of the cable in memory after this long, as over a USB serial port. */
const CABLE_LATENCY_MS = 1;
const STEP_MS = 200;
/** Belt time after which a run that has not settled every item is given up: something is stuck. */
const GIVE_UP_S = 120;

export interface SimulationReport {
  readonly items: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Items whose command could not be armed or fired in time. */
  readonly late: number;
  /** Largest distance between a target and the count at which the board fired, counts. */
  readonly maxCountError: number;
  readonly bins: Readonly<Record<string, BinTruth>>;
  /** Share of classified items whose material was right. */
  readonly accuracy: number | null;
  readonly beltSeconds: number;
  readonly wallSeconds: number;
  readonly seed: number;
  /** Objects the line believed to see that were none. */
  readonly phantoms: number;
}

export interface SimulateOptions {
  readonly config: Config;
  readonly calibration: Calibration;
  readonly log: Logger;
  readonly items: number;
  readonly seed: number;
  /** Also receives every event, in order. */
  readonly sink?: LineSink;
}

/** Runs `items` items past the line; the same options give the same report but for `wallSeconds`. */
export async function simulateLine(options: SimulateOptions): Promise<SimulationReport> {
  const startedMs = performance.now();
  const { config, calibration, log, items, seed } = options;
  const clock = new ManualClock();
  const cable = createMemoryCable({ clock, latencyMs: CABLE_LATENCY_MS });
  const tally = new Tally();
  const { camera, plant: plantOptions } = simulatedPlant(config, calibration, { items, seed });
  const plant: VirtualPlant = new VirtualPlant({
    clock, log, cable, actuators: config.actuators, sink: (event) => sink(event),
    options: plantOptions,
  });
  const sink = fanOut([plant.observe, tally.observe, options.sink ?? (() => undefined)]);
  const classifier = await openClassifier(besideTheBelt(config.classifier), log);
  const line = new Line({
    clock, log, calibration, runId: `sim-${seed}`, sink,
    openVision: (visionSink) => openVirtualVision({
      clock, log, calibration, config, camera, plant, sink: visionSink,
      classifier: timedClassifier(classifier, clock, INFERENCE_MS),
    }),
    openLink: (linkSink) => createLink({
      clock, log, random: createRandom(seed), transport: cable.host, options: config.link.timing, outputs: outputsOf(config.actuators), sink: linkSink,
    }),
    options: {
      autoStart: true, recipe: recipeOf(config.recipe), bins: config.bins, actuators: config.actuators,
      scheduler: config.scheduler, decide: config.decide,
    },
  });
  await plant.twin.start();
  await line.start();
  const beltSeconds = await runUntilLanded(clock, plant, line);
  await inVirtualTime(clock, line.stop('simulation over'), STEP_MS);
  await inVirtualTime(clock, plant.twin.stop(), STEP_MS);
  await classifier.close();
  const truth = plant.truth.report(line.recipe);
  return {
    items: truth.items, outcomes: truth.outcomes, late: tally.late, maxCountError: tally.maxCountError, bins: truth.bins,
    accuracy: truth.accuracy, beltSeconds, wallSeconds: (performance.now() - startedMs) / 1000, seed, phantoms: truth.phantoms,
  };
}

/** One batch at a time, in a thread per core: with more they take turns with those that draw and look at the belt (12 % slower). */
function besideTheBelt(options: ClassifyOptions): ClassifyOptions {
  const { threads, ...rest } = withOneSession(options);
  return { ...rest, threads: { ...threads, intraOp: threads.intraOp > 0 ? threads.intraOp : availableParallelism() } };
}

/** Moves time until every item has left the belt and every one seen is settled; the seconds that took. */
async function runUntilLanded(clock: ManualClock, plant: VirtualPlant, line: Line): Promise<number> {
  const { itemCount } = plant.world;
  let progressNs = clock.nowNs();
  let landed = 0;
  while (plant.truth.landedCount < itemCount || line.openItemCount > 0) {
    await clock.advanceMs(STEP_MS);
    if (plant.truth.landedCount > landed) progressNs = clock.nowNs();
    landed = plant.truth.landedCount;
    if (clock.nowNs() - progressNs > GIVE_UP_S * NS_PER_S) break;
  }
  return clock.nowNs() / NS_PER_S;
}

/** What the report needs beyond the ground truth. */
class Tally {
  late = 0;
  maxCountError = 0;

  readonly observe: LineSink = (event: LineEvent) => {
    if (event.kind !== 'item.settled') return;
    if (event.cause === 'too-late' || event.cause === 'late-on-board') this.late++;
    if (event.countError !== undefined) this.maxCountError = Math.max(this.maxCountError, Math.abs(event.countError));
  };
}
