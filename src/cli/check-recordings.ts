// Whether recordings could be written where the config wants them.
import { statfsSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { writableFolder } from './writable-folder.ts';

const MB = 1024 * 1024;

/** Makes and writes nothing. Throws RECORD_WRITE_FAILED. */
export async function checkRecordings({ record: { enabled, folder, maxMb } }: Config): Promise<string> {
  if (!enabled) return 'off';
  try {
    const { bavail, bsize } = statfsSync(writableFolder(folder));
    return `${folder}, ${maxMb} MB at most, ${Math.floor((bavail * bsize) / MB)} MB free`;
  } catch (cause) {
    throw new SortlineError('RECORD_WRITE_FAILED', `recordings cannot be written to ${folder}: ${reasonOf(cause)}; give a folder that this user may write to`, { context: { folder }, cause });
  }
}
