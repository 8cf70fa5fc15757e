// One recording being written. Entries gather in memory and go to the disk as a chunk when `flush` says so; whoever adds never waits.
// What the disk cannot take in time is dropped, pictures first, and counted; a disk that refuses ends the file where it is whole.
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { calibrationText } from '../calibrate/calibration-text.ts';
import { channels, FORMAT_VERSION, messagesOf, PROFILE } from './channels.ts';
import { McapFileBuilder } from './mcap.ts';
import type { RecordEntry, RecordingAbout } from './record-entry.ts';

export interface WriterOptions {
  /** Most bytes that wait for the disk: beyond it frames are dropped, and beyond twice of it everything is. */
  readonly maxPendingBytes: number;
}

export interface WriterCounters {
  readonly entries: number;
  readonly frames: number;
  readonly dropped: number;
  readonly bytes: number;
}

export const ABOUT_METADATA = 'sortline';
export const CONFIG_ATTACHMENT = 'config.json';
export const CALIBRATION_ATTACHMENT = 'calibration.yaml';
const LIBRARY = 'sortline';
const DEFAULTS: WriterOptions = { maxPendingBytes: 64 * 1024 * 1024 };

export class RecordingWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #options: WriterOptions;
  readonly #wallOffsetNs: bigint;
  readonly #builder = new McapFileBuilder();
  readonly #sequences = new Map<string, number>();
  #counters = { entries: 0, frames: 0, dropped: 0, bytes: 0 };
  #queuedBytes = 0;
  #tail: Promise<void> = Promise.resolve();
  #failure: SortlineError | undefined;

  private constructor(path: string, file: FileHandle, about: RecordingAbout, options: WriterOptions) {
    this.path = path;
    this.#file = file;
    this.#options = options;
    this.#wallOffsetNs = about.wallOffsetNs;
  }

  /** Makes the file, and its folder where absent; an existing file is replaced. Throws RECORD_WRITE_FAILED. */
  static async open(path: string, about: RecordingAbout, options: Partial<WriterOptions> = {}): Promise<RecordingWriter> {
    let file: FileHandle;
    try {
      await mkdir(dirname(path), { recursive: true });
      file = await open(path, 'w');
    } catch (cause) {
      throw writeFailed(path, cause);
    }
    const writer = new RecordingWriter(path, file, about, { ...DEFAULTS, ...options });
    writer.#begin(about);
    await writer.drained();
    if (writer.#failure === undefined) return writer;
    await file.close();
    throw writer.#failure;
  }

  get counters(): WriterCounters {
    return this.#counters;
  }

  /** Why nothing more is written; undefined while all is well. */
  get failure(): SortlineError | undefined {
    return this.#failure;
  }

  /** Bytes that were added and not flushed. */
  get pendingBytes(): number {
    return this.#builder.pendingBytes;
  }

  /** Takes an entry; false where it had to be dropped. Its bytes are copied. */
  add(entry: RecordEntry): boolean {
    const waiting = this.#queuedBytes + this.#builder.pendingBytes;
    const limit = entry.kind === 'frame' ? this.#options.maxPendingBytes : 2 * this.#options.maxPendingBytes;
    if (this.#failure !== undefined || waiting > limit) {
      this.#counters.dropped++;
      return false;
    }
    const logTimeNs = this.#wallOffsetNs + BigInt(Math.round(entry.atNs));
    for (const { topic, data } of messagesOf(entry, this.#wallOffsetNs)) {
      const sequence = this.#sequences.get(topic) ?? 0;
      this.#sequences.set(topic, sequence + 1);
      this.#builder.add({ topic, sequence: entry.kind === 'frame' ? entry.frame.sequence : sequence, logTimeNs, data });
    }
    this.#counters.entries++;
    if (entry.kind === 'frame') this.#counters.frames++;
    return true;
  }

  /** Sends what was added to the disk as one chunk; returns at once. */
  flush(): void {
    const chunk = this.#builder.takeChunk();
    if (chunk !== undefined) this.#write(chunk);
  }

  /** Resolves when everything flushed so far is on the disk, or the disk has refused it. */
  drained(): Promise<void> {
    return this.#tail;
  }

  /** Writes what is left and the file's index. Throws RECORD_WRITE_FAILED; what was on the disk before stays readable. */
  async close(): Promise<void> {
    this.flush();
    this.#write(this.#builder.end());
    await this.drained();
    await this.#file.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #begin(about: RecordingAbout): void {
    const { sortlineVersion, runId, site, line, source, wallOffsetNs, config, calibration } = about;
    this.#write(this.#builder.begin(PROFILE, `${LIBRARY} ${sortlineVersion}`, channels()));
    this.#write(this.#builder.metadata(ABOUT_METADATA, { formatVersion: String(FORMAT_VERSION), sortlineVersion, runId, site, line, source, wallOffsetNs: String(wallOffsetNs) }));
    this.#write(this.#builder.attachment({ name: CONFIG_ATTACHMENT, mediaType: 'application/json', atNs: wallOffsetNs, data: Buffer.from(JSON.stringify(config, undefined, 2)) }));
    this.#write(this.#builder.attachment({ name: CALIBRATION_ATTACHMENT, mediaType: 'application/yaml', atNs: wallOffsetNs, data: Buffer.from(calibrationText(calibration)) }));
  }

  /** In order, each on the disk before the next: a power cut leaves whole chunks. */
  #write(bytes: Uint8Array): void {
    this.#queuedBytes += bytes.length;
    this.#tail = this.#tail.then(async () => {
      try {
        if (this.#failure === undefined) {
          await writeWhole(this.#file, bytes);
          await this.#file.datasync();
          this.#counters.bytes += bytes.length;
        }
      } catch (cause) {
        this.#failure = writeFailed(this.path, cause);
      } finally {
        this.#queuedBytes -= bytes.length;
      }
    });
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

function writeFailed(path: string, cause: unknown): SortlineError {
  return new SortlineError('RECORD_WRITE_FAILED', `the recording ${path} cannot be written: ${reasonOf(cause)}; check the folder, its permissions and the room on the disk`, { context: { path }, cause });
}
