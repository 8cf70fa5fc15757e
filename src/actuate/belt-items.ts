// What is known to ride the belt past the actuators: everything decided, also what was decided for the residue or settled
// without a pulse. A pulse must not act on any of it that belongs elsewhere.
import type { BinId, Decision, ItemId } from '../domain/decision.ts';
import type { BeltNow, Extent, PulsePlan } from './pulse.ts';
import { isSwept } from './pulse.ts';

export interface BeltItem extends Extent {
  readonly itemId: ItemId;
  /** Where it was decided to go. Being taken there by another item's pulse harms no purity. */
  readonly bin: BinId;
  /** Offset at which a pulse of its own is to take it off the belt; Infinity where none will. */
  leavesAtMm: number;
}

/** An item further ahead of the camera than this belongs to another life of the encoder: the board restarted. */
const PLAUSIBLE_AHEAD_MM = 5000;
/** Kept this far beyond the last actuator, for pulses still on. */
const KEPT_BEYOND_MM = 500;

export class BeltItems {
  readonly #lastOffsetMm: number;
  #items: BeltItem[] = [];

  constructor(lastOffsetMm: number) {
    this.#lastOffsetMm = lastOffsetMm;
  }

  get size(): number {
    return this.#items.length;
  }

  add(decision: Decision, leavesAtMm: number): BeltItem {
    const { positionCounts, lengthMm } = decision.position;
    const item: BeltItem = { itemId: decision.itemId, bin: decision.bin, positionCounts, lengthMm, leavesAtMm };
    this.#items.push(item);
    return item;
  }

  /** Forgets what has passed the last actuator, and what carries counts of another life of the board. */
  prune(belt: BeltNow): void {
    const passedCounts = belt.counts - (this.#lastOffsetMm + KEPT_BEYOND_MM) * belt.countsPerMm;
    const absurdCounts = belt.counts + PLAUSIBLE_AHEAD_MM * belt.countsPerMm;
    this.#items = this.#items.filter((item) => item.positionCounts > passedCounts && item.positionCounts < absurdCounts);
  }

  /** Whether the pulse would act on an item that belongs elsewhere. */
  isAnyTakenWrongly(plan: PulsePlan, belt: BeltNow): boolean {
    return this.#items.some((item) => isTakenWrongly(plan, item, belt));
  }
}

/** Whether the pulse would act on `item` although it belongs elsewhere and is still on the belt there. */
export function isTakenWrongly(plan: PulsePlan, item: BeltItem, belt: BeltNow): boolean {
  return item.bin !== plan.actuator.bin && item.leavesAtMm > plan.actuator.offsetMm && isSwept(plan, item, belt);
}
