// The last items with what they were decided by, for the dry run of a recipe and for purity and recovery of late. Bounded: the
// oldest make room.
import type { ItemId } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import type { LandingCount, TallyCount } from '../ledger/bin-figures.ts';
import type { RecentDecision } from './dry-run.ts';

interface RecentItem {
  readonly lookMaterials: Material[];
  decision: RecentDecision | undefined;
  ending: TallyCount | undefined;
  landing: LandingCount | undefined;
}

export const RECENT_ITEMS = 500;

export class RecentItems {
  readonly #byId = new Map<ItemId, RecentItem>();

  handle(event: LineEvent): void {
    switch (event.kind) {
      case 'item.look': this.#item(event.itemId).lookMaterials.push(event.look.material); return;
      case 'item.decided': {
        const { itemId, prediction } = event.decision;
        const item = this.#item(itemId);
        if (prediction !== undefined) item.decision = { prediction, lookMaterials: [...item.lookMaterials] };
        return;
      }
      case 'item.settled': {
        const { material = '', bin, outcome, cause, confidence = 0 } = event;
        this.#item(event.itemId).ending = { material, bin, outcome, cause, items: 1, confidence };
        return;
      }
      case 'item.truth': {
        const item = this.#item(event.itemId);
        item.landing = { material: item.ending?.material ?? '', truthMaterial: event.truth.material, landedBin: event.truth.landedIn, items: 1 };
        return;
      }
      default: return;
    }
  }

  /** Those that were classified. */
  get decisions(): RecentDecision[] {
    return [...this.#byId.values()].flatMap(({ decision }) => decision ?? []);
  }

  get tallies(): TallyCount[] {
    return [...this.#byId.values()].flatMap(({ ending }) => ending ?? []);
  }

  get landings(): LandingCount[] {
    return [...this.#byId.values()].flatMap(({ landing }) => landing ?? []);
  }

  #item(itemId: ItemId): RecentItem {
    const known = this.#byId.get(itemId);
    if (known !== undefined) return known;
    const item: RecentItem = { lookMaterials: [], decision: undefined, ending: undefined, landing: undefined };
    this.#byId.set(itemId, item);
    if (this.#byId.size > RECENT_ITEMS) {
      const [oldest] = this.#byId.keys();
      this.#byId.delete(oldest!);
    }
    return item;
  }
}
