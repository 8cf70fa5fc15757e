// The ledger: a sink of LineEvents that stores every item with its looks, prediction, decision, command and exactly one
// outcome. It never holds the line up: events are buffered and written in short transactions on the clock's timers, and when
// the file cannot be written (full disk) they wait, bounded and counted, while it keeps trying.
//
//   event ─▶ counts (memory, always right)
//        └─▶ buffer ─▶ batch ─▶ one transaction ─▶ SQLite: items, events, and the outbox of what is published
import type { Clock, Timer } from '../base/clock.ts';
import { BoundedQueue } from '../base/bounded-queue.ts';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { LedgerCounts } from './ledger-counts.ts';
import type { LedgerSummary } from './ledger-counts.ts';
import type { LedgerOptions } from './options.ts';
import type { Database } from './sqlite.ts';
import { isPassing, isRefusal, openSqlite } from './sqlite.ts';
import type { LedgerEntry } from './entry-writer.ts';
import type { LedgerOutbox, RunFacts } from './store.ts';
import { LedgerStore } from './store.ts';

export interface LedgerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: LedgerOptions;
  readonly run: RunFacts;
  /** What is published of events, and where it waits until it is. */
  readonly publishing?: LedgerOutbox | undefined;
  /** Called once when writing starts to fail; sorting goes on. */
  readonly onFailing?: (message: string) => void;
  /** Called once when it works again. */
  readonly onRecovered?: () => void;
  /** Opens the file; SQLite in production. */
  readonly openDatabase?: (path: string) => Database;
}

/** Between an event and its being on disk, ms. */
const FLUSH_MS = 200;
/** The same where somebody waits to hear of it over MQTT, ms: an event is published once it is on disk. */
const PUBLISHED_FLUSH_MS = 40;
/** Events per transaction: a few ms of the line's time. */
const BATCH_EVENTS = 250;
/** Pause between transactions while there is more to write, ms. */
const BACKLOG_MS = 20;
/** Events kept while the file cannot be written: an hour and more at 2 items a second, about 30 MB. */
const BUFFERED_EVENTS = 50_000;
/** From here on looks are given up, so that decisions and outcomes last longer. */
const LOOKS_UNTIL = BUFFERED_EVENTS / 2;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;
const RETENTION_PERIOD_MS = 60_000;
const RETENTION_BACKLOG_MS = 1000;
const MS_PER_DAY = 86_400_000;

/** Opens the ledger; see {@link Ledger}. LEDGER_OPEN_FAILED, LEDGER_VERSION. */
export function openLedger(deps: LedgerDeps): Ledger {
  return new Ledger(deps);
}

/**
 * A disk that is full or away at opening is not an error: the ledger opens later. A file that is no ledger, or a newer one,
 * is, because it will not get better by itself.
 */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #log: Logger;
  readonly #counts = new LedgerCounts();
  readonly #buffer = new BoundedQueue<LedgerEntry>(BUFFERED_EVENTS);
  readonly #startedWallMs: number;
  readonly #startedNs: MonotonicNs;
  #store: LedgerStore | undefined;
  #wasOpen = false;
  /** Taken from the buffer, not yet known to be on disk. */
  #batch: LedgerEntry[] = [];
  #flushTimer: Timer | undefined;
  #flushDueNs: MonotonicNs = 0;
  #retentionTimer: Timer | undefined;
  #failures = 0;
  #droppedEvents = 0;
  #toldDropped = 0;
  #failure: string | undefined;
  /** The run's latest model, not yet in its row. */
  #model: string | undefined;
  #closed = false;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'ledger' });
    this.#startedWallMs = deps.clock.wallMs();
    this.#startedNs = deps.clock.nowNs();
    try {
      this.#open();
    } catch (error) {
      if (!isPassing(error)) throw openFailure(error, deps.options.path);
      // Told by the next attempt: the caller's alarms may not exist before this returns.
      this.#armFlush(0);
    }
    this.#armRetention(RETENTION_PERIOD_MS);
  }

  /** The sink. Costs a few microseconds and never throws. */
  readonly handle = (event: LineEvent): void => {
    if (this.#closed || event.kind === 'line.stats') return;
    this.#counts.count(event);
    if (event.kind === 'model.in-use') this.#model = event.model.model;
    if (event.kind === 'item.look' && !this.#deps.options.looks) return;
    const message = this.#deps.publishing?.messageOf(event);
    this.#keep({ event, wallMs: this.#deps.clock.wallMs(), message });
    if (this.#flushTimer === undefined) this.#armFlush(message === undefined ? FLUSH_MS : PUBLISHED_FLUSH_MS);
    else if (message !== undefined && this.#failures === 0) this.#hurryFlush();
  };

  /** Writes what is pending now, as far as the disk lets it. */
  flush(): void {
    while (!this.#closed && this.pendingEvents > 0) {
      this.#flushTimer?.cancel();
      this.#flushTimer = undefined;
      this.#flush();
      if (this.#failure !== undefined) return;
    }
  }

  summary(): LedgerSummary {
    return this.#counts.summary(this.#deps.run.runId, this.#droppedEvents);
  }

  /** Events not yet on disk. */
  get pendingEvents(): number {
    return this.#buffer.size + this.#batch.length;
  }

  /** Why the file cannot be written at present; undefined while it can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Writes what is pending, as far as the disk lets it, ends the run and closes the file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#flushTimer?.cancel();
    this.#retentionTimer?.cancel();
    try {
      if (this.#store === undefined) this.#open();
      while (this.pendingEvents > 0) this.#writeBatch();
      this.#writeModel();
      this.#store?.endRun(this.#deps.clock.wallMs(), this.#deps.clock.nowNs());
    } catch (error) {
      this.#log.error({ reason: reasonOf(error), lostEvents: this.pendingEvents }, `the ledger could not be completed: ${this.pendingEvents} events are not in it (${reasonOf(error)})`);
    } finally {
      this.#store?.close();
      this.#store = undefined;
    }
  }

  #keep(entry: LedgerEntry): void {
    if (entry.event.kind === 'item.look' && this.#buffer.size >= LOOKS_UNTIL) {
      this.#droppedEvents++;
      return;
    }
    const dropped = this.#buffer.pushDroppingOldest(entry);
    if (dropped === undefined) return;
    this.#droppedEvents++;
    if (dropped.message !== undefined) this.#deps.publishing?.outbox.lost(dropped.message);
  }

  #hurryFlush(): void {
    const { clock } = this.#deps;
    if ((this.#flushDueNs - clock.nowNs()) / NS_PER_MS <= PUBLISHED_FLUSH_MS) return;
    this.#flushTimer?.cancel();
    this.#armFlush(PUBLISHED_FLUSH_MS);
  }

  #armFlush(delayMs: number): void {
    this.#flushDueNs = this.#deps.clock.nowNs() + delayMs * NS_PER_MS;
    this.#flushTimer = this.#deps.clock.after(delayMs, () => {
      this.#flushTimer = undefined;
      this.#flush();
    });
  }

  #flush(): void {
    try {
      if (this.#store === undefined) this.#open();
      this.#writeModel();
      this.#writeBatch();
      this.#recovered();
      if (this.#buffer.size > 0) this.#armFlush(BACKLOG_MS);
    } catch (error) {
      return this.#failed(error);
    }
    this.#deps.publishing?.outbox.announce();
  }

  #open(): void {
    const { options, run, openDatabase = openSqlite } = this.#deps;
    this.#store = new LedgerStore({
      path: options.path, looks: options.looks, run, openDatabase, isReopening: this.#wasOpen, publishing: this.#deps.publishing,
      startedWallMs: this.#startedWallMs, startedNs: this.#startedNs,
    });
    this.#wasOpen = true;
    const { closedItems } = this.#store;
    if (closedItems > 0) this.#log.warn({ closedItems }, `an earlier run ended without a word: its ${closedItems} open items are now lost (no-report)`);
  }

  #writeBatch(): void {
    while (this.#batch.length < BATCH_EVENTS) {
      const entry = this.#buffer.shift();
      if (entry === undefined) break;
      this.#batch.push(entry);
    }
    if (this.#batch.length === 0) return;
    try {
      this.#store!.write(this.#batch);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#writeSingly();
    }
    this.#batch = [];
  }

  /** An entry that no table takes must not keep the others from being written; it is a programming error, told and counted. */
  #writeSingly(): void {
    for (let entry = this.#batch[0]; entry !== undefined; entry = this.#batch[0]) {
      try {
        this.#store!.write([entry]);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        this.#droppedEvents++;
        this.#log.error({ kind: entry.event.kind, reason: reasonOf(error) }, `the ledger refused an event of kind ${entry.event.kind}: ${reasonOf(error)}`);
      }
      this.#batch.shift();
    }
  }

  #writeModel(): void {
    if (this.#model === undefined) return;
    this.#store!.setModel(this.#model);
    this.#model = undefined;
  }

  #failed(error: unknown): void {
    const retryMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures++);
    this.#armFlush(retryMs);
    // After an I/O error a connection may not be trusted, and the file may be another one by then; memory has no other.
    if (this.#deps.options.path !== ':memory:') this.#dropStore();
    if (this.#failure !== undefined) return;
    const { path } = this.#deps.options;
    this.#failure = `the ledger ${path} cannot be written: ${reasonOf(error)}. Sorting goes on; up to ${BUFFERED_EVENTS} events are kept in memory. Free disk space and check the folder's permissions.`;
    this.#log.error({ path, reason: reasonOf(error) }, this.#failure);
    this.#deps.onFailing?.(this.#failure);
  }

  #dropStore(): void {
    try {
      this.#store?.close();
    } catch {
      // Closing may try to checkpoint on the same full disk; the file is consistent either way.
    }
    this.#store = undefined;
  }

  #recovered(): void {
    this.#failures = 0;
    const message = this.#failure;
    if (message === undefined) return;
    const { clock } = this.#deps;
    const droppedEvents = this.#droppedEvents - this.#toldDropped;
    if (droppedEvents > 0) this.#store!.writeGap({ atNs: clock.nowNs(), wallMs: clock.wallMs(), droppedEvents, message });
    this.#toldDropped = this.#droppedEvents;
    this.#failure = undefined;
    this.#log.info({ droppedEvents }, `the ledger can be written again; ${droppedEvents} events were given up meanwhile`);
    this.#deps.onRecovered?.();
  }

  #armRetention(delayMs: number): void {
    this.#retentionTimer = this.#deps.clock.after(delayMs, () => {
      let hasMore = false;
      try {
        const { clock, options } = this.#deps;
        const daysAgo = (days: number): number => clock.wallMs() - days * MS_PER_DAY;
        hasMore = this.#store?.deleteBefore(daysAgo(options.retentionDays), daysAgo(Math.max(options.retentionDays, options.sumsRetentionDays))) ?? false;
      } catch (error) {
        // The next write meets the same disk and tells; deleting is tried again in a minute.
        this.#log.debug({ reason: reasonOf(error) }, 'old entries could not be deleted');
      }
      this.#armRetention(hasMore ? RETENTION_BACKLOG_MS : RETENTION_PERIOD_MS);
    });
  }
}

function openFailure(error: unknown, path: string): SortlineError {
  if (isSortlineError(error)) return error;
  return new SortlineError('LEDGER_OPEN_FAILED',
    `the ledger ${path} cannot be opened: ${reasonOf(error)}. Expected a Sortline ledger or a path where one can be made; move the file away or set \`ledger.path\`.`,
    { context: { path }, cause: error });
}
