// What the dashboard shows, folded from LineEvents: a page that connects late gets this once, then changes. Bounded: the
// latest items, one row per bin and one entry per active alarm.
import type { BinId, ItemId, Outcome, OutcomeCause } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { AlarmCode, GroundTruth, LineEvent, LineStats, LineState, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';

const KEPT_ITEMS = 40;

export interface ItemRow {
  readonly itemId: ItemId;
  /** Undefined where the item was never classified. */
  material: Material | undefined;
  confidence: number | undefined;
  bin: BinId;
  /** Undefined while the item is on its way. */
  outcome: Outcome | undefined;
  cause: OutcomeCause | undefined;
  /** Simulator only, once the item has landed. */
  truth: GroundTruth | undefined;
}

interface BinRow {
  full: boolean;
  enabled: boolean;
  /** Items settled for this stream: fired into the bin, or left to the residue. */
  settled: number;
  /** Of the items whose truth is known: landed here, of them rightly; and all that should have landed here. */
  landed: number;
  right: number;
  due: number;
}

export interface AlarmRow {
  readonly alarm: AlarmCode;
  readonly subject: string;
  readonly message: string;
  readonly whatToDo: string;
}

export interface LineViewState {
  readonly state: LineState;
  readonly reason: string;
  readonly recipe: Recipe | undefined;
  readonly stats: LineStats | undefined;
  /** Undefined until the vision process is ready for the first time. */
  readonly model: ModelInUse | undefined;
  /** Newest first. */
  readonly items: readonly ItemRow[];
  readonly bins: readonly (BinRow & { readonly id: BinId; readonly materials: readonly Material[] })[];
  readonly alarms: readonly AlarmRow[];
}

/** What a page needs at once, between the once-a-second views. */
export type ViewChange =
  | { readonly kind: 'state'; readonly state: LineState; readonly reason: string }
  | { readonly kind: 'item'; readonly item: ItemRow }
  | { readonly kind: 'alarms'; readonly alarms: readonly AlarmRow[] };

export class LineView {
  #state: LineState = 'starting';
  #reason = 'starting up';
  #recipe: Recipe | undefined;
  #stats: LineStats | undefined;
  #model: ModelInUse | undefined;
  readonly #items: ItemRow[] = [];
  readonly #bins = new Map<BinId, BinRow>();
  readonly #alarms = new Map<string, AlarmRow>();

  /** Takes one event in; what changed, where the page should not wait for the next view. */
  handle(event: LineEvent): ViewChange | undefined {
    switch (event.kind) {
      case 'line.state':
        this.#state = event.state;
        this.#reason = event.reason;
        return { kind: 'state', state: event.state, reason: event.reason };
      case 'recipe.changed': this.#recipe = event.recipe; return undefined;
      case 'model.in-use': this.#model = event.model; return undefined;
      case 'line.stats': this.#stats = event.stats; return undefined;
      case 'alarm.raised': {
        const { alarm, subject, message, whatToDo } = event;
        this.#alarms.set(`${alarm}/${subject}`, { alarm, subject, message, whatToDo });
        return { kind: 'alarms', alarms: [...this.#alarms.values()] };
      }
      case 'alarm.cleared':
        this.#alarms.delete(`${event.alarm}/${event.subject}`);
        return { kind: 'alarms', alarms: [...this.#alarms.values()] };
      case 'bin.state': Object.assign(this.#bin(event.bin), { full: event.full, enabled: event.enabled }); return undefined;
      case 'item.decided': {
        const { itemId, prediction, bin } = event.decision;
        return this.#changed(itemId, { material: prediction?.material, confidence: prediction?.confidence, bin });
      }
      case 'item.settled': return this.#settled(event);
      case 'item.truth': return this.#landed(event.itemId, event.truth);
      default: return undefined;
    }
  }

  get lineState(): LineState {
    return this.#state;
  }

  snapshot(): LineViewState {
    const recipe = this.#recipe?.binByMaterial ?? {};
    const materialsOf = (id: BinId): Material[] => Object.entries(recipe).filter(([, bin]) => bin === id).map(([material]) => material as Material);
    return {
      state: this.#state, reason: this.#reason, recipe: this.#recipe, stats: this.#stats, model: this.#model, items: this.#items,
      bins: [...this.#bins].map(([id, row]) => ({ id, materials: materialsOf(id), ...row })), alarms: [...this.#alarms.values()],
    };
  }

  #settled(event: Extract<LineEvent, { kind: 'item.settled' }>): ViewChange {
    const { itemId, material, confidence, bin, outcome, cause } = event;
    // Only what was fired went to its bin; everything else fell off the end.
    this.#bin(outcome === 'sorted' ? bin : RESIDUE).settled++;
    return this.#changed(itemId, { material, confidence, bin, outcome, cause });
  }

  #landed(itemId: ItemId, truth: GroundTruth): ViewChange | undefined {
    const due = this.#recipe?.binByMaterial[truth.material] ?? RESIDUE;
    const landed = this.#bin(truth.landedIn);
    landed.landed++;
    if (due === truth.landedIn) landed.right++;
    this.#bin(due).due++;
    // An item the line never saw has no row of its own.
    return this.#items.some((item) => item.itemId === itemId) ? this.#changed(itemId, { truth }) : undefined;
  }

  #changed(itemId: ItemId, change: Partial<ItemRow>): ViewChange {
    let item = this.#items.find((row) => row.itemId === itemId);
    if (item === undefined) {
      item = { itemId, material: undefined, confidence: undefined, bin: RESIDUE, outcome: undefined, cause: undefined, truth: undefined };
      this.#items.unshift(item);
      this.#items.length = Math.min(this.#items.length, KEPT_ITEMS);
    }
    Object.assign(item, change);
    return { kind: 'item', item };
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
