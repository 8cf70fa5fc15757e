// The outbox as whoever publishes sees it: take the next events in order, say which of them the broker has, take them again
// after a lost connection. It outlives the file under it: while the disk is away nothing can be taken, and what was
// acknowledged meanwhile is deleted later. Nothing here throws for the disk; the ledger tells of it.
import type { Logger } from '../base/logger.ts';
import { reasonOf } from '../base/errors.ts';
import type { DroppedEvents, OutboxBudget, OutboxLoad, OutboxMessage, OutboxRow, OutboxTable } from './outbox-table.ts';
import type { Database } from './sqlite.ts';

interface OpenTable {
  readonly table: OutboxTable;
  readonly database: Database;
}

/** What a transaction did to the outbox. */
export interface Appended {
  readonly load: OutboxLoad;
  readonly deletedUpTo: number;
  readonly deletedRows: number;
}

export class Outbox {
  /** Called when events were added. */
  onAdded: () => void = () => undefined;
  readonly #budget: OutboxBudget;
  readonly #log: Logger;
  #open: OpenTable | undefined;
  #stream = '';
  #load: OutboxLoad = { events: 0, bytes: 0 };
  /** Numbers up to here were taken. */
  #taken = 0;
  /** Every number up to here is at the broker; rows up to `#deleted` are gone. */
  #acknowledged = 0;
  #deleted = 0;
  /** Taken and not yet acknowledged, in order; acknowledged ones above the first of them wait in `#early`. */
  readonly #inFlight = new Set<number>();
  readonly #early = new Set<number>();
  /** Acknowledged rows that are still in the file. */
  #acknowledgedRows = 0;
  #dropped: DroppedEvents | undefined;
  /** Given up before they had a number, and not yet noted in the file. */
  #lost = { predictions: 0, outcomes: 0 };
  #hasNews = false;
  /** There may be rows after `#taken`. */
  #hasMore = false;

  constructor(budget: OutboxBudget, log: Logger) {
    this.#budget = budget;
    this.#log = log;
  }

  /** Names the numbering; empty until the ledger could be opened. */
  get stream(): string {
    return this.#stream;
  }

  /** Events that the broker does not have yet. */
  get size(): number {
    return this.#load.events - this.#acknowledgedRows;
  }

  /** Acknowledged, and still in the file. */
  get undeletedCount(): number {
    return this.#acknowledgedRows;
  }

  /** Given up and not yet told. */
  get dropped(): DroppedEvents | undefined {
    return this.#dropped;
  }

  /** The next `limit` at most, in order; they are in flight from now on. Empty only where there are none, or while the file is away. */
  take(limit: number): OutboxRow[] {
    while (this.#hasMore) {
      const rows = this.#guarded('read', ({ table }) => table.rowsAfter(this.#taken, limit));
      if (rows === undefined) return [];
      this.#hasMore = rows.length === limit;
      this.#taken = rows.at(-1)?.sequence ?? this.#taken;
      const fresh = rows.filter(({ sequence }) => !this.#early.has(sequence));
      for (const { sequence } of fresh) this.#inFlight.add(sequence);
      // After a lost connection the broker may have all of them already.
      if (fresh.length > 0) return fresh;
    }
    return [];
  }

  /** The broker has it. Its row stays until {@link deleteAcknowledged}. */
  done(sequence: number): void {
    if (!this.#inFlight.delete(sequence)) return;
    this.#acknowledgedRows++;
    this.#early.add(sequence);
    const [first = this.#taken + 1] = this.#inFlight;
    for (const each of this.#early) {
      if (each >= first) continue;
      this.#early.delete(each);
      this.#acknowledged = Math.max(this.#acknowledged, each);
    }
  }

  /** The connection is gone: what was in flight is taken again, first, in order. */
  returnInFlight(): void {
    const [first] = this.#inFlight;
    if (first !== undefined) this.#taken = first - 1;
    this.#hasMore = true;
    this.#inFlight.clear();
  }

  /** Deletes what the broker has, up to the first event that it has not. */
  deleteAcknowledged(): void {
    if (this.#acknowledged === this.#deleted) return;
    const upTo = this.#acknowledged;
    const gone = this.#guarded('delete', ({ table, database }) => database.transaction(() => table.deleteUpTo(upTo)));
    if (gone === undefined) return;
    this.#deleted = upTo;
    this.#acknowledgedRows -= gone.events;
    this.#load = { events: this.#load.events - gone.events, bytes: this.#load.bytes - gone.bytes };
  }

  /** The broker knows of these. */
  toldDropped(told: DroppedEvents): void {
    this.#guarded('note', ({ table, database }) => {
      database.transaction(() => table.toldDropped(told));
      this.#dropped = table.dropped();
    });
  }

  /** For the ledger: the file is open. */
  attach(table: OutboxTable, database: Database): void {
    if (table.stream !== this.#stream) this.#reset(table.stream);
    this.#open = { table, database };
    this.#load = table.load();
    this.#dropped = table.dropped();
    this.#hasMore = true;
  }

  /** For the ledger: the file is closed. */
  detach(): void {
    this.#open = undefined;
  }

  /** For the ledger: it had to give this up before it was on disk. */
  lost({ kind }: OutboxMessage): void {
    this.#lost[kind === 'prediction' ? 'predictions' : 'outcomes']++;
  }

  /** For the ledger, inside its transaction: numbers and adds the messages, and keeps to the budget. The result is for {@link added}. */
  append(messages: readonly OutboxMessage[]): Appended | undefined {
    if (messages.length === 0) return undefined;
    const { table } = this.#open!;
    table.noteLost(this.#lost);
    const more = table.append(messages);
    const full = { events: this.#load.events + more.events, bytes: this.#load.bytes + more.bytes };
    if (full.events <= this.#budget.maxEvents && full.bytes <= this.#budget.maxBytes) return { load: full, deletedUpTo: this.#deleted, deletedRows: 0 };
    const gone = table.deleteUpTo(this.#acknowledged);
    const rest = { events: full.events - gone.events, bytes: full.bytes - gone.bytes };
    return { load: table.keepTo(this.#budget, rest, Math.max(this.#taken, ...this.#early)), deletedUpTo: this.#acknowledged, deletedRows: gone.events };
  }

  /** For the ledger: the transaction of {@link append} is on disk. */
  added(appended: Appended | undefined): void {
    if (appended === undefined) return;
    this.#lost = { predictions: 0, outcomes: 0 };
    this.#load = appended.load;
    this.#deleted = appended.deletedUpTo;
    this.#acknowledgedRows -= appended.deletedRows;
    this.#hasMore = true;
    this.#dropped = this.#guarded('read', ({ table }) => table.dropped()) ?? this.#dropped;
    this.#hasNews = true;
  }

  /** For the ledger, outside of its transactions: whoever publishes may take what was added. */
  announce(): void {
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.onAdded();
  }

  #reset(stream: string): void {
    this.#stream = stream;
    this.#taken = this.#acknowledged = this.#deleted = this.#acknowledgedRows = 0;
    this.#inFlight.clear();
    this.#early.clear();
  }

  /** The next write meets the same disk, and the ledger tells of it. */
  #guarded<T>(what: string, work: (open: OpenTable) => T): T | undefined {
    if (this.#open === undefined) return undefined;
    try {
      return work(this.#open);
    } catch (error) {
      this.#log.debug({ reason: reasonOf(error) }, `the outbox could not be used (${what})`);
      return undefined;
    }
  }
}
