// The life of an item in the line process: seen, looked at, decided, handed to the scheduler or to the residue, settled.
// It emits one LineEvent per step; it holds no hardware and no I/O.
//
//   vision events ─▶ looks ─▶ vote ─▶ Decision ─▶ scheduler ─▶ settled
//                                        └─ residue ─────────▶ settled
import type { Clock, Timer } from '../base/clock.ts';
import type { EncoderCounts } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { decideBin } from '../decide/decide-bin.ts';
import type { DecideOptions } from '../decide/options.ts';
import { isSettledVote, voteLooks } from '../decide/vote.ts';
import type { BeltClock } from '../domain/belt-clock.ts';
import type { BinId, Decision, DecisionReason, ItemId, Outcome, OutcomeCause, Prediction } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { BeltPosition, Look, Sighting, TrackId } from '../domain/item.ts';
import type { LineSink, Recipe } from '../domain/line-event.ts';
import type { Scheduler, SchedulerEvent } from '../actuate/scheduler.ts';

/** With the belt at rest no count is due; the deadline is looked at again after this long. */
const RESTING_BELT_RECHECK_MS = 250;

interface OpenItem {
  readonly itemId: ItemId;
  readonly sighting: Sighting;
  readonly looks: Look[];
  deadline: Timer | undefined;
  decided: boolean;
}

/** What is asked of the rest of the line when an item is decided. */
export interface DecisionInputs {
  recipe(): Recipe;
  bins(): ReadonlyMap<BinId, { readonly full: boolean; readonly enabled: boolean }>;
  isRunning(): boolean;
}

export interface ItemFlowDeps {
  clock: Clock;
  belt: BeltClock;
  scheduler: Pick<Scheduler, 'submit' | 'letPass' | 'latestDecisionCounts'>;
  inputs: DecisionInputs;
  options: DecideOptions;
  sink: LineSink;
  /** Prefix of item ids; unique per run of the service. */
  runId: string;
  /** Told for each command that a look triggered: exposure to command written without inference, ms. */
  onOverhead?: (overheadMs: number) => void;
}

export class ItemFlow {
  readonly #deps: ItemFlowDeps;
  readonly #openByTrack = new Map<TrackId, OpenItem>();
  readonly #decidedByItem = new Map<ItemId, { prediction: Prediction | undefined; lookThatDecided: Look | undefined }>();
  #itemCount = 0;

  constructor(deps: ItemFlowDeps) {
    this.#deps = deps;
  }

  /** Items seen and not yet settled. */
  get openCount(): number {
    let undecided = 0;
    for (const item of this.#openByTrack.values()) if (!item.decided) undecided++;
    return undecided + this.#decidedByItem.size;
  }

  /** The item that the vision process calls `trackId`, until it is gone. */
  itemOf(trackId: TrackId): ItemId | undefined {
    return this.#openByTrack.get(trackId)?.itemId;
  }

  seen(sighting: Sighting): void {
    const item: OpenItem = {
      itemId: `${this.#deps.runId}-${String(++this.#itemCount).padStart(6, '0')}`,
      sighting, looks: [], deadline: undefined, decided: false,
    };
    this.#openByTrack.set(sighting.trackId, item);
    this.#emit({ kind: 'item.seen', atNs: this.#deps.clock.nowNs(), itemId: item.itemId, sighting });
    this.#armDeadline(item);
  }

  looked(look: Look): void {
    const item = this.#openByTrack.get(look.trackId);
    if (item === undefined) return;
    item.looks.push(look);
    this.#emit({ kind: 'item.look', atNs: this.#deps.clock.nowNs(), itemId: item.itemId, look });
    if (item.decided) return;
    const vote = voteLooks(item.looks);
    if (isSettledVote(vote, item.looks.length, this.#deps.options)) this.#decide(item, look);
  }

  gone(trackId: TrackId): void {
    const item = this.#openByTrack.get(trackId);
    if (item === undefined) return;
    this.#openByTrack.delete(trackId);
    if (!item.decided) this.#decide(item, undefined);
  }

  /** The vision process died: what it had looked at is decided by those looks, the rest is lost. */
  visionDown(): void {
    for (const item of this.#openByTrack.values()) {
      if (item.decided) continue;
      if (item.looks.length > 0) this.#decide(item, undefined);
      else this.#lose(item);
    }
    this.#openByTrack.clear();
  }

  /** The scheduler's word on an item it was given. */
  scheduled(event: SchedulerEvent): void {
    const decided = this.#decidedByItem.get(event.itemId);
    if (event.kind === 'commanded') {
      this.#emit({ kind: 'item.commanded', atNs: event.atNs, itemId: event.itemId, command: event.command });
      const look = decided?.lookThatDecided;
      if (look !== undefined) this.#deps.onOverhead?.((event.atNs - look.capturedAtNs) / NS_PER_MS - look.inferenceMs);
      return;
    }
    this.#decidedByItem.delete(event.itemId);
    this.#settle({ itemId: event.itemId, bin: event.bin, outcome: event.outcome, cause: event.cause }, {
      prediction: decided?.prediction, firedAtCounts: event.firedAtCounts, countError: event.countError,
    });
  }

  /** Decides everything still open, for an orderly stop. */
  close(): void {
    for (const trackId of [...this.#openByTrack.keys()]) this.gone(trackId);
  }

  #decide(item: OpenItem, lookThatDecided: Look | undefined): void {
    const { inputs, options, clock, scheduler } = this.#deps;
    item.decided = true;
    item.deadline?.cancel();
    const prediction = voteLooks(item.looks);
    const { bin, reason } = decideBin({
      prediction, looks: item.looks, recipe: inputs.recipe(), bins: inputs.bins(), running: inputs.isRunning(), options,
    });
    const position: BeltPosition = item.looks.at(-1)?.position ?? item.sighting.position;
    const decision: Decision = { itemId: item.itemId, bin, reason, prediction, position, decidedAtNs: clock.nowNs() };
    this.#emit({ kind: 'item.decided', atNs: decision.decidedAtNs, decision });
    if (bin !== RESIDUE) {
      this.#decidedByItem.set(item.itemId, { prediction, lookThatDecided });
      scheduler.submit(decision);
      return;
    }
    // It still lies on the belt: no neighbour's pulse may take it.
    scheduler.letPass(decision);
    this.#settle({ itemId: item.itemId, bin, ...residueOutcome(reason) }, { prediction });
  }

  #lose(item: OpenItem): void {
    item.decided = true;
    item.deadline?.cancel();
    this.#settle({ itemId: item.itemId, bin: RESIDUE, outcome: 'lost', cause: 'vision-restart' }, { prediction: undefined });
  }

  /** An item not yet voted on is decided by what is known at the last count at which an actuator can still be armed. */
  #armDeadline(item: OpenItem): void {
    const dueCounts = this.#deps.scheduler.latestDecisionCounts(item.sighting.position);
    if (dueCounts === undefined) return;
    item.deadline = this.#deps.clock.after(this.#msUntil(dueCounts), () => {
      if (item.decided) return;
      if (this.#msUntil(dueCounts) <= 1) this.#decide(item, undefined);
      else this.#armDeadline(item);
    });
  }

  #msUntil(counts: EncoderCounts): number {
    const { belt, clock } = this.#deps;
    const now = belt.countsAt(clock.nowNs());
    const speed = belt.latest?.countsPerSecond ?? 0;
    if (now === undefined || speed <= 0) return RESTING_BELT_RECHECK_MS;
    return Math.max(0, ((counts - now) / speed) * 1000);
  }

  #settle(
    settled: { itemId: ItemId; bin: BinId; outcome: Outcome; cause: OutcomeCause },
    facts: { prediction: Prediction | undefined; firedAtCounts?: EncoderCounts | undefined; countError?: number | undefined },
  ): void {
    this.#emit({
      kind: 'item.settled', atNs: this.#deps.clock.nowNs(), ...settled,
      material: facts.prediction?.material, confidence: facts.prediction?.confidence,
      firedAtCounts: facts.firedAtCounts, countError: facts.countError,
    });
  }

  #emit: LineSink = (event) => this.#deps.sink(event);
}

/** The outcome of an item that was decided for the residue. */
function residueOutcome(reason: DecisionReason): { outcome: Outcome; cause: OutcomeCause } {
  switch (reason) {
    case 'residue-policy': return { outcome: 'passed', cause: reason };
    case 'low-confidence':
    case 'conflicting-looks':
    case 'no-look': return { outcome: 'rejected', cause: reason };
    case 'bin-full':
    case 'bin-disabled':
    case 'paused':
    case 'neighbour': return { outcome: 'inhibited', cause: reason };
    case 'recipe': return { outcome: 'passed', cause: 'residue-policy' };
  }
}
