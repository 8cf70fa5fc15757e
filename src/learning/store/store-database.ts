// The store's SQLite file: opened for several processes (or machines) at once, brought to this version's tables, and every
// error of disk, locks and file turned into one that says what to do.
import { existsSync, mkdirSync, openSync, closeSync, readSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { isSortlineError, reasonOf, SortlineError } from '../../base/errors.ts';
import type { Database, SqliteOptions, Statement } from '../../ledger/sqlite.ts';
import { isRefusal, openSqlite, troubleOf } from '../../ledger/sqlite.ts';
import { migrate } from './schema.ts';

export const DATABASE_FILE = 'learning.sqlite';

/** Another process writes for milliseconds; a longer wait means that it hangs. */
const BUSY_TIMEOUT_MS = 15_000;

export interface DatabaseDeps {
  readonly wallMs: number;
  readonly openDatabase?: (path: string, options: SqliteOptions) => Database;
  /** Whether `folder` lies on a file system that other machines reach as well. */
  readonly isOnNetwork?: (folder: string) => boolean;
}

/** Opens or creates the database of the store in `folder`. Throws STORE_OPEN_FAILED, STORE_VERSION, STORE_BUSY, STORE_FULL, STORE_DAMAGED. */
export function openStoreDatabase(folder: string, deps: DatabaseDeps): Database {
  const path = join(folder, DATABASE_FILE);
  let opened: Database | undefined;
  try {
    mkdirSync(folder, { recursive: true });
    const journal = journalFor(path, (deps.isOnNetwork ?? isOnNetwork)(folder));
    opened = (deps.openDatabase ?? openSqlite)(path, { busyTimeoutMs: BUSY_TIMEOUT_MS, journal });
    const database = withStoreErrors(opened, path);
    migrate(database, { path, wallMs: deps.wallMs });
    return database;
  } catch (cause) {
    opened?.close();
    if (isSortlineError(cause)) throw cause;
    const trouble = troubleOf(cause);
    if (trouble !== 'other') throw storeError(cause, path);
    throw new SortlineError('STORE_OPEN_FAILED', `the learning store ${path} cannot be opened: ${reasonOf(cause)}. Check the folder and who may write there, or name another with --store.`, { context: { path }, cause });
  }
}

/** WAL unless machines share the file. A file keeps the journal it was made with: processes that disagree would damage it. */
function journalFor(path: string, isShared: boolean): 'wal' | 'rollback' {
  const found = journalOf(path);
  if (found === 'wal' && isShared) {
    throw new SortlineError('STORE_OPEN_FAILED',
      `the learning store ${path} was made on a local disk and is now reached over a network, where its write-ahead log does not work: end every process that uses it and run \`sortline artifacts share --store DIR\` on the machine whose disk it is`,
      { context: { path } });
  }
  return found ?? (isShared ? 'rollback' : 'wal');
}

/** The journal a database was made with, by its header (sqlite.org/fileformat2.html §1.3.3, byte 18); undefined where there is none yet. */
function journalOf(path: string): 'wal' | 'rollback' | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, 'r');
  try {
    const header = new Uint8Array(20);
    return readSync(file, header, 0, 20, 0) < 20 ? undefined : header[18] === 2 ? 'wal' : 'rollback';
  } finally {
    closeSync(file);
  }
}

/** NFS, SMB, CIFS, 9P, FUSE (sshfs, GlusterFS), Ceph, Lustre: `f_type` of statfs(2). */
const NETWORK_FILE_SYSTEMS = [0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x01021997, 0x65735546, 0x00c36400, 0x0bd00bd0];

function isOnNetwork(folder: string): boolean {
  return NETWORK_FILE_SYSTEMS.includes(statfsSync(folder).type);
}

/** Lets several machines use the store of `folder` from now on. Nobody else may have it open: throws STORE_BUSY. */
export function shareStoreDatabase(folder: string, deps: Omit<DatabaseDeps, 'isOnNetwork'>): void {
  openStoreDatabase(folder, { ...deps, isOnNetwork: () => false }).close();
  const path = join(folder, DATABASE_FILE);
  let database: Database | undefined;
  try {
    database = (deps.openDatabase ?? openSqlite)(path, { journal: 'rollback' });
  } catch (cause) {
    throw storeError(cause, path);
  } finally {
    database?.close();
  }
}

/** `database` whose errors are the store's. What work inside a transaction throws on purpose passes through. */
function withStoreErrors(database: Database, path: string): Database {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storeError(error, path);
    }
  };
  return {
    exec: (sql) => guard(() => database.exec(sql)),
    prepare: (sql) => guarded(guard(() => database.prepare(sql)), guard),
    transaction: (work) => guard(() => database.transaction(work)),
    close: () => database.close(),
  };
}

function guarded(statement: Statement, guard: <T>(work: () => T) => T): Statement {
  return {
    run: (...values) => guard(() => statement.run(...values)),
    get: (...values) => guard(() => statement.get(...values)),
    all: (...values) => guard(() => statement.all(...values)),
  };
}

/** What went wrong at `path` as an error that says what to do; one that already does, or a mistake in the program, as it is. */
export function storeError(error: unknown, path: string): unknown {
  if (isSortlineError(error) || !(error instanceof Error) || !('code' in error) || error.name !== 'Error' || ('errcode' in error && isRefusal(error))) return error;
  const options = { context: { path }, cause: error };
  switch (troubleOf(error)) {
    case 'full': return new SortlineError('STORE_FULL', `the disk under the learning store is full: ${path} cannot be written (${error.message}). Make room (\`sortline artifacts gc\` removes files that nothing refers to) and do it again; what was stored before is unharmed.`, options);
    case 'busy': return new SortlineError('STORE_BUSY', `${path} is in use by another process and stayed so (${error.message}): see what else runs on this store, and do it again`, options);
    case 'damaged': return new SortlineError('STORE_DAMAGED', `${path} is damaged (${error.message}): put a copy of the store in its place, or move it away and begin a new one`, options);
    case 'other': return new SortlineError('STORE_FAILED', `${path}: ${error.message}. Check the disk and who may read and write there.`, options);
  }
}
