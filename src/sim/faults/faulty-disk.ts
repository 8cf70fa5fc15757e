// The disk under the ledger: real SQLite, and on top of it what disks do - full, read-only, slow, and a process that dies in
// the middle of a write. What was committed stays, as on a real disk; nothing else does.
import { SortlineError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Database } from '../../ledger/sqlite.ts';
import { openSqlite } from '../../ledger/sqlite.ts';

export type DiskTrouble = 'full' | 'read-only';

/** SQLite's own result codes (sqlite.org/rescode.html), so that the ledger meets what it would meet. */
const RESULT_CODES: Readonly<Record<DiskTrouble, { errcode: number; message: string }>> = {
  'full': { errcode: 13, message: 'database or disk is full' },
  'read-only': { errcode: 8, message: 'attempt to write a readonly database' },
};

export class FaultyDisk {
  readonly #troubles = new Set<DiskTrouble>();
  /** How long the process that writes is held up by each transaction, ms. */
  slowMs: Milliseconds = 0;
  /** Told of the hold-up; the process does nothing meanwhile. */
  onSlow: (ms: Milliseconds) => void = () => undefined;
  /** Called once, in the middle of the next transaction, which is then rolled back. */
  onNextWrite: (() => void) | undefined;
  readonly #open = new Set<Database>();

  set(trouble: DiskTrouble, isPresent: boolean): void {
    if (isPresent) this.#troubles.add(trouble);
    else this.#troubles.delete(trouble);
  }

  readonly openDatabase = (path: string): Database => {
    const database = openSqlite(path);
    // A simulated kill is no power cut: what the process has given to the system is there, without waiting for a real disk.
    database.exec('PRAGMA synchronous = OFF');
    this.#open.add(database);
    return {
      exec: (sql) => database.exec(sql),
      prepare: (sql) => database.prepare(sql),
      transaction: (work) => this.#transaction(database, work),
      close: () => this.#close(database),
    };
  };

  /** The process that had files open is gone: the system closes them. */
  abandon(): void {
    for (const database of [...this.#open]) this.#close(database);
    this.onNextWrite = undefined;
  }

  #transaction<T>(database: Database, work: () => T): T {
    if (this.slowMs > 0) this.onSlow(this.slowMs);
    const { onNextWrite } = this;
    const [trouble] = this.#troubles;
    if (trouble === undefined && onNextWrite === undefined) return database.transaction(work);
    this.onNextWrite = undefined;
    try {
      return database.transaction(() => {
        work();
        throw sqliteError(trouble ?? 'full');
      });
    } finally {
      onNextWrite?.();
    }
  }

  #close(database: Database): void {
    if (this.#open.delete(database)) database.close();
  }
}

function sqliteError(trouble: DiskTrouble): Error {
  const { errcode, message } = RESULT_CODES[trouble];
  return Object.assign(new SortlineError('LEDGER_OPEN_FAILED', message), { errcode });
}
