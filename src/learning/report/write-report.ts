// Puts a report where it was asked for, whole or not at all: a browser that shows the old one must not find half of the new.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';

/** Writes `text` to `file`, in a folder that is made where it is absent. Throws REPORT_WRITE_FAILED. */
export function writeReport(file: string, text: string): void {
  const path = resolve(file), beside = `${path}.partial`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const descriptor = openSync(beside, 'w');
    try {
      for (let rest = Buffer.from(text); rest.length > 0;) rest = rest.subarray(writeSync(descriptor, rest));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw new SortlineError('REPORT_WRITE_FAILED', `the report ${path} cannot be written: ${reasonOf(cause)}; name a file in a folder that you may write to`, { context: { path }, cause });
  }
}
