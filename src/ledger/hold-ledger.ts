// One service per ledger: two would take each other's items for lost and number one outbox twice. The hold is a lock on a file beside
// it, which the system takes back from a process that ends, however it ends.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Database } from './sqlite.ts';
import { openSqlite, troubleOf } from './sqlite.ts';

export interface LedgerHold {
  release(): void;
}

/** Holds the ledger at `path` for this process. Throws LEDGER_OPEN_FAILED, naming the process, where another has it. */
export function holdLedger(path: string, clock: Clock): LedgerHold {
  if (path === ':memory:') return { release: () => undefined };
  let lock: Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    lock = openSqlite(`${path}.lock`, { journal: 'rollback' });
    lock.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL, since TEXT NOT NULL)');
    lock.exec('DELETE FROM holder');
    lock.prepare('INSERT INTO holder VALUES (?, ?)').run(process.pid, wallIso(clock));
    // Others may read who holds it, and not write.
    lock.exec('BEGIN IMMEDIATE');
  } catch (error) {
    lock?.close();
    // A full disk, say: the ledger itself tells what that means.
    if (troubleOf(error) !== 'busy') return { release: () => undefined };
    const holder = holderOf(`${path}.lock`);
    throw new SortlineError('LEDGER_OPEN_FAILED',
      `the ledger ${path} is in use by another Sortline${holder === undefined ? '' : ` (process ${holder.pid}, since ${holder.since})`}: stop that one, or give this line a \`ledger.path\` of its own`,
      { context: { path, ...holder }, cause: error });
  }
  const held = lock;
  return { release: () => held.close() };
}

function holderOf(lockPath: string): { readonly pid: number; readonly since: string } | undefined {
  let lock: Database | undefined;
  try {
    lock = openSqlite(lockPath, { readOnly: true });
    return lock.prepare('SELECT pid, since FROM holder').get() as { pid: number; since: string } | undefined;
  } catch {
    // Just being written, which is no reason to say less than that it is held.
    return undefined;
  } finally {
    lock?.close();
  }
}
