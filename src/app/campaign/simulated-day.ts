// A day of the line in virtual time, with everything that goes wrong in it: the production line between a virtual plant, a
// simulated eye, a broker and a disk that fail as planned. The invariants are checked at every event; the first that is
// violated ends the day.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { ManualClock } from '../../base/manual-clock.ts';
import { createRandom } from '../../base/random.ts';
import type { Config } from '../../config/schema.ts';
import type { Calibration } from '../../domain/calibration.ts';
import type { Outcome } from '../../domain/decision.ts';
import { OUTCOMES } from '../../domain/decision.ts';
import type { LineEvent } from '../../domain/line-event.ts';
import { EyeFaults } from '../../sim/faults/eye-faults.ts';
import type { Fault, FaultKind, FaultOf } from '../../sim/faults/fault-kinds.ts';
import { FaultyBroker } from '../../sim/faults/faulty-broker.ts';
import { FaultyCable } from '../../sim/faults/faulty-cable.ts';
import { FaultyDisk } from '../../sim/faults/faulty-disk.ts';
import type { Scenario } from '../../sim/faults/scenario.ts';
import { VirtualPlant } from '../virtual-plant.ts';
import { FaultInjector } from './inject-faults.ts';
import type { Violation } from './invariants.ts';
import { Invariants } from './invariants.ts';
import { LineLife } from './line-life.ts';
import { Records } from './records.ts';
import { SimulatedOperator } from './simulated-operator.ts';

export interface DayOptions {
  readonly config: Config;
  readonly calibration: Calibration;
  readonly log: Logger;
  readonly scenario: Scenario;
  readonly faults: readonly Fault[];
  readonly hours: number;
  readonly seed: number;
  /** Every simulated minute. */
  readonly onProgress?: (hours: number) => void;
  /** Also receives every event of the line. */
  readonly sink?: (event: LineEvent) => void;
}

export interface DayReport {
  readonly seed: number;
  readonly hours: number;
  readonly items: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** Times the line process was started. */
  readonly lives: number;
  readonly starts: number;
  readonly published: number;
  readonly checks: number;
  readonly violation: Violation | undefined;
}

/** A UART at 115200 baud behind a USB chip. */
const CABLE = { latencyMs: 0.5, byteNs: 86_805 };
const STEP_MS = 1000;
/** After the last fault is over, the day goes on until everything is settled and published, at most this long. */
const EVENING_S = 300;
const MAX_OPEN_ITEMS = 500;
const MAX_TIMERS = 2000;

export async function simulateDay(options: DayOptions): Promise<DayReport> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-day-'));
  const day = new Day(options, join(folder, 'ledger.sqlite'));
  try {
    return await day.run();
  } finally {
    day.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Day {
  readonly #options: DayOptions;
  readonly #clock = new ManualClock();
  readonly #wall = { offsetMs: 0 };
  readonly #eyeFaults = new EyeFaults();
  readonly #disk = new FaultyDisk();
  readonly #random;
  readonly #cable: FaultyCable;
  readonly #plant: VirtualPlant;
  readonly #invariants: Invariants;
  readonly #records: Records;
  readonly #broker: FaultyBroker;
  readonly #operator: SimulatedOperator;
  readonly #injector: FaultInjector;
  readonly #config: Config;
  readonly #worldIndexByTrack = new Map<number, number | undefined>();
  readonly #outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  #life: LineLife | undefined;
  #lives = 0;
  #items = 0;
  #starts = 0;
  #isEvening = false;
  #violation: Violation | undefined;

  constructor(options: DayOptions, ledgerPath: string) {
    this.#options = options;
    const { calibration, log, scenario, seed, config } = options;
    const { belt } = scenario;
    const clock = this.#clock;
    this.#random = createRandom(seed).fork(2);
    this.#config = { ...config, ledger: { ...config.ledger, path: ledgerPath } };
    this.#cable = new FaultyCable({ clock, random: this.#random.fork(1) }, { ...CABLE });
    this.#plant = new VirtualPlant({
      clock, log, cable: this.#cable, actuators: config.actuators, sink: (event) => this.#tellTruth(event),
      onTwin: (event) => this.#invariants.watch(event),
      options: {
        twin: { ...config.sim.twin, beltMmPerSecond: belt.mmPerSecond, countsPerMm: calibration.countsPerMm },
        world: { ...config.sim.world, seed, itemsPerSecond: belt.itemsPerSecond, touchingShare: belt.touchingShare, itemCount: undefined },
      },
    });
    const { world, motion, twin } = this.#plant;
    this.#invariants = new Invariants({
      clock, actuators: config.actuators, world, motion, countsPerMm: calibration.countsPerMm, maxLateCounts: config.link.timing.maxLateCounts,
      originCounts: () => twin.originCounts, worldIndexOf: (trackId) => this.#worldIndexByTrack.get(trackId),
      onViolation: (violation) => { this.#violation ??= violation; },
    });
    this.#records = new Records({ ledgerPath, fail: (invariant, message) => this.#invariants.fail(invariant, message) });
    this.#broker = new FaultyBroker({ clock, onTaken: (message) => this.#records.published(message), onRefused: () => this.#records.refused() });
    this.#operator = new SimulatedOperator({ clock, config, life: () => this.#life, onAsk: () => this.#invariants.operatorAsks() });
    this.#injector = new FaultInjector({
      clock, config, twin, cable: this.#cable, broker: this.#broker, disk: this.#disk, eyeFaults: this.#eyeFaults, wall: this.#wall,
      operator: this.#operator, invariants: this.#invariants, beltMmPerSecond: belt.mmPerSecond, countsPerMm: calibration.countsPerMm,
      stallProcess: (ms) => this.#life?.clock.stall(ms), killProcess: (fault) => this.#kill(fault),
    });
  }

  async run(): Promise<DayReport> {
    const { hours, faults, seed } = this.#options;
    await this.#plant.twin.start();
    this.#injector.plan(faults);
    this.#begin();
    try {
      await this.#pass(hours * 3600);
      if (this.#violation === undefined) await this.#evening();
    } catch (error) {
      this.#invariants.fail('stays-alive', error instanceof Error && error.stack !== undefined ? error.stack : reasonOf(error));
    }
    return {
      seed, hours, items: this.#items, outcomes: this.#outcomes, faults: this.#injector.countByKind, lives: this.#lives, starts: this.#starts,
      published: this.#records.publishedCount, checks: this.#invariants.checkCount, violation: this.#violation,
    };
  }

  close(): void {
    this.#life?.kill();
  }

  async #pass(untilS: number): Promise<void> {
    for (let atS = this.#clock.nowNs() / 1e9; atS < untilS && this.#violation === undefined; atS += STEP_MS / 1000) {
      await this.#clock.advanceMs(STEP_MS);
      this.#invariants.look();
      if (!this.#isEvening) this.#invariants.mustRun(this.#injector.calmMs());
      this.#checkBounds();
      if (Math.round(atS) % 60 === 0) this.#options.onProgress?.(atS / 3600);
    }
  }

  /** Everything works again; what is under way ends, and the records are compared. */
  async #evening(): Promise<void> {
    this.#isEvening = true;
    this.#injector.endAll();
    this.#operator.goHome();
    const lastS = this.#clock.nowNs() / 1e9 + EVENING_S;
    do await this.#pass(this.#clock.nowNs() / 1e9 + 5);
    while (this.#violation === undefined && this.#clock.nowNs() / 1e9 < lastS && !this.#isQuiet());
    const life = this.#life;
    if (life !== undefined) {
      let hasStopped = false;
      void life.stop('the day is over').finally(() => { hasStopped = true; });
      while (!hasStopped) await this.#clock.advanceMs(STEP_MS);
      if (this.#invariants.facts.open.size > 0) this.#invariants.fail('one-outcome', `${this.#invariants.facts.open.size} items have no outcome after an orderly stop`);
    }
    await this.#plant.twin.stop();
    if (this.#violation === undefined) this.#records.compare();
  }

  #isQuiet(): boolean {
    return this.#life !== undefined && this.#life.ledger.pendingEvents === 0 && this.#life.publisher.isConnected && this.#life.publisher.pendingCount === 0;
  }

  #begin(): void {
    this.#lives++;
    this.#worldIndexByTrack.clear();
    this.#invariants.lineBegins();
    this.#life = new LineLife({
      clock: this.#clock, log: this.#options.log, config: this.#config, calibration: this.#options.calibration, plant: this.#plant, cable: this.#cable,
      broker: this.#broker, disk: this.#disk, eyeFaults: this.#eyeFaults, eye: this.#options.scenario.eye, wall: this.#wall,
      onTrack: (trackId, worldIndex) => void this.#worldIndexByTrack.set(trackId, worldIndex), judge: (event) => this.#hear(event),
      watchEye: (word) => this.#invariants.eye(word),
    }, { runId: this.#runId, random: this.#random.fork(100 + this.#lives) });
    void this.#life.start();
  }

  /** To the life whose item it is: a killed one cannot hear, and the next must not hear of items that it never saw. */
  #tellTruth(event: LineEvent): void {
    if (event.kind === 'item.truth' && event.itemId.startsWith(`${this.#runId}-`)) this.#life?.hear(event);
  }

  get #runId(): string {
    return `day-${this.#options.seed}-${this.#lives}`;
  }

  #kill({ awayS, inWrite }: FaultOf<'process.kill'>): void {
    const life = this.#life;
    if (life === undefined) return;
    const die = (): void => {
      if (this.#life !== life) return;
      this.#life = undefined;
      this.#records.lifeEnded(life.ledger.pendingEvents);
      life.kill();
      this.#invariants.lineKilled();
      this.#clock.after(awayS * 1000, () => this.#begin());
    };
    if (inWrite) this.#disk.onNextWrite = die;
    else die();
  }

  #hear(event: LineEvent): void {
    if (event.kind === 'item.seen') {
      this.#items++;
      // A track number comes once.
      this.#invariants.hear(event);
      this.#worldIndexByTrack.delete(event.sighting.trackId);
      this.#records.seen(event.itemId);
      return;
    }
    this.#invariants.hear(event);
    if (event.kind === 'item.settled') {
      this.#outcomes[event.outcome]++;
      this.#records.settled(event.itemId, event.outcome);
    }
    if (event.kind === 'line.state' && event.state === 'running') this.#starts++;
    this.#options.sink?.(event);
  }

  #checkBounds(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { line, ledger, publisher, clock } = life;
    this.#checkBound('open items', line.openItemCount, MAX_OPEN_ITEMS);
    this.#checkBound('timers', clock.timerCount, MAX_TIMERS);
    this.#checkBound('events before the ledger', ledger.pendingEvents, 50_250);
    this.#checkBound('events before the broker', publisher.pendingCount, this.#config.mqtt.outbox.maxEvents);
  }

  #checkBound(what: string, count: number, limit: number): void {
    if (count > limit) this.#invariants.fail('bounded-memory', `${count} ${what}, at most ${limit} were expected`);
  }
}
