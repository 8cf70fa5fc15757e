// Replaces a file whole or not at all: under another name beside it, onto the disk, then renamed. Whoever reads the path meanwhile finds
// the old content, and after a power cut one or the other.
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Largest single write; Node takes no more than 2 GiB. */
const PIECE_BYTES = 64 * 1024 * 1024;

/**
 * Puts the `parts`, one after another, in the place of what `path` held; its folder is made where it is absent. Any number of processes
 * may do so at once: the last one to end wins. Throws the file system's own error, which the caller names; the old file stays then, and
 * nothing of the new one. `mode` is who may read and write it, less what the process's umask takes away.
 */
export function replaceFile(path: string, parts: readonly Uint8Array[], mode = 0o666): void {
  const folder = dirname(path);
  const temporary = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    mkdirSync(folder, { recursive: true });
    writeTo(temporary, parts, mode);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

function writeTo(path: string, parts: readonly Uint8Array[], mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += writeSync(file, part, at, Math.min(PIECE_BYTES, part.length - at));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What is wrong with the folder is told by the error that led here. */
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
