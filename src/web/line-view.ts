// What the live page shows, folded from LineEvents: a page that connects late gets it whole, then, a few times a second, the
// sections that changed. Bounded: the latest items, one row per bin and one entry per active alarm.
import type { EncoderCounts } from '../base/units.ts';
import type { BinId, DecisionReason, ItemId, Outcome, OutcomeCause } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { TrackId } from '../domain/item.ts';
import type { AlarmCode, GroundTruth, LineEvent, LineStats, LineState, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';
import type { BinFigures } from '../ledger/bin-figures.ts';
import { binFigures } from '../ledger/bin-figures.ts';
import { RecentItems } from './recent-items.ts';

const KEPT_ITEMS = 60;

export interface ItemRow {
  readonly itemId: ItemId;
  readonly trackId: TrackId | undefined;
  /** Where it lies on the belt. */
  positionCounts: EncoderCounts | undefined;
  yMm: number | undefined;
  lengthMm: number | undefined;
  widthMm: number | undefined;
  /** Undefined where the item was never classified, or not yet. */
  material: Material | undefined;
  confidence: number | undefined;
  /** Undefined until it is decided. */
  bin: BinId | undefined;
  reason: DecisionReason | undefined;
  /** Where its actuator was told to fire. */
  targetCounts: EncoderCounts | undefined;
  /** Undefined while the item is on its way. */
  outcome: Outcome | undefined;
  cause: OutcomeCause | undefined;
  /** Simulator only, once the item has landed. */
  truth: GroundTruth | undefined;
}

export interface BinRow extends BinFigures {
  readonly materials: readonly Material[];
  readonly full: boolean;
  readonly enabled: boolean;
  /** Since the service started. */
  readonly total: number;
}

export interface AlarmRow {
  readonly alarm: AlarmCode;
  readonly subject: string;
  readonly message: string;
  readonly whatToDo: string;
  acknowledgedBy: string | undefined;
}

export interface StateRow {
  readonly state: LineState;
  readonly reason: string;
  readonly by: string;
  readonly sinceMs: number;
}

export interface LineViewState {
  readonly state: StateRow;
  readonly recipe: Recipe | undefined;
  /** The one before, to go back to. */
  readonly previousRecipe: Recipe | undefined;
  readonly stats: LineStats | undefined;
  /** Undefined until the vision process is ready for the first time. */
  readonly model: ModelInUse | undefined;
  /** Newest first. */
  readonly items: readonly ItemRow[];
  /** Purity and recovery over the last 500 items. */
  readonly bins: readonly BinRow[];
  readonly alarms: readonly AlarmRow[];
}

/** Sections that changed; of the items only those. */
export type ViewUpdate = Partial<LineViewState>;

export class LineView {
  readonly recent = new RecentItems();
  readonly #wallMs: () => number;
  #state: StateRow;
  #recipe: Recipe | undefined;
  #previousRecipe: Recipe | undefined;
  #stats: LineStats | undefined;
  #model: ModelInUse | undefined;
  #items: ItemRow[] = [];
  readonly #switches = new Map<BinId, { full: boolean; enabled: boolean }>();
  readonly #totals = new Map<BinId, number>();
  readonly #alarms = new Map<string, AlarmRow>();
  readonly #changed = new Set<keyof LineViewState>();
  readonly #changedItems = new Set<ItemRow>();

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
    this.#state = { state: 'starting', reason: 'starting up', by: 'line', sinceMs: wallMs() };
  }

  handle(event: LineEvent): void {
    this.recent.handle(event);
    switch (event.kind) {
      case 'line.state':
        this.#state = { state: event.state, reason: event.reason, by: event.by, sinceMs: this.#wallMs() };
        return void this.#changed.add('state');
      case 'recipe.changed': return this.#recipeChanged(event.recipe);
      case 'model.in-use':
        this.#model = event.model;
        return void this.#changed.add('model');
      case 'line.stats':
        this.#stats = event.stats;
        // Their figures change with every item; once a second is enough for people.
        this.#changed.add('bins');
        return void this.#changed.add('stats');
      case 'alarm.raised':
      case 'alarm.cleared':
      case 'alarm.acknowledged': return this.#alarm(event);
      case 'bin.state':
        this.#switches.set(event.bin, { full: event.full, enabled: event.enabled });
        return void this.#changed.add('bins');
      default: return this.#item(event);
    }
  }

  get state(): StateRow {
    return this.#state;
  }

  get recipe(): Recipe | undefined {
    return this.#recipe;
  }

  get bins(): ReadonlyMap<BinId, { readonly full: boolean; readonly enabled: boolean }> {
    return this.#switches;
  }

  get stats(): LineStats | undefined {
    return this.#stats;
  }

  get hasModel(): boolean {
    return this.#model !== undefined;
  }

  isActive(alarm: AlarmCode): boolean {
    return [...this.#alarms.values()].some((row) => row.alarm === alarm);
  }

  /** What the picture's marks are about. */
  itemOfTrack(trackId: TrackId): ItemRow | undefined {
    return this.#items.find((item) => item.trackId === trackId);
  }

  snapshot(): LineViewState {
    return {
      state: this.#state, recipe: this.#recipe, previousRecipe: this.#previousRecipe, stats: this.#stats, model: this.#model,
      items: this.#items, bins: this.#binRows(), alarms: [...this.#alarms.values()],
    };
  }

  /** What changed since the last call; undefined where nothing did. */
  takeUpdate(): ViewUpdate | undefined {
    if (this.#changed.size === 0) return undefined;
    const whole: LineViewState = { ...this.snapshot(), items: this.#items.filter((item) => this.#changedItems.has(item)) };
    const update = Object.fromEntries([...this.#changed].map((section) => [section, whole[section]]));
    this.forgetChanges();
    return update;
  }

  /** Nobody has looked: whoever comes next gets the whole. */
  forgetChanges(): void {
    this.#changed.clear();
    this.#changedItems.clear();
  }

  #recipeChanged(recipe: Recipe): void {
    if (this.#recipe !== undefined && JSON.stringify(this.#recipe) !== JSON.stringify(recipe)) this.#previousRecipe = this.#recipe;
    this.#recipe = recipe;
    for (const section of ['recipe', 'previousRecipe', 'bins'] as const) this.#changed.add(section);
  }

  #alarm(event: Extract<LineEvent, { kind: 'alarm.raised' | 'alarm.cleared' | 'alarm.acknowledged' }>): void {
    const key = `${event.alarm}/${event.subject}`;
    if (event.kind === 'alarm.raised') {
      const { alarm, subject, message, whatToDo } = event;
      this.#alarms.set(key, { alarm, subject, message, whatToDo, acknowledgedBy: undefined });
    } else if (event.kind === 'alarm.cleared') this.#alarms.delete(key);
    else {
      const row = this.#alarms.get(key);
      if (row !== undefined) row.acknowledgedBy = event.by;
    }
    this.#changed.add('alarms');
  }

  #item(event: LineEvent): void {
    switch (event.kind) {
      case 'item.seen': return this.#change(event.itemId, placeOf(event.sighting.position), event.sighting.trackId);
      case 'item.decided': {
        const { itemId, prediction, bin, reason, position } = event.decision;
        return this.#change(itemId, { material: prediction?.material, confidence: prediction?.confidence, bin, reason, ...placeOf(position) });
      }
      case 'item.commanded': return this.#change(event.itemId, { targetCounts: event.command.fireAtCounts });
      case 'item.settled': {
        const { itemId, material, confidence, bin, outcome, cause } = event;
        const wentTo = outcome === 'sorted' ? bin : RESIDUE;
        this.#totals.set(wentTo, (this.#totals.get(wentTo) ?? 0) + 1);
        return this.#change(itemId, { material, confidence, bin, outcome, cause });
      }
      // An item the line never saw has no row of its own.
      case 'item.truth': return this.#items.some(({ itemId }) => itemId === event.itemId) ? this.#change(event.itemId, { truth: event.truth }) : undefined;
      default: return;
    }
  }

  #change(itemId: ItemId, change: Partial<ItemRow>, trackId?: TrackId): void {
    let item = this.#items.find((row) => row.itemId === itemId);
    if (item === undefined) {
      item = {
        itemId, trackId, positionCounts: undefined, yMm: undefined, lengthMm: undefined, widthMm: undefined, material: undefined, confidence: undefined,
        bin: undefined, reason: undefined, targetCounts: undefined, outcome: undefined, cause: undefined, truth: undefined,
      };
      this.#items = [item, ...this.#items].slice(0, KEPT_ITEMS);
    }
    Object.assign(item, change);
    this.#changedItems.add(item);
    this.#changed.add('items');
  }

  #binRows(): BinRow[] {
    const { tallies, landings } = this.recent;
    const recipe = this.#recipe;
    const materialsOf = (id: BinId): Material[] => (Object.entries(recipe?.binByMaterial ?? {}) as [Material, BinId][]).filter(([, bin]) => bin === id).map(([material]) => material);
    return binFigures({ tallies, landings, recipe, bins: [...this.#switches.keys(), RESIDUE] })
      .map((figures) => ({ ...figures, materials: materialsOf(figures.bin), total: this.#totals.get(figures.bin) ?? 0, ...(this.#switches.get(figures.bin) ?? { full: false, enabled: true }) }));
  }
}

function placeOf({ positionCounts, yMm, lengthMm, widthMm }: { positionCounts: EncoderCounts; yMm: number; lengthMm: number; widthMm: number }): Partial<ItemRow> {
  return { positionCounts, yMm, lengthMm, widthMm };
}
