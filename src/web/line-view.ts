// What the dashboard shows, folded from LineEvents: a page that connects late gets this once, then the events.
import type { BinId, ItemId, Outcome } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { LineEvent, LineStats, LineState, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';

const KEPT_ITEMS = 40;

export interface ItemRow {
  readonly itemId: ItemId;
  readonly material: Material | undefined;
  readonly confidence: number | undefined;
  readonly bin: BinId;
  readonly outcome: Outcome;
  readonly cause: string;
}

interface BinRow {
  full: boolean;
  enabled: boolean;
  settled: number;
  /** Of the items whose truth is known: landed here, of them rightly; and all that should have landed here. */
  landed: number;
  right: number;
  due: number;
}

export interface LineViewState {
  readonly state: LineState;
  readonly reason: string;
  readonly recipe: Recipe | undefined;
  readonly stats: LineStats | undefined;
  readonly items: readonly ItemRow[];
  readonly bins: readonly (BinRow & { readonly id: BinId })[];
  readonly alarms: readonly { alarm: string; subject: string; message: string; whatToDo: string }[];
}

export class LineView {
  #state: LineState = 'starting';
  #reason = 'starting up';
  #recipe: Recipe | undefined;
  #stats: LineStats | undefined;
  readonly #items: ItemRow[] = [];
  readonly #bins = new Map<BinId, BinRow>();
  readonly #alarms = new Map<string, { alarm: string; subject: string; message: string; whatToDo: string }>();

  handle(event: LineEvent): void {
    switch (event.kind) {
      case 'line.state':
        this.#state = event.state;
        this.#reason = event.reason;
        return;
      case 'recipe.changed': this.#recipe = event.recipe; return;
      case 'line.stats': this.#stats = event.stats; return;
      case 'alarm.raised': {
        const { alarm, subject, message, whatToDo } = event;
        return void this.#alarms.set(`${alarm}/${subject}`, { alarm, subject, message, whatToDo });
      }
      case 'alarm.cleared': return void this.#alarms.delete(`${event.alarm}/${event.subject}`);
      case 'bin.state': return void Object.assign(this.#bin(event.bin), { full: event.full, enabled: event.enabled });
      case 'item.settled': return this.#settled(event);
      case 'item.truth': {
        const due = this.#recipe?.binByMaterial[event.truth.material] ?? RESIDUE;
        const landed = this.#bin(event.truth.landedIn);
        landed.landed++;
        if (due === event.truth.landedIn) landed.right++;
        this.#bin(due).due++;
        return;
      }
      default:
    }
  }

  get lineState(): LineState {
    return this.#state;
  }

  snapshot(): LineViewState {
    return {
      state: this.#state, reason: this.#reason, recipe: this.#recipe, stats: this.#stats, items: this.#items,
      bins: [...this.#bins].map(([id, row]) => ({ id, ...row })), alarms: [...this.#alarms.values()],
    };
  }

  #settled(event: Extract<LineEvent, { kind: 'item.settled' }>): void {
    const { itemId, material, confidence, bin, outcome, cause } = event;
    this.#items.unshift({ itemId, material, confidence, bin, outcome, cause });
    this.#items.length = Math.min(this.#items.length, KEPT_ITEMS);
    // Only what was fired went to its bin; everything else fell off the end.
    this.#bin(outcome === 'sorted' ? bin : RESIDUE).settled++;
  }

  #bin(id: BinId): BinRow {
    let row = this.#bins.get(id);
    if (row === undefined) {
      row = { full: false, enabled: true, settled: 0, landed: 0, right: 0, due: 0 };
      this.#bins.set(id, row);
    }
    return row;
  }
}
