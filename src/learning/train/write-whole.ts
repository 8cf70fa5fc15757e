// Writes a file whole or not at all: under another name beside it, onto the disk, then renamed.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';

/** Largest single write; Node takes no more than 2 GiB. */
const PIECE_BYTES = 64 * 1024 * 1024;

/** Replaces `path` by the `parts` one after another. Throws TRAIN_WRITE_FAILED; what was there before stays. `what` names the file in the message. */
export function writeWhole(path: string, parts: readonly Uint8Array[], what: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeTo(temporary, parts);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    removeQuietly(temporary);
    const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new SortlineError('TRAIN_WRITE_FAILED',
      `${what} cannot be written to ${path}: ${isFull ? 'the disk is full' : reasonOf(cause)}; ${isFull ? 'make room' : 'see who may write there'}, what was written before is whole`, { context: { path }, cause });
  }
}

function writeTo(path: string, parts: readonly Uint8Array[]): void {
  const file = openSync(path, 'w');
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += writeSync(file, part, at, Math.min(PIECE_BYTES, part.length - at));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What is wrong with the folder has been told already. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

/** The new name survives a power cut only when its folder is on the disk as well. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
