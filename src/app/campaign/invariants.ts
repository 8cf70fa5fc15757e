// What must hold at every moment of a day, whatever goes wrong. Checked at every event of the line and of the board, against
// what truly switched, moved and landed. Each violation names the invariant; the first is enough to end a day.
//
// The eye may err (a wrong material, an object that is none), and a belt may slip under an item: what the line cannot know is
// not held against it. `disturbed` says from when to when that was so.
import type { ActuatorOptions } from '../../actuate/options.ts';
import type { Clock } from '../../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../../base/units.ts';
import { NS_PER_MS } from '../../base/units.ts';
import { RESIDUE } from '../../domain/decision.ts';
import type { LineEvent, LineState } from '../../domain/line-event.ts';
import { difference32, toU32 } from '../../link/modular.ts';
import type { BeltMotion } from '../../sim/belt-motion.ts';
import type { Landed } from '../../sim/landing.ts';
import type { TwinEvent } from '../../sim/twin.ts';
import type { World } from '../../sim/world.ts';
import type { VisionEvent } from '../../vision/vision.ts';
import type { ItemFacts, SentCommand } from './day-facts.ts';
import { DayFacts } from './day-facts.ts';

export const INVARIANTS = {
  'one-outcome': 'every item seen ends in exactly one outcome, and the outcomes add up to the items',
  'no-wrong-fire': 'an output switches on only at the count of a command, and acts on the item it was sent for',
  'never-late': 'an output switches on at its count, or at most maxLateCounts after it',
  'bounded-on-time': 'no output stays on longer than its maxOnMs',
  'rest-means-rest': 'paused, safe, stopped, killed or E-stop: no output fires and the belt does not run',
  'sees-or-rests': 'a line whose vision stays away stops its belt',
  'operator-starts': 'only an operator\'s start makes the line run',
  'lands-as-told': 'an item lands in the bin the line says, and in no bin that it was not sent to',
  'ledger-complete': 'the ledger holds every item with the outcome that was told',
  'published-once': 'what the broker has is in the ledger and the other way round, in order and without a gap',
  'bounded-memory': 'queues, buffers, timers and open items stay within their bounds',
  'comes-back': 'once nothing is wrong that stops a line, an operator can start it',
  'stays-alive': 'nothing from outside makes the process throw',
} as const;
export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: InvariantName;
  /** Seconds since the day began. */
  readonly atS: number;
  readonly message: string;
}

export interface InvariantDeps {
  readonly clock: Clock;
  readonly actuators: readonly ActuatorOptions[];
  readonly world: World;
  readonly motion: BeltMotion;
  readonly countsPerMm: number;
  readonly maxLateCounts: number;
  /** True belt travel at the board's count 0, at present. */
  originCounts(): number;
  /** The object of the world that vision calls so. */
  worldIndexOf(trackId: number): number | undefined;
  onViolation(violation: Violation): void;
}

/**
 * From the line's word that motion ends to the last moment at which an output may switch on: the board's own timeout of
 * 500 ms, its samples on their way, and one lost session.
 */
const REST_LIMIT_MS = 1500;
/** Vision's warm-up, the longest pause between two attempts to reach the board, and an operator who looks in now and then. */
const COMES_BACK_MS = 60_000;
/** The 15 s that a line gives its vision to come back, and as long again for one whose process stalls meanwhile. */
const BLIND_LIMIT_MS = 30_000;
const ON_TIME_SLACK_MS = 0.1;
/** Counts that the truth and the board may differ by where an edge falls on an event. */
const EDGE_COUNTS = 1;

export class Invariants {
  readonly facts: DayFacts;
  readonly #deps: InvariantDeps;
  readonly #actuatorByOutput: ReadonlyMap<number, ActuatorOptions>;
  readonly #onByOutput = new Map<number, { readonly atNs: MonotonicNs; readonly sent: SentCommand | undefined }>();
  #state: LineState | 'killed' = 'stopped';
  #restSinceNs: MonotonicNs = 0;
  #isEStopPressed = false;
  #hasOperatorAsked = false;
  #blindSinceNs: MonotonicNs | undefined;
  #isRelayClosed = false;
  #relayClosedNs: MonotonicNs = 0;
  /** No item exposed before this can be held against the line; Infinity while a disturbance lasts. */
  #disturbedUntilNs: MonotonicNs = -Infinity;
  #disturbances = 0;
  #seenInLife = 0;
  #settledInLife = 0;
  /** Checks made, so that a report can say what was looked at. */
  checkCount = 0;

  constructor(deps: InvariantDeps) {
    this.#deps = deps;
    this.#actuatorByOutput = new Map(deps.actuators.map((actuator) => [actuator.output, actuator]));
    this.facts = new DayFacts(new Map(deps.actuators.map(({ output, bin }) => [output, bin])));
  }

  /** Every event of the present line, in order. */
  readonly hear = (event: LineEvent): void => {
    switch (event.kind) {
      case 'line.state': return this.#lineState(event.state, event.by);
      case 'item.seen':
        this.#seenInLife++;
        return this.facts.seen(event, this.#deps.worldIndexOf(event.sighting.trackId));
      case 'item.commanded': return this.facts.commanded(event);
      case 'item.settled': return this.#settled(event);
      case 'line.stats': return this.#sums(event.stats);
      default: return;
    }
  };

  /** Every event of the board and its plant, in order. */
  readonly watch = (event: TwinEvent): void => {
    switch (event.kind) {
      case 'output': return event.active ? this.#switchedOn(event.output, event.atNs) : this.#switchedOff(event.output, event.atNs);
      case 'relay': return this.#relay(event.closed);
      case 'landed': return this.#landed(event.landed);
      case 'booted': return this.disturbed();
    }
  };

  /** What the vision process says, true or not. */
  eye(word: VisionEvent['kind']): void {
    if (word === 'vision.ready') this.#blindSinceNs = undefined;
    if (word === 'vision.down') this.#blindSinceNs ??= this.#deps.clock.nowNs();
  }

  operatorAsks(): void {
    this.#hasOperatorAsked = true;
  }

  setEStop(isPressed: boolean): void {
    this.#isEStopPressed = isPressed;
  }

  /** Something moved items or counts without anybody knowing, just now. */
  disturbed(): void {
    this.#disturbedUntilNs = Math.max(this.#disturbedUntilNs, this.#deps.clock.nowNs());
  }

  /** The same, until the returned function is called. */
  disturb(): () => void {
    this.#disturbances++;
    this.disturbed();
    return () => {
      this.#disturbances--;
      this.disturbed();
    };
  }

  lineBegins(): void {
    this.#blindSinceNs = this.#deps.clock.nowNs();
    this.#seenInLife = 0;
    this.#settledInLife = 0;
  }

  lineKilled(): void {
    this.facts.lifeEnded();
    this.#become('killed');
  }

  /** Looks at what no event tells: outputs that stay on, a belt that runs although the line rests. */
  look(): void {
    this.checkCount++;
    const nowNs = this.#deps.clock.nowNs();
    for (const [output, { atNs }] of this.#onByOutput) this.#checkOnTime(output, nowNs - atNs);
    if (this.#state === 'running' && this.#blindSinceNs !== undefined && nowNs - this.#blindSinceNs > BLIND_LIMIT_MS * NS_PER_MS) {
      this.#violated('sees-or-rests', `the line runs although its vision is away since ${restS(nowNs - this.#blindSinceNs)}`);
    }
    // A board may hear of a start that was given up before it could answer; then it must hear of that, too.
    if (this.#isRelayClosed && this.#isAtRest(nowNs) && nowNs - this.#relayClosedNs > REST_LIMIT_MS * NS_PER_MS) {
      this.#violated('rest-means-rest', `the belt runs since ${restS(nowNs - this.#relayClosedNs)} although the line is ${this.#state} since ${restS(nowNs - this.#restSinceNs)}`);
    }
  }

  /** Nothing that stops a line has been wrong for so long, and still it does not run. */
  mustRun(calmMs: Milliseconds): void {
    const restMs = (this.#deps.clock.nowNs() - this.#restSinceNs) / NS_PER_MS;
    if (this.#state === 'running' || Math.min(calmMs, restMs) < COMES_BACK_MS) return;
    this.#violated('comes-back', `the line is ${this.#state} since ${(restMs / 1000).toFixed(0)} s although nothing that stops it has been wrong for ${(calmMs / 1000).toFixed(0)} s`);
  }

  fail(invariant: InvariantName, message: string): void {
    this.#violated(invariant, message);
  }

  #lineState(state: LineState, by: string): void {
    this.checkCount++;
    const before = this.#state;
    if (state === 'running') {
      if (!this.#hasOperatorAsked) this.#violated('operator-starts', `the line went from ${before} to running by '${by}' although no operator had asked`);
      if (before === 'starting' || before === 'stopped') this.#violated('operator-starts', `the line went from ${before} to running`);
    }
    if (before === 'safe' && state !== 'safe' && state !== 'running' && state !== 'stopped') this.#violated('operator-starts', `the line left safe for ${state}`);
    this.#become(state);
  }

  #become(state: LineState | 'killed'): void {
    if (state !== 'running' && this.#state === 'running') {
      this.#restSinceNs = this.#deps.clock.nowNs();
      this.#hasOperatorAsked = false;
    }
    this.#state = state;
  }

  #settled(event: Extract<LineEvent, { kind: 'item.settled' }>): void {
    this.checkCount++;
    const item = this.facts.settle(event.itemId, event);
    if (item === undefined) return this.#violated('one-outcome', `item ${event.itemId} ended (${event.outcome}, ${event.cause}) although it was not open`);
    this.#settledInLife++;
    if (item.worldIndex !== undefined) this.#checkLanding(item.worldIndex);
  }

  #sums({ itemsSeen, outcomes }: Extract<LineEvent, { kind: 'line.stats' }>['stats']): void {
    this.checkCount++;
    const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    const open = this.facts.open.size;
    if (itemsSeen !== this.#seenInLife || settled !== this.#settledInLife || settled + open !== itemsSeen) {
      this.#violated('one-outcome', `the line counts ${itemsSeen} items and ${settled} outcomes; ${this.#seenInLife} items were seen, ${this.#settledInLife} ended and ${open} are open`);
    }
  }

  #switchedOn(output: number, atNs: MonotonicNs): void {
    this.checkCount++;
    const count = this.#boardCount(atNs);
    const sent = this.facts.sentTo(output).findLast(({ command }) => Math.abs(this.#lateBy(count, command.fireAtCounts)) <= this.#deps.maxLateCounts + EDGE_COUNTS);
    this.#onByOutput.set(output, { atNs, sent });
    if (this.#isEStopPressed) this.#violated('rest-means-rest', `output ${output} switched on while the E-stop was pressed`);
    if (this.#isAtRest(atNs)) this.#violated('rest-means-rest', `output ${output} switched on although the line is ${this.#state} since ${restS(atNs - this.#restSinceNs)}`);
    if (sent === undefined) return this.#violated('no-wrong-fire', `output ${output} switched on at count ${count}, which no command names`);
    const late = this.#lateBy(count, sent.command.fireAtCounts);
    if (late < -EDGE_COUNTS || late > this.#deps.maxLateCounts) this.#violated('never-late', `output ${output} switched on ${late} counts after its target ${sent.command.fireAtCounts}`);
  }

  #switchedOff(output: number, atNs: MonotonicNs): void {
    this.checkCount++;
    const on = this.#onByOutput.get(output);
    this.#onByOutput.delete(output);
    if (on === undefined) return;
    this.#checkOnTime(output, atNs - on.atNs);
    if (on.sent !== undefined) this.#checkPulse(output, on.sent, [on.atNs, atNs]);
  }

  #checkOnTime(output: number, onNs: number): void {
    const { maxOnMs } = this.#actuatorByOutput.get(output)!;
    if (onNs > (maxOnMs + ON_TIME_SLACK_MS) * NS_PER_MS) this.#violated('bounded-on-time', `output ${output} is on for ${onNs / NS_PER_MS} ms, its longest is ${maxOnMs} ms`);
  }

  /** The pulse must meet one of the items it was sent for, unless nobody could know where that was. */
  #checkPulse(output: number, { command, riders }: SentCommand, [onNs, offNs]: readonly [MonotonicNs, MonotonicNs]): void {
    const { motion, world, countsPerMm } = this.#deps;
    const { leadMs, offsetMm, zoneMm } = this.#actuatorByOutput.get(output)!;
    const leadNs = leadMs * NS_PER_MS;
    const from = motion.countsAt(onNs + leadNs), to = motion.countsAt(offNs + leadNs);
    const known = riders.filter((item) => item.worldIndex !== undefined && !this.#isDisturbed(item));
    if (known.length < riders.length) return;
    const half = (zoneMm / 2) * countsPerMm;
    const centres = known.map(({ worldIndex }) => world.item(worldIndex!)!.entryCounts + offsetMm * countsPerMm);
    if (centres.some((centre) => from <= centre + half && to >= centre - half)) return;
    const missedByMm = centres.map((centre) => ((from + to) / 2 - centre) / countsPerMm).map((mm) => mm.toFixed(1));
    this.#violated('no-wrong-fire', `output ${output} fired command ${command.commandId} for ${riders.map(({ itemId }) => itemId).join(', ')}, and met none of them: its middle was ${missedByMm.join(', ')} mm off (behind is positive)`);
  }

  #relay(isClosed: boolean): void {
    this.checkCount++;
    this.#isRelayClosed = isClosed;
    this.#relayClosedNs = this.#deps.clock.nowNs();
    if (isClosed && this.#isEStopPressed) this.#violated('rest-means-rest', 'the belt started while the E-stop was pressed');
  }

  #landed(landed: Landed): void {
    this.checkCount++;
    this.facts.landed(landed);
    this.#checkLanding(landed.index);
  }

  #checkLanding(worldIndex: number): void {
    const bin = this.facts.landedIn(worldIndex);
    if (bin === undefined || this.#disturbances > 0) return;
    const items = this.facts.itemsOf(worldIndex);
    if (items.some((item) => this.#isDisturbed(item))) return;
    if (bin !== RESIDUE && items.length > 0 && !items.some(({ commandedBins }) => commandedBins.has(bin))) {
      this.#violated('lands-as-told', `item ${items[0]!.itemId} landed in ${bin}, where no command sent it`);
    }
    for (const { itemId, settled } of items) {
      if (settled?.outcome === 'sorted' && settled.bin !== bin) this.#violated('lands-as-told', `item ${itemId} was sorted into ${settled.bin}, and landed in ${bin}`);
    }
  }

  #isDisturbed({ exposedNs }: ItemFacts): boolean {
    return this.#disturbances > 0 || exposedNs <= this.#disturbedUntilNs;
  }

  #isAtRest(atNs: MonotonicNs): boolean {
    return this.#state !== 'running' && atNs - this.#restSinceNs > REST_LIMIT_MS * NS_PER_MS;
  }

  #boardCount(atNs: MonotonicNs): number {
    return toU32(Math.floor(this.#deps.motion.countsAt(atNs) + 1e-3) - this.#deps.originCounts());
  }

  #lateBy(count: number, targetCounts: number): number {
    return difference32(count, toU32(targetCounts));
  }

  #violated(invariant: InvariantName, message: string): void {
    this.#deps.onViolation({ invariant, atS: this.#deps.clock.nowNs() / 1e9, message });
  }
}

function restS(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

