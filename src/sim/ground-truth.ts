// Measures what the line achieved against what truly lay on the belt: joins the line's items to the world's by their
// position, then counts by material and bin. It only listens; nothing it knows may reach the line before an item has left the belt.
//
// A line item belongs to the world item nearest to it, within half a pitch; of several that claim the same one the nearest
// is it, the others are phantoms. This needs no order of events, so the same run gives the same report. Items long gone are
// folded into totals: a demo may run for weeks.
import type { EncoderCounts, MonotonicNs, Ratio } from '../base/units.ts';
import type { BinId, ItemId, Outcome } from '../domain/decision.ts';
import type { LineEvent, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import type { Landed } from './landing.ts';
import type { BinTruth } from './truth-totals.ts';
import { TruthTotals } from './truth-totals.ts';
import type { World, WorldItem } from './world.ts';

export interface TruthReport {
  /** World items that have left the belt; all other figures are about these. */
  items: number;
  /** How the line says they ended; never seen, or never settled, is `lost`. Sums to `items`. */
  outcomes: Record<Outcome, number>;
  /** By bin, `residue` included. */
  bins: Record<BinId, BinTruth>;
  /** Share of the classified items whose voted material is the true one; null where none was classified. */
  accuracy: Ratio | null;
  classified: number;
  /** World items that the line never saw. */
  unseen: number;
  /** Items of the line that are no item of the world. */
  phantoms: number;
}

interface LineItem {
  readonly itemId: ItemId;
  readonly distanceCounts: number;
  outcome: Outcome | undefined;
  material: Material | undefined;
}

interface WorldRecord {
  landed: Landed | undefined;
  readonly claimants: LineItem[];
}

/** Landings after which an item's own is final: the line has settled it long ago. */
const KEPT_LANDINGS = 256;

export class GroundTruth {
  readonly #world: World;
  readonly #totals = new TruthTotals();
  readonly #itemById = new Map<ItemId, LineItem>();
  /** By index, those not folded yet; in the order first heard of, which is nearly that of the belt. */
  readonly #recordByIndex = new Map<number, WorldRecord>();
  #originCounts: EncoderCounts;
  #landedCount = 0;

  /** `originCounts`: true belt travel at the board's count 0, see the twin's `booted` event. */
  constructor(world: World, originCounts: EncoderCounts = 0) {
    this.#world = world;
    this.#originCounts = originCounts;
  }

  /** The board restarted: counts of items seen from now on begin at another place. */
  rebase(originCounts: EncoderCounts): void {
    this.#originCounts = originCounts;
  }

  /** Takes what it needs of the line's events: a sink beside the others. */
  hear(event: LineEvent): void {
    if (event.kind === 'item.seen') this.seen(event.itemId, event.sighting.position.positionCounts);
    if (event.kind === 'item.settled') this.settled(event.itemId, event.outcome, event.material);
  }

  /** The line saw an item; `positionCounts` as the line counts. */
  seen(itemId: ItemId, positionCounts: EncoderCounts): void {
    const trueCounts = positionCounts + this.#originCounts;
    const home = this.#nearest(trueCounts);
    if (home === undefined) return void this.#totals.phantoms++;
    const item: LineItem = { itemId, distanceCounts: Math.abs(home.entryCounts - trueCounts), outcome: undefined, material: undefined };
    this.#itemById.set(itemId, item);
    this.#recordOf(home.index).claimants.push(item);
  }

  settled(itemId: ItemId, outcome: Outcome, material: Material | undefined): void {
    const item = this.#itemById.get(itemId);
    if (item === undefined) return;
    item.outcome = outcome;
    item.material = material;
  }

  /** A world item left the belt; the event to tell the ledger, where the line knows the item. */
  landed(landed: Landed, atNs: MonotonicNs): Extract<LineEvent, { kind: 'item.truth' }> | undefined {
    const record = this.#recordOf(landed.index);
    record.landed = landed;
    this.#landedCount++;
    const item = nearestOf(record.claimants);
    this.#fold(landed.index - KEPT_LANDINGS);
    if (item === undefined) return undefined;
    return { kind: 'item.truth', atNs, itemId: item.itemId, truth: { material: landed.material, landedIn: landed.bin } };
  }

  /** World items that have left the belt. */
  get landedCount(): number {
    return this.#landedCount;
  }

  report(recipe: Recipe): TruthReport {
    const totals = this.#totals.copy();
    for (const record of this.#recordByIndex.values()) addRecord(totals, record);
    const { items, outcomes, classified, correct, unseen, phantoms } = totals;
    return { items, outcomes, bins: totals.bins(recipe), accuracy: classified === 0 ? null : correct / classified, classified, unseen, phantoms };
  }

  #recordOf(index: number): WorldRecord {
    let record = this.#recordByIndex.get(index);
    if (record === undefined) {
      record = { landed: undefined, claimants: [] };
      this.#recordByIndex.set(index, record);
    }
    return record;
  }

  #nearest(trueCounts: EncoderCounts): WorldItem | undefined {
    const half = this.#world.pitchCounts / 2;
    const distance = (item: WorldItem): number => Math.abs(item.entryCounts - trueCounts);
    return this.#world.itemsBetween(trueCounts - half, trueCounts + half)
      .reduce<WorldItem | undefined>((best, item) => (best === undefined || distance(item) < distance(best) ? item : best), undefined);
  }

  /** Makes records up to `lastIndex` final. */
  #fold(lastIndex: number): void {
    for (const [index, record] of this.#recordByIndex) {
      if (index > lastIndex) break;
      addRecord(this.#totals, record);
      this.#recordByIndex.delete(index);
      for (const { itemId } of record.claimants) this.#itemById.delete(itemId);
    }
  }
}

function nearestOf(claimants: readonly LineItem[]): LineItem | undefined {
  return claimants.reduce<LineItem | undefined>((best, item) => (best === undefined || item.distanceCounts < best.distanceCounts ? item : best), undefined);
}

function addRecord(totals: TruthTotals, { landed, claimants }: WorldRecord): void {
  const item = nearestOf(claimants);
  totals.phantoms += Math.max(0, claimants.length - 1);
  if (landed !== undefined) totals.add({ material: landed.material, bin: landed.bin, item });
}
