// Whether the ledger could be opened: it is one, nobody else has it, and there is a folder to write it to.
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { holdLedger } from '../ledger/hold-ledger.ts';
import { openSqlite } from '../ledger/sqlite.ts';
import { writableFolder } from './writable-folder.ts';

/** Reads one that is there; creates none. Throws LEDGER_OPEN_FAILED. */
export async function checkLedger({ ledger: { path } }: Config): Promise<string> {
  if (path === ':memory:') return 'in memory, gone with the process';
  try {
    writableFolder(dirname(path));
    if (!existsSync(path)) return `${path} will be created`;
    accessSync(path, constants.W_OK);
    const database = openSqlite(path, { readOnly: true });
    try {
      database.prepare('SELECT name FROM sqlite_master').all();
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new SortlineError('LEDGER_OPEN_FAILED', `the ledger ${path} cannot be used: ${reasonOf(cause)}; give a path in a folder that this user may write to, and that names a ledger or nothing`, { context: { path }, cause });
  }
  holdLedger(path, systemClock).release();
  return `${path}, ${(statSync(path).size / 1024 / 1024).toFixed(1)} MB`;
}
