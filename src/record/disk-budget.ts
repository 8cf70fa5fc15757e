// Keeps a folder of recordings within its room: the oldest go first. Names begin with the line and the time, so their order is their age.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const MB = 1e6;
/** The time: `hall-` must not mean the recordings of `hall-2`. */
const BEHIND_PREFIX = /^\d{8}T\d+Z\.mcap$/;

/**
 * Deletes the oldest files of `folder` whose names begin with `prefix`, until all have at most `maxMb` together; never `keep`, which is being
 * written. The paths that were deleted. Rejects with the file system's own error.
 */
export async function makeRoom({ folder, prefix, maxMb, keep }: { folder: string; prefix: string; maxMb: number; keep: string | undefined }): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && BEHIND_PREFIX.test(name.slice(prefix.length))).sort();
  const files = await Promise.all(names.map(async (name) => ({ path: join(folder, name), bytes: (await stat(join(folder, name))).size })));
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const deleted: string[] = [];
  for (const { path, bytes } of files) {
    if (total <= maxMb * MB) break;
    if (path === keep) continue;
    await rm(path, { force: true });
    deleted.push(path);
    total -= bytes;
  }
  return deleted;
}
