// Ties the virtual belt's ground truth to the items the line saw, as they land: nearest position on the belt, each item at
// most once. Only composed where the belt is virtual.
import type { Clock } from '../base/clock.ts';
import type { EncoderCounts } from '../base/units.ts';
import type { ItemId } from '../domain/decision.ts';
import type { GroundTruth, LineEvent, LineSink } from '../domain/line-event.ts';

/** Items further upstream than this behind a landing one have not landed yet; older ones never will. */
const KEPT_ITEMS = 512;

export class TruthMatcher {
  readonly #positions = new Map<ItemId, EncoderCounts>();
  readonly #clock: Clock;
  readonly #sink: LineSink;
  readonly #toleranceCounts: number;

  /** `toleranceCounts`: farthest a measured position may be from the true one; under half the distance between items. */
  constructor(deps: { clock: Clock; sink: LineSink; toleranceCounts: number }) {
    this.#clock = deps.clock;
    this.#sink = deps.sink;
    this.#toleranceCounts = deps.toleranceCounts;
  }

  /** Remembers where the line says its items are. */
  readonly observe: LineSink = (event: LineEvent) => {
    if (event.kind === 'item.seen') this.#remember(event.itemId, event.sighting.position.positionCounts);
    if (event.kind === 'item.decided') this.#remember(event.decision.itemId, event.decision.position.positionCounts);
  };

  /** Emits `item.truth` for the item nearest to a landed object; an object the line never saw has no item to tell of. */
  landed(entryCounts: EncoderCounts, truth: GroundTruth): void {
    let nearest: ItemId | undefined;
    let nearestCounts = this.#toleranceCounts;
    for (const [itemId, positionCounts] of this.#positions) {
      const distance = Math.abs(positionCounts - entryCounts);
      if (distance < nearestCounts) {
        nearest = itemId;
        nearestCounts = distance;
      }
    }
    if (nearest === undefined) return;
    this.#positions.delete(nearest);
    this.#sink({ kind: 'item.truth', atNs: this.#clock.nowNs(), itemId: nearest, truth });
  }

  #remember(itemId: ItemId, positionCounts: EncoderCounts): void {
    this.#positions.set(itemId, positionCounts);
    if (this.#positions.size > KEPT_ITEMS) this.#positions.delete(this.#positions.keys().next().value!);
  }
}
