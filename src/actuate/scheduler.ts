// From decisions to timed commands on the board, one ending per item. The host never fires: it names the count at which the
// board does, and what cannot be armed in time is not sent. Commands go out at once, so that a stall of this process moves
// nothing; what is learned later takes them back. The written rule for items too close together is docs/scheduling.md;
// `submit` follows it line by line. Not here: belt-wide interlocks and operator state (app), the wire (link).
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BeltClock } from '../domain/belt-clock.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { BinId, Decision, FireCommand, ItemId, Outcome, OutcomeCause } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { BeltPosition } from '../domain/item.ts';
import type { CommandResult, Link, LinkEvent } from '../link/link.ts';
import type { BeltItem } from './belt-items.ts';
import { BeltItems, isTakenWrongly } from './belt-items.ts';
import type { LivePulse } from './live-pulse.ts';
import { allItemsOf, joinerOf, reservedBy } from './live-pulse.ts';
import type { ActuatorOptions, SchedulerOptions } from './options.ts';
import type { Ending } from './outcome-of.ts';
import { endingOfAbandon, endingOfMissed, endingOfResult } from './outcome-of.ts';
import type { BeltNow, PulsePlan } from './pulse.ts';
import { areTooClose, countsIn, isAhead, mergePulses, planPulse } from './pulse.ts';

export type SchedulerEvent =
  /** A command was handed to the link. `replaces` names the command it stands for, where an item joined a pulse already sent. */
  | { readonly kind: 'commanded'; readonly itemId: ItemId; readonly command: FireCommand; readonly atNs: MonotonicNs; readonly replaces?: number }
  | {
      readonly kind: 'settled'; readonly itemId: ItemId;
      /** Where the item goes by this ending: its bin when sorted, else the residue. */
      readonly bin: BinId;
      readonly outcome: Outcome; readonly cause: OutcomeCause;
      readonly firedAtCounts?: EncoderCounts; readonly countError?: number;
    };

export interface SchedulerDeps {
  clock: Clock;
  log: Logger;
  calibration: Pick<Calibration, 'countsPerMm'>;
  belt: BeltClock;
  actuators: readonly ActuatorOptions[];
  link: Pick<Link, 'schedule' | 'cancel'>;
  sink: (event: SchedulerEvent) => void;
  options: SchedulerOptions;
}

const NEIGHBOUR: Ending = { outcome: 'inhibited', cause: 'neighbour' };
const MAX_COMMAND_ID = 65_535;
/** Bounds of a wait for a report, so that a changing belt speed is noticed and a timer never overflows. */
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 60_000;
const RESTING_BELT_RECHECK_MS = 1000;

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #actuatorByBin: ReadonlyMap<BinId, ActuatorOptions>;
  readonly #items: BeltItems;
  readonly #live = new Map<number, LivePulse>();
  /** Reported as fired, but the output may still be on or recovering. */
  #spent: PulsePlan[] = [];
  #lastCommandId = 0;
  /** Reports about commands that are not known any more, since creation. */
  strayReportCount = 0;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#actuatorByBin = new Map(deps.actuators.map((actuator) => [actuator.bin, actuator]));
    this.#items = new BeltItems(Math.max(0, ...deps.actuators.map((actuator) => actuator.offsetMm)));
  }

  /** Commands the board holds or may hold. */
  get pendingCount(): number {
    return this.#live.size;
  }

  /** Takes an item decided for a bin; it settles exactly once, possibly before this returns. */
  submit(decision: Decision): void {
    const belt = this.#beltNow();
    const actuator = this.#actuatorByBin.get(decision.bin);
    const item = this.#items.add(decision, actuator?.offsetMm ?? Infinity);
    if (actuator === undefined) return this.#giveUp(item, { outcome: 'inhibited', cause: 'bin-disabled' });
    if (belt === undefined) return this.#giveUp(item, { outcome: 'missed', cause: 'link-down' });
    this.#prune(belt);
    const plan = planPulse(item, actuator, belt);
    if (!isAhead(plan.fireAtCounts, belt, this.#deps.options.minLeadMs)) return this.#giveUp(item, { outcome: 'missed', cause: 'too-late' });
    if (!this.#protect(item, belt)) return this.#giveUp(item, NEIGHBOUR);
    if (this.#items.isAnyTakenWrongly(plan, belt)) return this.#giveUp(item, NEIGHBOUR);
    if (this.#spent.some((spent) => spent.actuator === actuator && areTooClose(spent, plan, belt))) return this.#giveUp(item, NEIGHBOUR);
    const near = [...this.#live.values()].filter((live) => live.plan.actuator === actuator && areTooClose(reservedBy(live), plan, belt));
    if (near.length === 0) return this.#send(plan, [item]);
    const joined = near.length === 1 ? this.#merged(near[0]!, plan, belt) : undefined;
    if (joined === undefined) return this.#giveUp(item, NEIGHBOUR);
    this.#join(near[0]!, joined, item);
  }

  /** Takes notice of an item decided for the residue: no pulse may act on it. Settling it is not the scheduler's. */
  letPass(decision: Decision): void {
    const belt = this.#beltNow();
    if (belt === undefined) return;
    this.#prune(belt);
    this.#protect(this.#items.add({ ...decision, bin: RESIDUE }, Infinity), belt);
  }

  /** Last count at which a decision, for whatever bin, can still be armed; undefined while the belt's place is unknown. */
  latestDecisionCounts(position: BeltPosition): EncoderCounts | undefined {
    const belt = this.#beltNow();
    if (belt === undefined || this.#deps.actuators.length === 0) return undefined;
    const { minLeadMs, decisionReserveMs } = this.#deps.options;
    const firstCounts = Math.min(...this.#deps.actuators.map((actuator) => planPulse(position, actuator, belt).fireAtCounts));
    return Math.floor(firstCounts - countsIn(minLeadMs + decisionReserveMs, belt)) - 1;
  }

  onFired(report: Pick<Extract<LinkEvent, { kind: 'command.fired' }>, 'commandId' | 'firedAtCounts' | 'targetCounts'>): void {
    const live = this.#take(report.commandId);
    if (live === undefined) return this.#stray('fired', report.commandId);
    this.#spent.push(live.plan);
    for (const item of live.riders) {
      item.leavesAtMm = live.plan.actuator.offsetMm;
      this.#deps.sink({
        kind: 'settled', itemId: item.itemId, bin: item.bin, outcome: 'sorted', cause: 'fired',
        firedAtCounts: report.firedAtCounts, countError: report.firedAtCounts - report.targetCounts,
      });
    }
    const joiner = joinerOf(live);
    if (joiner !== undefined) this.#giveUp(joiner, NEIGHBOUR);
  }

  onMissed(report: Pick<Extract<LinkEvent, { kind: 'command.missed' }>, 'commandId' | 'cause'>): void {
    const live = this.#live.get(report.commandId);
    if (live === undefined) return this.#stray('missed', report.commandId);
    if (report.cause === 'cancelled' && live.withdrawing !== undefined) {
      // The answer to our own cancel; its acknowledgement decides what follows.
      live.reportedCancelled = true;
      return;
    }
    this.#finish(live, endingOfMissed(report.cause));
  }

  /** Settles everything open: after a safe state, a pause or a lost board. The board's queue is the caller's to flush. */
  abandonAll(cause: OutcomeCause): void {
    const ending = endingOfAbandon(cause);
    this.#spent = [];
    for (const live of [...this.#live.values()]) {
      this.#take(live.commandId);
      for (const item of allItemsOf(live)) {
        item.leavesAtMm = Infinity;
        this.#settle(item, ending);
      }
    }
  }

  #send(plan: PulsePlan, riders: BeltItem[], replaces?: number): void {
    const { clock, link, sink } = this.#deps;
    const command: FireCommand = { commandId: this.#nextCommandId(), output: plan.actuator.output, fireAtCounts: plan.fireAtCounts, holdMs: plan.holdMs };
    const live: LivePulse = {
      commandId: command.commandId, plan, riders, withdrawing: undefined, unacknowledged: false, reportedCancelled: false,
      restingSinceNs: undefined, timer: undefined,
    };
    this.#live.set(live.commandId, live);
    void link.schedule(command).then((result) => this.#answered(live, result));
    for (const { itemId } of riders) sink({ kind: 'commanded', itemId, command, atNs: clock.nowNs(), ...(replaces !== undefined && { replaces }) });
    this.#awaitReport(live);
  }

  #answered(live: LivePulse, result: CommandResult): void {
    if (this.#live.get(live.commandId) !== live) return;
    if (result.result === 'timed-out') live.unacknowledged = true;
    const ending = endingOfResult(result);
    if (ending !== undefined) this.#finish(live, ending);
  }

  /** The pulse that would fire for both; undefined where one pulse cannot, or the sent one cannot be replaced any more. */
  #merged(live: LivePulse, plan: PulsePlan, belt: BeltNow): PulsePlan | undefined {
    if (live.withdrawing !== undefined || live.unacknowledged) return undefined;
    const merged = mergePulses(live.plan, plan, belt);
    if (merged === undefined || this.#items.isAnyTakenWrongly(merged, belt)) return undefined;
    // Two messages must pass one after the other: the cancel and the new command.
    if (!isAhead(merged.fireAtCounts, belt, 2 * this.#deps.options.minLeadMs)) return undefined;
    const crowded = [...this.#live.values()].some((other) =>
      other !== live && other.plan.actuator === plan.actuator && areTooClose(reservedBy(other), merged, belt));
    return crowded ? undefined : merged;
  }

  #join(live: LivePulse, merged: PulsePlan, joiner: BeltItem): void {
    live.withdrawing = { merged, joiner };
    void this.#deps.link.cancel(live.commandId).then((result) => this.#takenBack(live, result));
  }

  /** Takes a pulse back for good; false where that would come too late. Its items stay on the belt and are protected too. */
  #withdraw(live: LivePulse, belt: BeltNow): boolean {
    if (live.withdrawing === 'for-good') return true;
    const isFresh = live.withdrawing === undefined;
    if (isFresh && !isAhead(live.plan.fireAtCounts, belt, this.#deps.options.minLeadMs)) return false;
    const joiner = joinerOf(live);
    live.withdrawing = 'for-good';
    for (const item of live.riders) item.leavesAtMm = Infinity;
    if (isFresh) void this.#deps.link.cancel(live.commandId).then((result) => this.#takenBack(live, result));
    // Not a rider: should the board fire before the cancel arrives, it fires for the riders only.
    if (joiner !== undefined) this.#giveUp(joiner, NEIGHBOUR);
    for (const item of live.riders) this.#protect(item, belt);
    return true;
  }

  #takenBack(live: LivePulse, result: CommandResult): void {
    if (this.#live.get(live.commandId) !== live) return;
    const { withdrawing } = live;
    if (result.result !== 'acked' && !live.reportedCancelled) return this.#notTakenBack(live);
    if (withdrawing === 'for-good' || withdrawing === undefined) return this.#finish(live, NEIGHBOUR);
    const belt = this.#beltNow();
    if (belt === undefined) return this.#finish(live, { outcome: 'missed', cause: 'link-down' });
    if (!isAhead(withdrawing.merged.fireAtCounts, belt, this.#deps.options.minLeadMs)) return this.#finish(live, { outcome: 'missed', cause: 'too-late' });
    this.#take(live.commandId);
    this.#send(withdrawing.merged, [...live.riders, withdrawing.joiner], live.commandId);
  }

  /** The board still holds the command, or has fired it: the items it was sent for keep it, one that wanted to join goes without. */
  #notTakenBack(live: LivePulse): void {
    const joiner = joinerOf(live);
    live.withdrawing = undefined;
    for (const item of live.riders) item.leavesAtMm = live.plan.actuator.offsetMm;
    if (joiner !== undefined) this.#giveUp(joiner, NEIGHBOUR);
  }

  /** Takes back every pulse that would carry `item` elsewhere; false where one cannot be taken back any more. */
  #protect(item: BeltItem, belt: BeltNow): boolean {
    let isSafe = true;
    for (const live of [...this.#live.values()]) {
      if (isTakenWrongly(reservedBy(live), item, belt) && !this.#withdraw(live, belt)) isSafe = false;
    }
    return isSafe;
  }

  #giveUp(item: BeltItem, ending: Ending): void {
    item.leavesAtMm = Infinity;
    this.#settle(item, ending);
    const belt = this.#beltNow();
    if (belt !== undefined) this.#protect(item, belt);
  }

  #finish(live: LivePulse, ending: Ending): void {
    this.#take(live.commandId);
    for (const item of allItemsOf(live)) this.#giveUp(item, ending);
  }

  #take(commandId: number): LivePulse | undefined {
    const live = this.#live.get(commandId);
    live?.timer?.cancel();
    this.#live.delete(commandId);
    return live;
  }

  /** Waits until the report is overdue. One timer per command, set again where the belt slowed down meanwhile. */
  #awaitReport(live: LivePulse): void {
    const { clock, options } = this.#deps;
    const belt = this.#beltNow();
    const moving = belt !== undefined && belt.countsPerSecond > 0;
    const untilFireMs = moving ? Math.max(0, ((live.plan.fireAtCounts - belt.counts) / belt.countsPerSecond) * 1000) : RESTING_BELT_RECHECK_MS;
    const waitMs = moving ? untilFireMs + options.reportTimeoutMs : untilFireMs;
    live.timer = clock.after(Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, waitMs)), () => this.#checkReport(live));
  }

  #checkReport(live: LivePulse): void {
    const { belt, clock, options, link } = this.#deps;
    const nowNs = clock.nowNs();
    const thenCounts = belt.countsAt(nowNs - options.reportTimeoutMs * NS_PER_MS);
    const isOverdue = thenCounts === undefined || thenCounts >= live.plan.fireAtCounts;
    if (isOverdue) return this.#finish(live, live.unacknowledged ? { outcome: 'missed', cause: 'not-acknowledged' } : { outcome: 'lost', cause: 'no-report' });
    const isResting = (belt.latest?.countsPerSecond ?? 0) <= 0;
    live.restingSinceNs = isResting ? live.restingSinceNs ?? nowNs : undefined;
    if (isResting && nowNs - live.restingSinceNs! >= options.restLimitMs * NS_PER_MS) {
      void link.cancel(live.commandId);
      return this.#finish(live, { outcome: 'lost', cause: 'no-report' });
    }
    this.#awaitReport(live);
  }

  #prune(belt: BeltNow): void {
    this.#items.prune(belt);
    this.#spent = this.#spent.filter((plan) => plan.offAtCounts + countsIn(plan.actuator.recoverMs, belt) > belt.counts);
  }

  #settle(item: BeltItem, { outcome, cause }: Ending): void {
    this.#deps.sink({ kind: 'settled', itemId: item.itemId, bin: RESIDUE, outcome, cause });
  }

  #stray(report: 'fired' | 'missed', commandId: number): void {
    this.strayReportCount++;
    this.#deps.log.debug({ commandId, report }, `the board reported command ${commandId} as ${report}, which is not open any more`);
  }

  #beltNow(): BeltNow | undefined {
    const { belt, clock, calibration } = this.#deps;
    const counts = belt.countsAt(clock.nowNs());
    if (counts === undefined) return undefined;
    return { counts, countsPerSecond: Math.max(0, belt.latest?.countsPerSecond ?? 0), countsPerMm: calibration.countsPerMm };
  }

  #nextCommandId(): number {
    do this.#lastCommandId = (this.#lastCommandId % MAX_COMMAND_ID) + 1;
    while (this.#live.has(this.#lastCommandId));
    return this.#lastCommandId;
  }
}
