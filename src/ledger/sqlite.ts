// The only import of node:sqlite: opens a database the way ledger and learning store want it, and runs transactions. It knows
// no table.
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';

export type SqlValue = SQLInputValue;

/** A prepared statement; parameters by position. */
export interface Statement {
  /** Rows changed. */
  run(...values: SqlValue[]): number;
  get(...values: SqlValue[]): Record<string, unknown> | undefined;
  all(...values: SqlValue[]): Record<string, unknown>[];
}

/** One connection, used by one thread: every call blocks until it is done; it waits for locks only where a timeout was given. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** All of `work` or nothing of it: an error rolls back and is thrown on. */
  transaction<T>(work: () => T): T;
  close(): void;
}

export interface SqliteOptions {
  /** Longest time a call blocks the thread while another process writes, ms; 0 (the default) fails at once. */
  readonly busyTimeoutMs?: number;
  /** `rollback` for a file that several machines reach over a network: WAL needs memory they share (sqlite.org/wal.html). */
  readonly journal?: 'wal' | 'rollback';
  /** Opens what is there for reading alone; the file must exist. */
  readonly readOnly?: boolean;
}

const JOURNAL_RETRY_MS = 5;

/**
 * Opens or creates `path` (or `:memory:`). WAL with synchronous NORMAL: kill -9 loses nothing that was committed, a power cut
 * at most the last moments, and the file is never torn (sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous).
 * Errors are SQLite's own, see {@link isPassing}.
 */
export function openSqlite(path: string, options: SqliteOptions = {}): Database {
  const connection = new DatabaseSync(path, { timeout: options.busyTimeoutMs ?? 0, readOnly: options.readOnly ?? false });
  try {
    if (options.readOnly !== true) prepareForWriting(connection, options);
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    exec: (sql) => connection.exec(sql),
    prepare: (sql) => statementOf(connection.prepare(sql)),
    transaction: (work) => transactionOn(connection, work),
    close: () => connection.close(),
  };
}

function prepareForWriting(connection: DatabaseSync, { journal, busyTimeoutMs = 0 }: SqliteOptions): void {
  // Only effective before the first table: lets retention give pages back to the disk in small steps.
  connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
  if (journal === 'rollback') {
    setJournal(connection, 'TRUNCATE', busyTimeoutMs);
    connection.exec('PRAGMA synchronous = FULL');
  } else {
    setJournal(connection, 'WAL', busyTimeoutMs);
    connection.exec('PRAGMA synchronous = NORMAL');
  }
  connection.exec('PRAGMA journal_size_limit = 8388608');
}

/**
 * SQLite does not wait for whoever else sets the journal of a new file at the same moment: two that read and want to write would
 * wait for each other (sqlite.org/c3ref/busy_handler.html). Trying anew lets go of what the other waits for.
 */
function setJournal(connection: DatabaseSync, mode: 'WAL' | 'TRUNCATE', busyTimeoutMs: number): void {
  for (let waitedMs = 0; ; waitedMs += JOURNAL_RETRY_MS) {
    try {
      return connection.exec(`PRAGMA journal_mode = ${mode}`);
    } catch (error) {
      if (resultCodeOf(error) !== BUSY || waitedMs >= busyTimeoutMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, JOURNAL_RETRY_MS);
    }
  }
}

function statementOf(statement: StatementSync): Statement {
  return {
    run: (...values) => Number(statement.run(...values).changes),
    get: (...values) => statement.get(...values),
    all: (...values) => statement.all(...values),
  };
}

function transactionOn<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    // On a full disk SQLite may have rolled back by itself already.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

// Primary result codes, sqlite.org/rescode.html.
const BUSY = 5, LOCKED = 6, READ_ONLY = 8, IO_ERROR = 10, FULL = 13, CANNOT_OPEN = 14;
const CORRUPT = 11, NOT_A_DATABASE = 26;
const TOO_BIG = 18, CONSTRAINT = 19, MISMATCH = 20, RANGE = 25;

/** Whether trying again later may help: disk full, I/O error, locked by another program, folder away, mounted read-only. */
export function isPassing(error: unknown): boolean {
  const code = resultCodeOf(error);
  if (code !== undefined) return [BUSY, LOCKED, READ_ONLY, IO_ERROR, FULL, CANNOT_OPEN].includes(code);
  return error instanceof Error && 'code' in error && ['ENOSPC', 'EROFS', 'EIO', 'EDQUOT'].includes(String(error.code));
}

/** Whether it is about the values of a row, and not about the file. */
export function isRefusal(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === undefined ? error instanceof TypeError || error instanceof RangeError : [TOO_BIG, CONSTRAINT, MISMATCH, RANGE].includes(code);
}

/** What is wrong with the file or the disk under it, as a word; `other` for what is about neither room, locks nor contents. */
export function troubleOf(error: unknown): 'full' | 'busy' | 'damaged' | 'other' {
  const code = resultCodeOf(error);
  if (code === FULL || (error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code)))) return 'full';
  if (code === BUSY || code === LOCKED) return 'busy';
  return code === CORRUPT || code === NOT_A_DATABASE ? 'damaged' : 'other';
}

function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
