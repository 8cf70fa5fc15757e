// Files by the hash of their contents: blobs/ab/abcdef… holds each content once, read-only. A content is written beside
// (incoming/), flushed and renamed, so a file under blobs/ is always whole; what a killed process left in incoming/ is swept
// away by garbage collection.
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { storeError } from './store-database.ts';

export interface StoredBlob {
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

export type BlobSource = Uint8Array | { readonly file: string };

export interface Blobs {
  readonly folder: string;
  pathOf(sha256: string): string;
  /** Bytes on disk; undefined where there is no such blob. */
  sizeOf(sha256: string): number | undefined;
  /** Stores what is not there yet, several at a time. Throws STORE_FULL, STORE_FAILED (also where a source cannot be read). */
  storeAll(sources: readonly BlobSource[]): Promise<StoredBlob[]>;
  /** The same for one small content, at once. */
  storeNow(content: Uint8Array): StoredBlob;
}

const CHUNK_BYTES = 1 << 20;
/** Enough for the disk to gather the flushes of small files. */
const AT_ONCE = 8;

export function openBlobs(storeFolder: string): Blobs {
  const folder = join(storeFolder, 'blobs');
  const incoming = join(storeFolder, 'incoming');
  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);
  const sizeOf = (sha256: string): number | undefined => statSync(pathOf(sha256), { throwIfNoEntry: false })?.size;
  const isThere = (blob: StoredBlob): boolean => sizeOf(blob.sha256) === blob.bytes;
  const temporary = (): string => join(incoming, `${process.pid}-${randomBytes(6).toString('hex')}`);

  const store = async (source: BlobSource): Promise<StoredBlob> => {
    const blob = await hashOf(source);
    if (isThere(blob)) return blob;
    const path = temporary();
    try {
      await mkdir(incoming, { recursive: true });
      // A source that changes between the two readings is stored as it was at the second.
      const written = await copyTo(source, path);
      await chmod(path, 0o444);
      await mkdir(dirname(pathOf(written.sha256)), { recursive: true });
      await rename(path, pathOf(written.sha256));
      return written;
    } catch (error) {
      await rm(path, { force: true });
      throw storeError(error, pathOf(blob.sha256));
    }
  };

  return {
    folder, pathOf, sizeOf,
    storeAll: async (sources) => {
      const stored = await inTurns(sources, AT_ONCE, store);
      await inTurns([...new Set(stored.map(({ sha256 }) => dirname(pathOf(sha256))))], AT_ONCE, flushFolder);
      return stored;
    },
    storeNow: (content) => {
      const blob = { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length };
      if (isThere(blob)) return blob;
      const path = temporary();
      try {
        mkdirSync(incoming, { recursive: true });
        writeNow(path, content);
        mkdirSync(dirname(pathOf(blob.sha256)), { recursive: true });
        renameSync(path, pathOf(blob.sha256));
        return blob;
      } catch (error) {
        rmSync(path, { force: true });
        throw storeError(error, pathOf(blob.sha256));
      }
    },
  };
}

/** Hash and size of what `source` holds now. */
export async function hashOf(source: BlobSource): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(source)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Writes `source` to the new file `path`, flushed to the disk, and says what was written. */
export async function copyTo(source: BlobSource, path: string): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  const target = await open(path, 'wx');
  try {
    for await (const chunk of chunksOf(source)) {
      hash.update(chunk);
      await target.writeFile(chunk);
      bytes += chunk.length;
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** The buffer is used again for the next chunk. */
async function* chunksOf(source: BlobSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) {
    yield source;
    return;
  }
  let handle: FileHandle | undefined;
  try {
    handle = await open(source.file, 'r');
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, (await handle.stat()).size + 1));
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (cause) {
    throw new SortlineError('STORE_FAILED', `${source.file} cannot be read to be stored: ${reasonOf(cause)}`, { context: { file: source.file }, cause });
  } finally {
    await handle?.close();
  }
}

function writeNow(path: string, content: Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    for (let written = 0; written < content.length;) written += writeSync(file, content, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(path, 0o444);
}

/** Makes a rename survive a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `work` on all of `things`, at most `count` at a time; results in their order. The first failure stops the rest. */
async function inTurns<T, R>(things: readonly T[], count: number, work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < things.length) {
      const index = next++;
      try {
        results[index] = await work(things[index]!);
      } catch (error) {
        next = things.length;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: count }, worker));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return results;
}
