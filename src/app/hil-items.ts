// The items part of a hardware-in-the-loop run: the production line, with pictures of a virtual belt or of a recording, and a board that
// fires for real. The board's encoder is the master: a picture is shown when the board has counted so far, so the pace is the encoder's.
//
//   board ── samples ──▶ BoardMotion ──▶ pictures ──▶ vision ──▶ decide ──▶ schedule ──▶ board
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { EncoderCounts } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import { virtualBeltCameraOptions } from '../camera/options.ts';
import type { Config } from '../config/schema.ts';
import { recipeOf } from '../decide/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { Outcome } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { createLink } from '../link/host-link.ts';
import type { Link, LinkStats } from '../link/link.ts';
import type { Transport } from '../link/transport.ts';
import type { Vision, VisionSink } from '../vision/vision.ts';
import { createWorld } from '../sim/world.ts';
import { BoardMotion } from './board-motion.ts';
import type { CommandBook } from './hil-book.ts';
import type { RecordedPictures } from './hil-recording.ts';
import { openRecordedVision } from './hil-recording.ts';
import { Line } from './line.ts';
import { openVisionProcess } from './open-vision-process.ts';
import { outputsOf } from './outputs.ts';
import { worldOptionsOf } from './virtual-plant.ts';

export interface ItemsDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  calibration: Calibration;
  transport: Transport;
  baudRate: number | undefined;
  book: CommandBook;
  /** Where the board's encoder stands: the belt's first picture lies ahead of it. */
  startCounts: EncoderCounts;
  pictures: { readonly kind: 'virtual'; readonly items: number; readonly seed: number } | RecordedPictures;
  onProgress(itemsSettled: number): void;
}

export type LinkTotals = Readonly<Record<'framesSent' | 'framesReceived' | 'retransmissions' | 'framesInvalid' | 'framesForeign', number>>;

export interface ItemsResult {
  readonly itemsSeen: number;
  /** Items that passed the camera, where they are known beforehand. */
  readonly itemsShown: number | undefined;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly alarms: readonly string[];
  /** Since the session opened: what an earlier one left in the cable's buffers is not the board's fault. */
  readonly linkStats: LinkTotals;
  readonly seconds: number;
}

const POLL_MS = 100;
/** The vision process and its model load meanwhile. */
const START_WITHIN_S = 120;
/** Without a new item for so long the run is stuck. */
const STUCK_S = 60;

/** Throws HIL_FAILED where the line does not come to run, or stops before all items have passed. */
export async function playItems(deps: ItemsDeps): Promise<ItemsResult> {
  const { clock, log, config, calibration, transport, baudRate, book, pictures } = deps;
  const motion = new BoardMotion({ atNs: clock.nowNs(), counts: deps.startCounts });
  const tally = new ItemTally(deps.onProgress);
  let link: Link | undefined;
  let opened: LinkTotals | undefined;
  const scene = sceneOf(deps, motion);
  const line = new Line({
    clock, log, calibration, runId: 'hil', sink: tally.hear,
    openVision: scene.openVision,
    openLink: (linkSink) => {
      link = createLink({
        clock, log, random: createRandom(randomInt(2 ** 32 - 1)), transport, options: config.link.timing, outputs: outputsOf(config.actuators),
        sink: book.listening((event) => {
          if (event.kind === 'belt.sample') motion.follow(event.sample);
          if (event.kind === 'link.up') opened ??= totalsOf(link!.stats);
          linkSink(event);
        }),
        ...(baudRate === undefined ? {} : { baudRate }),
      });
      return book.watch(link);
    },
    options: { autoStart: true, recipe: recipeOf(config.recipe), bins: config.bins, actuators: config.actuators, scheduler: config.scheduler, decide: config.decide },
  });
  const beganNs = clock.nowNs();
  try {
    await line.start();
    await untilRunning(line, clock);
    await untilPassed({ line, clock, tally, isOver: scene.isOver });
  } finally {
    await line.stop(pictures.kind === 'virtual' ? 'all items have passed' : 'the recording is at its end');
  }
  return { itemsSeen: tally.seen, itemsShown: pictures.kind === 'virtual' ? pictures.items : undefined, outcomes: tally.outcomes, alarms: [...tally.alarms], linkStats: totalsOf(link!.stats, opened), seconds: (clock.nowNs() - beganNs) / NS_PER_S };
}

function totalsOf(stats: LinkStats & { readonly framesForeign?: number }, before?: LinkTotals): LinkTotals {
  const { framesSent, framesReceived, retransmissions, framesInvalid, framesForeign = 0 } = stats;
  const totals = { framesSent, framesReceived, retransmissions, framesInvalid, framesForeign };
  if (before === undefined) return totals;
  return {
    framesSent: framesSent - before.framesSent, framesReceived: framesReceived - before.framesReceived, retransmissions: retransmissions - before.retransmissions,
    framesInvalid: framesInvalid - before.framesInvalid, framesForeign: framesForeign - before.framesForeign,
  };
}

interface Scene {
  openVision(sink: VisionSink): Vision;
  /** Nothing more will come into the picture. */
  isOver(): boolean;
}

function sceneOf({ clock, log, config, calibration, startCounts, pictures }: ItemsDeps, motion: BoardMotion): Scene {
  if (pictures.kind === 'recording') return openRecordedVision({ clock, log, config, calibration, pictures, motion, startCounts });
  const { countsPerMm } = config.sim.twin;
  const world = createWorld({ ...worldOptionsOf({ ...config.sim, world: { ...config.sim.world, seed: pictures.seed, itemCount: pictures.items } }, countsPerMm), startCounts });
  const { source } = config.camera;
  const camera = { ...config.camera, source: source.kind === 'virtual-belt' ? source : virtualBeltCameraOptions.parse({ kind: 'virtual-belt', ...calibration.frameSize }) };
  const furthestMm = Math.max(...config.actuators.map(({ offsetMm }) => offsetMm)) + calibration.frameSize.width;
  const lastCounts = world.item(world.itemCount - 1)!.entryCounts + furthestMm * countsPerMm;
  return {
    openVision: (sink) => openVisionProcess({ config: { ...config, camera }, calibration, clock, log, sink, plant: { world, motion } }),
    isOver: () => motion.countsAt(clock.nowNs()) > lastCounts,
  };
}

async function untilRunning(line: Line, clock: Clock): Promise<void> {
  const endNs = clock.nowNs() + START_WITHIN_S * NS_PER_S;
  while (line.state !== 'running') {
    if (clock.nowNs() > endNs) throw new SortlineError('HIL_FAILED', `the line did not come to run within ${START_WITHIN_S} s: ${line.state}, ${line.stateReason}`);
    await delay(clock, POLL_MS);
  }
}

async function untilPassed({ line, clock, tally, isOver }: { line: Line; clock: Clock; tally: ItemTally; isOver: () => boolean }): Promise<void> {
  let settled = 0, progressNs = clock.nowNs();
  while (!isOver() || line.openItemCount > 0) {
    if (tally.settled > settled) progressNs = clock.nowNs();
    settled = tally.settled;
    if (line.state !== 'running') throw new SortlineError('HIL_FAILED', `the line stopped after ${settled} items: ${line.stateReason}`);
    if (clock.nowNs() - progressNs > STUCK_S * NS_PER_S) throw new SortlineError('HIL_FAILED', `no item was settled for ${STUCK_S} s, after ${settled}: does the belt's encoder turn?`);
    await delay(clock, POLL_MS);
  }
}

class ItemTally {
  seen = 0;
  settled = 0;
  readonly outcomes: Partial<Record<Outcome, number>> = {};
  readonly alarms = new Set<string>();
  readonly #onProgress: (settled: number) => void;

  constructor(onProgress: (settled: number) => void) {
    this.#onProgress = onProgress;
  }

  readonly hear = (event: LineEvent): void => {
    if (event.kind === 'item.seen') this.seen++;
    if (event.kind === 'alarm.raised') this.alarms.add(`${event.alarm}: ${event.message}`);
    if (event.kind !== 'item.settled') return;
    this.settled++;
    this.outcomes[event.outcome] = (this.outcomes[event.outcome] ?? 0) + 1;
    this.#onProgress(this.settled);
  };
}
