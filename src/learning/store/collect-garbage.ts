// Removes what nothing refers to: contents of run files that were replaced, and what a killed process left half-way. It works
// under the database's write lock, and whoever adds looks again under the same lock, so nothing is taken from under a writer.
import { readdir, rm, stat } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../ledger/sqlite.ts';
import type { Blobs } from './blobs.ts';
import { storeError } from './store-database.ts';

export interface Garbage {
  readonly files: number;
  readonly bytes: number;
}

/** Deleted under one lock at most. */
const SLICE = 200;
/** A file in incoming/ this old belongs to no living writer. */
const ABANDONED_MS = 24 * 3600 * 1000;

/** What was removed. Throws STORE_BUSY, STORE_FAILED. */
export async function collectGarbage(options: { database: Database; blobs: Blobs; storeFolder: string; wallMs: number }): Promise<Garbage> {
  const { database, blobs, storeFolder, wallMs } = options;
  try {
    const names = (await namesIn(blobs.folder, { recursive: true })).map((path) => path.split('/').at(-1) ?? '').filter((name) => /^[0-9a-f]{64}$/.test(name));
    const isUsed = (sha256: string): boolean =>
      database.prepare('SELECT 1 WHERE EXISTS (SELECT 1 FROM artifact_files WHERE sha256 = ?1) OR EXISTS (SELECT 1 FROM run_files WHERE sha256 = ?1)').get(sha256) !== undefined;
    let files = 0, bytes = 0;
    const unused = names.filter((name) => !isUsed(name));
    for (let start = 0; start < unused.length; start += SLICE) {
      database.transaction(() => {
        for (const sha256 of unused.slice(start, start + SLICE).filter((name) => !isUsed(name))) {
          bytes += blobs.sizeOf(sha256) ?? 0;
          rmSync(blobs.pathOf(sha256), { force: true });
          files++;
        }
      });
    }
    const abandoned = await removeAbandoned(join(storeFolder, 'incoming'), wallMs);
    return { files: files + abandoned.files, bytes: bytes + abandoned.bytes };
  } catch (error) {
    throw storeError(error, blobs.folder);
  }
}

async function removeAbandoned(folder: string, wallMs: number): Promise<Garbage> {
  let files = 0, bytes = 0;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || wallMs - found.mtimeMs < ABANDONED_MS) continue;
    await rm(path, { force: true });
    files++;
    bytes += found.size;
  }
  return { files, bytes };
}

async function namesIn(folder: string, options: { recursive?: boolean } = {}): Promise<string[]> {
  try {
    return await readdir(folder, { ...options, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
