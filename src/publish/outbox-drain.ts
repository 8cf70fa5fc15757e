// From the outbox to the broker: reads events a batch ahead, gives them out in order at a bounded rate, and lets the ones the
// broker has go, many at a time. It sends nothing itself.
//
//   outbox ─▶ batch read ahead ─▶ rate ─▶ next() … done() ─▶ deleted in batches
import type { Clock, Timer } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { Outbox } from '../ledger/outbox.ts';
import type { OutboxRow } from '../ledger/outbox-table.ts';

export interface OutboxDrainDeps {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly eventsPerSecond: number;
  /** There may be a next one again. */
  readonly onReady: () => void;
}

/** Events read at once: half a millisecond of the line's time. */
const BATCH = 100;
/** Acknowledged events are deleted when there are this many, or after this long. */
const DELETE_EVENTS = 400;
const DELETE_MS = 100;
/** What may be sent at once after a pause, as time at the full rate, ms. */
const BURST_MS = 20;

export class OutboxDrain {
  readonly #deps: OutboxDrainDeps;
  #ahead: readonly OutboxRow[] = [];
  #at = 0;
  readonly #mostCredit: number;
  #credit: number;
  #creditNs: MonotonicNs;
  #waiting: Timer | undefined;
  #deleting: Timer | undefined;
  #held: Timer | undefined;

  constructor(deps: OutboxDrainDeps) {
    this.#deps = deps;
    this.#mostCredit = this.#credit = Math.max(1, (deps.eventsPerSecond * BURST_MS) / 1000);
    this.#creditNs = deps.clock.nowNs();
  }

  /** The next to send; undefined where there is none, or not yet by the rate: {@link OutboxDrainDeps.onReady} tells. */
  next(): OutboxRow | undefined {
    if (this.#held !== undefined) return undefined;
    if (this.#at >= this.#ahead.length) {
      this.#ahead = this.#deps.outbox.take(BATCH);
      this.#at = 0;
      if (this.#ahead.length === 0) return undefined;
    }
    if (!this.#spend()) return undefined;
    return this.#ahead[this.#at++];
  }

  /** The broker has it. */
  done({ sequence }: OutboxRow): void {
    const { outbox, clock } = this.#deps;
    outbox.done(sequence);
    if (outbox.undeletedCount >= DELETE_EVENTS) this.#delete();
    else this.#deleting ??= clock.after(DELETE_MS, () => this.#delete());
  }

  /** The connection is gone: what was on its way is given out again, first, and at once at the next. */
  returnInFlight(): void {
    this.#held?.cancel();
    this.#held = undefined;
    this.#ahead = [];
    this.#at = 0;
    this.#deps.outbox.returnInFlight();
  }

  /** The broker refuses what is sent: gives nothing out for `ms`, then again what it did not take. */
  hold(ms: number): void {
    this.#held ??= this.#deps.clock.after(ms, () => {
      this.returnInFlight();
      this.#deps.onReady();
    });
  }

  /** Deletes what the broker has, so that the next run does not send it again. */
  close(): void {
    this.#waiting?.cancel();
    this.#held?.cancel();
    this.#delete();
  }

  #delete(): void {
    this.#deleting?.cancel();
    this.#deleting = undefined;
    this.#deps.outbox.deleteAcknowledged();
  }

  #spend(): boolean {
    const { clock, eventsPerSecond, onReady } = this.#deps;
    const nowNs = clock.nowNs();
    this.#credit = Math.min(this.#mostCredit, this.#credit + ((nowNs - this.#creditNs) / NS_PER_S) * eventsPerSecond);
    this.#creditNs = nowNs;
    if (this.#credit >= 1) {
      this.#credit--;
      return true;
    }
    const waitMs = Math.max(1, ((Math.min(this.#mostCredit, 8) - this.#credit) * NS_PER_S) / eventsPerSecond / NS_PER_MS);
    this.#waiting ??= clock.after(waitMs, () => {
      this.#waiting = undefined;
      onReady();
    });
    return false;
  }
}
