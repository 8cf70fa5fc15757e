// Measures what the line achieved against what truly lay on the belt: joins the line's items to the world's by their
// position, then counts by material and bin. It only listens; nothing it knows may reach the line before an item has left the belt.
//
// A line item belongs to the world item nearest to it, within half a pitch; of several that claim the same one the nearest
// is it, the others are phantoms. This needs no order of events, so the same run gives the same report.
import type { EncoderCounts, MonotonicNs, Ratio } from '../base/units.ts';
import type { BinId, ItemId, Outcome } from '../domain/decision.ts';
import { OUTCOMES, RESIDUE } from '../domain/decision.ts';
import type { LineEvent, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import type { Landed } from './landing.ts';
import type { World, WorldItem } from './world.ts';

export interface BinTruth {
  /** Items that landed in it. */
  items: number;
  /** Share of those whose material the recipe sends here; null where none landed. */
  purity: Ratio | null;
  /** Share of all items of those materials that landed here; null where there were none. */
  recovery: Ratio | null;
}

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
  /** True belt travel. */
  positionCounts: EncoderCounts;
  home: WorldItem | undefined;
  outcome: Outcome | undefined;
  material: Material | undefined;
}

export class GroundTruth {
  readonly #world: World;
  readonly #itemById = new Map<ItemId, LineItem>();
  readonly #claimantsByIndex = new Map<number, LineItem[]>();
  readonly #landedByIndex = new Map<number, Landed>();
  #originCounts: EncoderCounts;

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
    switch (event.kind) {
      case 'item.seen': return this.seen(event.itemId, event.sighting.position.positionCounts);
      case 'item.settled': return this.settled(event.itemId, event.outcome, event.material);
      default: return undefined;
    }
  }

  /** The line saw an item; `positionCounts` as the line counts. */
  seen(itemId: ItemId, positionCounts: EncoderCounts): void {
    const trueCounts = positionCounts + this.#originCounts;
    const home = this.#nearest(trueCounts);
    const item: LineItem = { itemId, positionCounts: trueCounts, home, outcome: undefined, material: undefined };
    this.#itemById.set(itemId, item);
    if (home === undefined) return;
    const claimants = this.#claimantsByIndex.get(home.index);
    if (claimants === undefined) this.#claimantsByIndex.set(home.index, [item]);
    else claimants.push(item);
  }

  settled(itemId: ItemId, outcome: Outcome, material: Material | undefined): void {
    const item = this.#itemById.get(itemId);
    if (item === undefined) return;
    item.outcome = outcome;
    item.material = material;
  }

  /** A world item left the belt; the event to tell the ledger, where the line knows the item. */
  landed(landed: Landed, atNs: MonotonicNs): Extract<LineEvent, { kind: 'item.truth' }> | undefined {
    this.#landedByIndex.set(landed.index, landed);
    const item = this.#match(landed.index);
    if (item === undefined) return undefined;
    return { kind: 'item.truth', atNs, itemId: item.itemId, truth: { material: landed.material, landedIn: landed.bin } };
  }

  get landedCount(): number {
    return this.#landedByIndex.size;
  }

  report(recipe: Recipe): TruthReport {
    const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
    let unseen = 0, classified = 0, correct = 0;
    for (const landed of this.#landedByIndex.values()) {
      const item = this.#match(landed.index);
      if (item === undefined) unseen++;
      outcomes[item?.outcome ?? 'lost']++;
      if (item?.material === undefined) continue;
      classified++;
      if (item.material === landed.material) correct++;
    }
    return {
      items: this.#landedByIndex.size, outcomes, bins: this.#bins(recipe),
      accuracy: ratio(correct, classified), classified, unseen, phantoms: this.#phantomCount(),
    };
  }

  #bins(recipe: Recipe): Record<BinId, BinTruth> {
    const bins: Record<BinId, BinTruth> = {};
    const landings = [...this.#landedByIndex.values()];
    const ids = new Set([...Object.values(recipe.binByMaterial), ...landings.map((landed) => landed.bin), RESIDUE]);
    for (const bin of [...ids].sort()) {
      const here = landings.filter((landed) => landed.bin === bin);
      const wanted = landings.filter((landed) => recipe.binByMaterial[landed.material] === bin);
      const rightCount = here.filter((landed) => recipe.binByMaterial[landed.material] === bin).length;
      bins[bin] = { items: here.length, purity: ratio(rightCount, here.length), recovery: ratio(rightCount, wanted.length) };
    }
    return bins;
  }

  #match(index: number): LineItem | undefined {
    const claimants = this.#claimantsByIndex.get(index);
    if (claimants === undefined) return undefined;
    const distance = (item: LineItem): number => Math.abs(item.positionCounts - item.home!.entryCounts);
    return claimants.reduce((best, item) => (distance(item) < distance(best) ? item : best));
  }

  #nearest(trueCounts: EncoderCounts): WorldItem | undefined {
    const half = this.#world.pitchCounts / 2;
    const distance = (item: WorldItem): number => Math.abs(item.entryCounts - trueCounts);
    return this.#world.itemsBetween(trueCounts - half, trueCounts + half)
      .reduce<WorldItem | undefined>((best, item) => (best === undefined || distance(item) < distance(best) ? item : best), undefined);
  }

  #phantomCount(): number {
    let matched = 0;
    for (const index of this.#claimantsByIndex.keys()) if (this.#match(index) !== undefined) matched++;
    return this.#itemById.size - matched;
  }
}

function ratio(part: number, whole: number): Ratio | null {
  return whole === 0 ? null : part / whole;
}
