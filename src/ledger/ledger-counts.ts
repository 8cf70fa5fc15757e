// The ledger in figures, kept in memory as events come, so that it adds up whatever happens to the disk: every item is
// open or has exactly one outcome. Purity and recovery come from ground truth, which only a simulator has.
import type { Ratio } from '../base/units.ts';
import type { BinId, ItemId, Outcome, OutcomeCause } from '../domain/decision.ts';
import { OUTCOMES, RESIDUE } from '../domain/decision.ts';
import type { GroundTruth, LineEvent, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';

export interface BinSummary {
  /** Items that landed in it by ground truth, where there is any; else items that the line sorted or passed into it. */
  readonly items: number;
  /** Share of them that belong in it by the recipe; undefined without ground truth or items. */
  readonly purity: Ratio | undefined;
  /** Share of the items that belong in it that landed in it. */
  readonly recovery: Ratio | undefined;
}

export interface LedgerSummary {
  readonly runId: string;
  /** Every item heard of: settled plus open. */
  readonly items: number;
  readonly settled: number;
  /** Items without an outcome yet, oldest first. */
  readonly openItems: readonly ItemId[];
  /** Sums to `settled`. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Sums to `settled`; causes that did not occur are absent. */
  readonly causes: Readonly<Partial<Record<OutcomeCause, number>>>;
  readonly bins: Readonly<Record<BinId, BinSummary>>;
  /** Share of the items with prediction and ground truth whose predicted material is the true one. */
  readonly accuracy: Ratio | undefined;
  /** Items whose ground truth is known. */
  readonly itemsWithTruth: number;
  /** Largest distance between a command's target count and the count it fired at. */
  readonly maxCountError: number | undefined;
  /** Events given up because the file could not be written for too long; the figures here include them. */
  readonly droppedEvents: number;
}

interface TruthCount {
  landed: number;
  /** Landed in it and belong in it. */
  home: number;
  /** Belong in it, wherever they landed. */
  belonging: number;
}

/** Predictions kept until the item's ground truth comes; a real line has none, so they are bounded. */
const KEPT_PREDICTIONS = 4096;

export class LedgerCounts {
  readonly #open = new Set<ItemId>();
  readonly #outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  readonly #causes: Partial<Record<OutcomeCause, number>> = {};
  readonly #settledByBin = new Map<BinId, number>();
  readonly #truthByBin = new Map<BinId, TruthCount>();
  readonly #predictedByItem = new Map<ItemId, Material>();
  #recipe: Recipe | undefined;
  #settled = 0;
  #truths = 0;
  #judged = 0;
  #correct = 0;
  #maxCountError: number | undefined;

  count(event: LineEvent): void {
    switch (event.kind) {
      case 'item.seen': this.#open.add(event.itemId); return;
      case 'item.decided': return this.#decided(event.decision.itemId, event.decision.prediction?.material);
      case 'item.settled': return this.#settle(event);
      case 'item.truth': return this.#truth(event.itemId, event.truth);
      case 'recipe.changed': this.#recipe = event.recipe; return;
      default: return;
    }
  }

  summary(runId: string, droppedEvents: number): LedgerSummary {
    return {
      runId, items: this.#settled + this.#open.size, settled: this.#settled, openItems: [...this.#open],
      outcomes: { ...this.#outcomes }, causes: { ...this.#causes }, bins: this.#bins(),
      accuracy: ratio(this.#correct, this.#judged), itemsWithTruth: this.#truths, maxCountError: this.#maxCountError, droppedEvents,
    };
  }

  #decided(itemId: ItemId, material: Material | undefined): void {
    if (material === undefined) return;
    this.#predictedByItem.set(itemId, material);
    if (this.#predictedByItem.size > KEPT_PREDICTIONS) {
      for (const oldest of this.#predictedByItem.keys()) {
        this.#predictedByItem.delete(oldest);
        break;
      }
    }
  }

  /** A second outcome for an item is not counted; one never seen is an item only when its cause says so. */
  #settle({ itemId, bin, outcome, cause, countError }: Extract<LineEvent, { kind: 'item.settled' }>): void {
    if (!this.#open.delete(itemId) && cause !== 'unseen') return;
    this.#settled++;
    this.#outcomes[outcome]++;
    this.#causes[cause] = (this.#causes[cause] ?? 0) + 1;
    this.#settledByBin.set(bin, (this.#settledByBin.get(bin) ?? 0) + 1);
    if (countError !== undefined) this.#maxCountError = Math.max(this.#maxCountError ?? 0, Math.abs(countError));
  }

  /** By the recipe of the moment: a change while the item is on the belt judges it by the new one. */
  #truth(itemId: ItemId, { material, landedIn }: GroundTruth): void {
    this.#truths++;
    const predicted = this.#predictedByItem.get(itemId);
    if (predicted !== undefined) {
      this.#predictedByItem.delete(itemId);
      this.#judged++;
      if (predicted === material) this.#correct++;
    }
    const landed = this.#truthOf(landedIn);
    landed.landed++;
    const home = this.#recipe?.binByMaterial[material];
    if (home === undefined) return;
    this.#truthOf(home).belonging++;
    if (home === landedIn) landed.home++;
  }

  #truthOf(bin: BinId): TruthCount {
    let count = this.#truthByBin.get(bin);
    if (count === undefined) {
      count = { landed: 0, home: 0, belonging: 0 };
      this.#truthByBin.set(bin, count);
    }
    return count;
  }

  /** Bins by name, the residue last. */
  #bins(): Record<BinId, BinSummary> {
    const names = [...new Set([...this.#settledByBin.keys(), ...this.#truthByBin.keys()])]
      .sort((a, b) => Number(a === RESIDUE) - Number(b === RESIDUE) || (a < b ? -1 : 1));
    return Object.fromEntries(names.map((bin) => [bin, this.#binSummary(bin)]));
  }

  #binSummary(bin: BinId): BinSummary {
    if (this.#truths === 0) return { items: this.#settledByBin.get(bin) ?? 0, purity: undefined, recovery: undefined };
    const { landed, home, belonging } = this.#truthByBin.get(bin) ?? { landed: 0, home: 0, belonging: 0 };
    const knowsRecipe = this.#recipe !== undefined;
    return { items: landed, purity: knowsRecipe ? ratio(home, landed) : undefined, recovery: ratio(home, belonging) };
  }
}

function ratio(part: number, whole: number): Ratio | undefined {
  return whole === 0 ? undefined : part / whole;
}
