// A folder of files made whole or not at all: under another name beside it, then renamed.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { reasonOf, SortlineError } from '../base/errors.ts';

/**
 * Makes the folder `out` of what `fill` puts into the folder it is given; gives what `fill` gives. `problem` begins the message where
 * that fails. Throws RECORD_WRITE_FAILED, also where `out` is there already, and what `fill` throws of Sortline's own errors; nothing is
 * left behind then.
 */
export async function makeWholeFolder<T>(out: string, problem: string, fill: (folder: string) => Promise<T>): Promise<T> {
  if (existsSync(out)) throw new SortlineError('RECORD_WRITE_FAILED', `${out} is there already: name a new folder, or remove it`, { context: { path: out } });
  const unfinished = `${out}.part`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    const made = await fill(unfinished);
    await rename(unfinished, out);
    return made;
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    if (cause instanceof SortlineError) throw cause;
    throw new SortlineError('RECORD_WRITE_FAILED', `${problem}: ${reasonOf(cause)}`, { context: { path: out }, cause });
  }
}
