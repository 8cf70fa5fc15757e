// How long the stages of an item took, from the events of its life: first exposure, decision, command, outcome.
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { ItemId } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';

/** Where durations go, s. */
interface DurationSink {
  observe(seconds: number): void;
}

/** Items followed at once; a real belt holds a few dozen. */
const FOLLOWED_AT_MOST = 1000;

export class StageTimes {
  readonly #sinks: Readonly<Record<'decision' | 'command' | 'travel', DurationSink>>;
  readonly #open = new Map<ItemId, { readonly exposedNs: MonotonicNs; decidedNs: MonotonicNs | undefined }>();

  constructor(sinks: Readonly<Record<'decision' | 'command' | 'travel', DurationSink>>) {
    this.#sinks = sinks;
  }

  handle(event: LineEvent): void {
    switch (event.kind) {
      case 'item.seen': return this.#follow(event.itemId, event.sighting.capturedAtNs);
      case 'item.decided': {
        const item = this.#open.get(event.decision.itemId);
        if (item === undefined) return;
        item.decidedNs = event.decision.decidedAtNs;
        return this.#sinks.decision.observe((item.decidedNs - item.exposedNs) / NS_PER_S);
      }
      case 'item.commanded': {
        const decidedNs = this.#open.get(event.itemId)?.decidedNs;
        return decidedNs === undefined ? undefined : this.#sinks.command.observe((event.atNs - decidedNs) / NS_PER_S);
      }
      case 'item.settled': {
        const item = this.#open.get(event.itemId);
        this.#open.delete(event.itemId);
        return item === undefined ? undefined : this.#sinks.travel.observe((event.atNs - item.exposedNs) / NS_PER_S);
      }
      default: return;
    }
  }

  #follow(itemId: ItemId, exposedNs: MonotonicNs): void {
    this.#open.set(itemId, { exposedNs, decidedNs: undefined });
    if (this.#open.size <= FOLLOWED_AT_MOST) return;
    const [oldest] = this.#open.keys();
    this.#open.delete(oldest!);
  }
}
