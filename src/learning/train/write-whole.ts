// What a training writes, whole or not at all, with errors that say what it was.
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { replaceFile } from '../../base/replace-file.ts';

/** Replaces `path` by the `parts` one after another. Throws TRAIN_WRITE_FAILED; what was there before stays. `what` names the file in the message. */
export function writeWhole(path: string, parts: readonly Uint8Array[], what: string): void {
  try {
    replaceFile(path, parts);
  } catch (cause) {
    const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new SortlineError('TRAIN_WRITE_FAILED',
      `${what} cannot be written to ${path}: ${isFull ? 'the disk is full' : reasonOf(cause)}; ${isFull ? 'make room' : 'see who may write there'}, what was written before is whole`, { context: { path }, cause });
  }
}
