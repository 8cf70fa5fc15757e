// One open ledger file: opened, migrated, cleaned of what a killed run left behind, and ready to take entries. Every method
// is one transaction. It never waits and never retries; the ledger above it does.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SortlineError } from '../base/errors.ts';
import type { MonotonicNs } from '../base/units.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { isMaterial } from '../domain/material.ts';
import { createEntryWriter } from './entry-writer.ts';
import type { EntryWriter, LedgerEntry } from './entry-writer.ts';
import type { Outbox } from './outbox.ts';
import type { OutboxMessage } from './outbox-table.ts';
import { OutboxTable } from './outbox-table.ts';
import { migrate } from './schema.ts';
import type { Database } from './sqlite.ts';
import { deleteTalliesBefore, tallyOpenItemsAsLost } from './tallies.ts';

/** What the row of a run says. */
export interface RunFacts {
  readonly runId: string;
  /** Name of the line; only one service may run under it at a time. */
  readonly line: string;
  readonly model?: string | undefined;
  readonly configDigest?: string | undefined;
}

/** Where what is published waits, written in the same transaction as what it tells of. */
export interface LedgerOutbox {
  readonly outbox: Outbox;
  /** What is published of an event; undefined for most. Asked once per event, in order. */
  messageOf(event: LineEvent): OutboxMessage | undefined;
}

export interface StoreOptions {
  readonly path: string;
  readonly looks: boolean;
  readonly run: RunFacts;
  readonly startedWallMs: number;
  readonly startedNs: MonotonicNs;
  readonly openDatabase: (path: string) => Database;
  /** The run's row is there already: this service opened the file before and comes back to it. */
  readonly isReopening: boolean;
  readonly publishing: LedgerOutbox | undefined;
}

/** Rows deleted at once by retention, so that the line is not held up. */
const RETENTION_SLICE = 200;
const VACUUM_PAGES = 100;

export class LedgerStore {
  /** Items of earlier runs that ended without an outcome and were closed as lost at opening. */
  readonly closedItems: number;
  readonly #database: Database;
  readonly #writer: EntryWriter;
  readonly #run: number;
  readonly #outbox: Outbox | undefined;

  /** Throws SQLite's errors, LEDGER_VERSION, and LEDGER_OPEN_FAILED where another run has the same id. */
  constructor(options: StoreOptions) {
    const { path, run, publishing } = options;
    this.#outbox = publishing?.outbox;
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    this.#database = options.openDatabase(path);
    try {
      migrate(this.#database, { path, wallMs: options.startedWallMs });
      this.#outbox?.attach(new OutboxTable(this.#database, run), this.#database);
      this.closedItems = this.#closeEarlierRuns(options);
      this.#run = this.#database.transaction(() => runRow(this.#database, options));
      this.#writer = createEntryWriter(this.#database, { run: this.#run, looks: options.looks });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Writes all entries and what is published of them, or nothing. */
  write(entries: readonly LedgerEntry[]): void {
    this.#inTransaction(() => entries.flatMap((entry) => (this.#writer.write(entry) && entry.message !== undefined ? [entry.message] : [])));
  }

  /** Notes in the file itself that entries are missing: how many were given up while it could not be written. */
  writeGap(gap: { atNs: MonotonicNs; wallMs: number; droppedEvents: number; message: string }): void {
    const { droppedEvents, message } = gap;
    this.#database.transaction(() => this.#writer.writeNote({ atNs: gap.atNs, wallMs: gap.wallMs, kind: 'ledger.gap', detail: { droppedEvents, message } }));
  }

  /** The model in use, known once vision is ready. */
  setModel(model: string): void {
    this.#database.prepare('UPDATE runs SET model = ? WHERE run = ?').run(model, this.#run);
  }

  /** Deletes one slice of what is older than `beforeWallMs`, and of the sums older than `sumsBeforeWallMs`; true when there is more. */
  deleteBefore(beforeWallMs: number, sumsBeforeWallMs: number): boolean {
    const deleted = this.#database.transaction(() => {
      const old = (table: string, key: string, time: string): number => this.#database
        .prepare(`DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${time} < ? LIMIT ${RETENTION_SLICE})`).run(beforeWallMs);
      deleteTalliesBefore(this.#database, sumsBeforeWallMs);
      return Math.max(old('items', 'item', 'first_wall_ms'), old('events', 'event', 'at_wall_ms'));
    });
    if (deleted > 0) this.#database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    return deleted === RETENTION_SLICE;
  }

  endRun(wallMs: number, atNs: MonotonicNs): void {
    this.#database.prepare('UPDATE runs SET ended_wall_ms = ?, ended_ns = ? WHERE run = ?').run(Math.round(wallMs), atNs, this.#run);
  }

  close(): void {
    this.#outbox?.detach();
    this.#database.close();
  }

  /** `work` and the messages it returns in one transaction. */
  #inTransaction(work: () => readonly OutboxMessage[]): void {
    const outbox = this.#outbox;
    if (outbox === undefined) return void this.#database.transaction(work);
    outbox.added(this.#database.transaction(() => outbox.append(work())));
  }

  /** What a killed run left open is lost, and told so: nobody else will ever report on it. Returns how many items that were. */
  #closeEarlierRuns({ run, startedWallMs, startedNs, publishing }: StoreOptions): number {
    let count = 0;
    this.#inTransaction(() => {
      const items = openItemsOfEarlierRuns(this.#database, run);
      count = items.length;
      closeEarlierRuns(this.#database, run, startedWallMs);
      return items.map((item) => publishing?.messageOf(lostItem(item, startedNs))).filter((message) => message !== undefined);
    });
    return count;
  }
}

function openItemsOfEarlierRuns(database: Database, { runId, line }: RunFacts): Record<string, unknown>[] {
  return database.prepare(`SELECT item_id, material, confidence FROM items
    WHERE outcome IS NULL AND run IN (SELECT run FROM runs WHERE line = ? AND run_id <> ?) ORDER BY item`).all(line, runId);
}

function lostItem({ item_id: itemId, material, confidence }: Record<string, unknown>, atNs: MonotonicNs): LineEvent {
  return {
    kind: 'item.settled', atNs, itemId: String(itemId), bin: RESIDUE, outcome: 'lost', cause: 'no-report',
    material: isMaterial(material) ? material : undefined, confidence: typeof confidence === 'number' ? confidence : undefined,
    firedAtCounts: undefined, countError: undefined,
  };
}

function closeEarlierRuns(database: Database, { runId, line }: RunFacts, wallMs: number): void {
  tallyOpenItemsAsLost(database, { runId, line });
  database.prepare(`
    UPDATE items SET outcome = 'lost', cause = 'no-report', settled_wall_ms = ?
    WHERE outcome IS NULL AND run IN (SELECT run FROM runs WHERE line = ? AND run_id <> ?)`).run(Math.round(wallMs), line, runId);
  database.prepare(`
    UPDATE runs SET ended_wall_ms = MAX(started_wall_ms,
      COALESCE((SELECT MAX(first_wall_ms) FROM items WHERE items.run = runs.run), 0),
      COALESCE((SELECT MAX(at_wall_ms) FROM events WHERE events.run = runs.run), 0))
    WHERE ended_wall_ms IS NULL AND line = ? AND run_id <> ?`).run(line, runId);
}

function runRow(database: Database, { run, startedWallMs, startedNs, isReopening, path }: StoreOptions): number {
  const inserted = database.prepare('INSERT INTO runs (run_id, line, started_wall_ms, started_ns, model, config_digest) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .run(run.runId, run.line, Math.round(startedWallMs), startedNs, run.model ?? null, run.configDigest ?? null);
  if (inserted === 0 && !isReopening) {
    throw new SortlineError('LEDGER_OPEN_FAILED', `the ledger ${path} already holds a run ${run.runId}: run ids must be unique, or its items would be overwritten`, { context: { path, runId: run.runId } });
  }
  return Number(database.prepare('SELECT run FROM runs WHERE run_id = ?').get(run.runId)?.run);
}
