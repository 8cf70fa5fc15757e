// Entries that are already there to a new file, whole or not at all: for everything that makes a recording from recordings.
import { rename, rm } from 'node:fs/promises';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { RecordEntry, RecordingAbout } from './record-entry.ts';
import type { WriterCounters } from './recording-writer.ts';
import { RecordingWriter } from './recording-writer.ts';

const CHUNK_NS = NS_PER_S / 2;
const CHUNK_BYTES = 16 * 1024 * 1024;

/** Replaces `path`, which may be the file that `entries` are read from. Throws RECORD_WRITE_FAILED, and what `entries` throws; the old file stays then. */
export async function writeRecording(path: string, about: RecordingAbout, entries: Iterable<RecordEntry> | AsyncIterable<RecordEntry>): Promise<WriterCounters> {
  const unfinished = `${path}.part`;
  const writer = await RecordingWriter.open(unfinished, about);
  try {
    let chunkNs: MonotonicNs | undefined;
    for await (const entry of entries) {
      writer.add(entry);
      chunkNs ??= entry.atNs;
      if (Math.abs(entry.atNs - chunkNs) < CHUNK_NS && writer.pendingBytes < CHUNK_BYTES) continue;
      writer.flush();
      await writer.drained();
      chunkNs = undefined;
    }
    await writer.close();
    await rename(unfinished, path);
    return writer.counters;
  } catch (cause) {
    await writer.close().catch(() => undefined);
    await rm(unfinished, { force: true }).catch(() => undefined);
    if (cause instanceof SortlineError) throw cause;
    throw new SortlineError('RECORD_WRITE_FAILED', `the recording ${path} cannot be written: ${reasonOf(cause)}`, { context: { path }, cause });
  }
}
