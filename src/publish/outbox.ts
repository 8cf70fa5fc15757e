// Item events on their way to the broker: kept in order until it has acknowledged each, bounded in memory. When full, the
// oldest predictions go before any outcome, because an outcome carries its prediction's material too. No I/O here.
import { BoundedQueue } from '../base/bounded-queue.ts';

export interface OutboxEntry {
  readonly kind: 'prediction' | 'outcome';
  readonly topic: string;
  readonly payload: string;
}

export interface DroppedCounts {
  predictions: number;
  outcomes: number;
}

interface Numbered extends OutboxEntry {
  readonly order: number;
}

export class Outbox {
  /** Given up since creation. */
  readonly dropped: DroppedCounts = { predictions: 0, outcomes: 0 };
  readonly #capacity: number;
  readonly #predictions: BoundedQueue<Numbered>;
  readonly #outcomes: BoundedQueue<Numbered>;
  /** Sent without an answer when the connection broke; first to go again, in order. */
  #again: Numbered[] = [];
  /** In order of sending; acknowledgements may come in any order. */
  readonly #inFlight = new Set<Numbered>();
  #order = 0;

  /** `capacity`: events held at most, those in flight included. */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#predictions = new BoundedQueue(capacity);
    this.#outcomes = new BoundedQueue(capacity);
  }

  /** Events held: waiting and in flight. */
  get size(): number {
    return this.#predictions.size + this.#outcomes.size + this.#again.length + this.#inFlight.size;
  }

  push(entry: OutboxEntry): void {
    if (this.size >= this.#capacity) this.#dropOne();
    const queue = entry.kind === 'prediction' ? this.#predictions : this.#outcomes;
    queue.tryPush({ ...entry, order: this.#order++ });
  }

  /** The next to send; it is in flight until {@link done} or {@link returnInFlight}. */
  take(): OutboxEntry | undefined {
    const next = this.#again.shift() ?? this.#older()?.shift();
    if (next !== undefined) this.#inFlight.add(next);
    return next;
  }

  /** The broker has it. */
  done(entry: OutboxEntry): void {
    this.#inFlight.delete(entry as Numbered);
  }

  /** The connection is gone: what was in flight goes again, first. */
  returnInFlight(): void {
    this.#again = [...this.#inFlight, ...this.#again].sort((a, b) => a.order - b.order);
    this.#inFlight.clear();
  }

  #older(): BoundedQueue<Numbered> | undefined {
    const prediction = this.#predictions.peek();
    const outcome = this.#outcomes.peek();
    if (prediction === undefined) return outcome === undefined ? undefined : this.#outcomes;
    return outcome === undefined || prediction.order < outcome.order ? this.#predictions : this.#outcomes;
  }

  /** Gives one up, the cheapest first; what is in flight may be at the broker already and stays. */
  #dropOne(): void {
    const index = this.#again.findIndex(({ kind }) => kind === 'prediction');
    if (index >= 0) this.#again.splice(index, 1);
    else if (this.#predictions.shift() === undefined) {
      if ((this.#again.shift() ?? this.#outcomes.shift()) !== undefined) this.dropped.outcomes++;
      return;
    }
    this.dropped.predictions++;
  }
}
