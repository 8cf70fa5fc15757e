// Puts a report where it was asked for, whole or not at all: a browser that shows the old one must not find half of the new.
import { resolve } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { replaceFile } from '../../base/replace-file.ts';

/** Writes `text` to `file`, in a folder that is made where it is absent. Throws REPORT_WRITE_FAILED. */
export function writeReport(file: string, text: string): void {
  const path = resolve(file);
  try {
    replaceFile(path, [Buffer.from(text)]);
  } catch (cause) {
    throw new SortlineError('REPORT_WRITE_FAILED', `the report ${path} cannot be written: ${reasonOf(cause)}; name a file in a folder that you may write to`, { context: { path }, cause });
  }
}
