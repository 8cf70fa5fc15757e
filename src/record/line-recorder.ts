// Records a running line: takes what happens as it happens and decides what is kept. It never makes anyone wait: what the disk does not take in
// time is dropped and counted, and a disk that fails is tried again later while the line sorts on.
//
//   continuous   entries ─▶ file │ file │ file …                  a new one every `fileSeconds`
//   trigger      entries ─▶ ring of the last `beforeSeconds` ─ alarm, note, rejected item ─▶ file until `afterSeconds` are quiet
import { join } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import { makeRoom } from './disk-budget.ts';
import { OpeningState } from './opening-state.ts';
import type { RecordOptions } from './options.ts';
import type { RecordEntry, RecordingAbout } from './record-entry.ts';
import { RecordingWriter } from './recording-writer.ts';

export interface LineRecorderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: RecordOptions;
  /** What each file says of itself, but for its clock. */
  readonly about: Omit<RecordingAbout, 'wallOffsetNs'>;
  /** One file of this name instead of a folder of many; the disk budget does not hold for it. */
  readonly path?: string;
  /** Opens a file; the disk in production. */
  readonly open?: typeof RecordingWriter.open;
}

export interface RecorderCounters {
  readonly frames: number;
  readonly entries: number;
  /** Not kept because disk or encoder were behind, or the disk refused. */
  readonly dropped: number;
  readonly files: number;
  readonly bytes: number;
}

/** With the disk's own delay the last chunk that a killed process loses is well below two seconds. */
const FLUSH_MS = 500;
const RETRY_S = 10;
const ROOM_CHECK_S = 5;
/** Most bytes that wait while a file is opened, or before a trigger. */
const RING_BYTES = 128 * 1024 * 1024;
const ENTRY_BYTES = 200;

export class LineRecorder {
  readonly #deps: LineRecorderDeps;
  readonly #log: Logger;
  readonly #state = new OpeningState();
  readonly #timer: Timer;
  readonly #wallOffsetNs: bigint;
  #ring: RecordEntry[] = [];
  #ringBytes = 0;
  #writer: RecordingWriter | undefined;
  #opening: Promise<void> | undefined;
  #housekeeping: Promise<void> | undefined;
  #openedNs: MonotonicNs = 0;
  #keepUntilNs: MonotonicNs;
  #retryNs: MonotonicNs = 0;
  #roomCheckedNs: MonotonicNs = -Infinity;
  #isFailing = false;
  #tapDropped = 0;
  #counters = { frames: 0, entries: 0, dropped: 0, files: 0, bytes: 0 };

  constructor(deps: LineRecorderDeps) {
    const { clock, options } = deps;
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'record' });
    // Once for all parts of a run: a wall clock that is set meanwhile must not turn entries round.
    this.#wallOffsetNs = BigInt(Math.round(clock.wallMs() * NS_PER_MS)) - BigInt(Math.round(clock.nowNs()));
    this.#keepUntilNs = options.mode === 'continuous' ? Infinity : -Infinity;
    this.#timer = clock.every(FLUSH_MS, () => this.#tick());
  }

  /** Opens the first file where one is wanted at once. Throws RECORD_WRITE_FAILED: at the start a person is there to act. */
  async start(): Promise<void> {
    if (this.#deps.options.mode === 'continuous') await this.#open();
  }

  /** The file being written. */
  get path(): string | undefined {
    return this.#writer?.path;
  }

  get counters(): RecorderCounters {
    const { entries, frames, dropped, bytes } = this.#writer?.counters ?? { entries: 0, frames: 0, dropped: 0, bytes: 0 };
    const kept = this.#counters;
    return { ...kept, entries: kept.entries + entries, frames: kept.frames + frames, dropped: kept.dropped + dropped + this.#tapDropped, bytes: kept.bytes + bytes };
  }

  add(entry: RecordEntry): void {
    this.#state.observe(entry);
    if (this.#deps.options.mode === 'trigger' && isTrigger(entry)) this.#keepUntilNs = entry.atNs + this.#deps.options.afterSeconds * NS_PER_S;
    if (this.#writer === undefined) this.#hold(entry);
    else this.#writer.add(entry);
  }

  /** Pictures that were dropped before they came here, in all. */
  droppedBefore(count: number): void {
    this.#tapDropped = Math.max(this.#tapDropped, count);
  }

  /** Resolves when no file is being opened, ended or deleted: for a driver of virtual time. */
  async settled(): Promise<void> {
    while (this.#opening !== undefined || this.#housekeeping !== undefined) await Promise.all([this.#opening, this.#housekeeping]);
  }

  /** Ends the file; its last chunk and index are on the disk then. Throws RECORD_WRITE_FAILED. */
  async close(): Promise<void> {
    this.#timer.cancel();
    await this.#opening;
    await this.#housekeeping;
    try {
      await this.#closeFile();
    } finally {
      const { frames, entries, dropped, files, bytes } = this.counters;
      if (files > 0) this.#log.info({ frames, entries, dropped, files, bytes }, `recorded ${frames} pictures, ${(bytes / 1e6).toFixed(1)} MB in ${files} files; ${dropped} entries dropped`);
    }
  }

  #tick(): void {
    const { clock, options, path } = this.#deps;
    const nowNs = clock.nowNs();
    const writer = this.#writer;
    writer?.flush();
    if (this.#opening !== undefined) return;
    if (writer?.failure !== undefined) return this.#failed(writer.failure);
    if (writer !== undefined && (nowNs > this.#keepUntilNs || (path === undefined && nowNs - this.#openedNs > options.fileSeconds * NS_PER_S))) return void this.#endFile();
    if (writer === undefined && nowNs <= this.#keepUntilNs && nowNs >= this.#retryNs) return void this.#open().catch((error: unknown) => this.#failed(error));
    if (path === undefined && writer !== undefined && nowNs - this.#roomCheckedNs > ROOM_CHECK_S * NS_PER_S) this.#makeRoom(nowNs);
  }

  async #open(): Promise<void> {
    const { clock, options, about, path, open = RecordingWriter.open } = this.#deps;
    const name = path ?? join(options.folder, `${about.line}-${wallIso(clock).replaceAll(/[-:.]/g, '')}.mcap`);
    const opening = open(name, { ...about, wallOffsetNs: this.#wallOffsetNs }).then((writer) => {
      this.#openedNs = clock.nowNs();
      this.#counters.files++;
      if (this.#isFailing) this.#log.info(`recording goes on in ${name}`);
      this.#isFailing = false;
      const held = this.#ring;
      for (const entry of this.#stateBefore(held)) writer.add(entry);
      for (const entry of held) writer.add(entry);
      this.#ring = [];
      this.#ringBytes = 0;
      this.#writer = writer;
    });
    this.#opening = opening.catch(() => undefined).finally(() => { this.#opening = undefined; });
    await opening;
  }

  /** What held before the first entry that is written; what these tell themselves is not told twice. */
  #stateBefore(held: readonly RecordEntry[]): RecordEntry[] {
    const told = new Set(held);
    return this.#state.entries().filter((entry) => !told.has(entry));
  }

  #endFile(): void {
    this.#opening = this.#closeFile().catch((error: unknown) => this.#failed(error)).finally(() => {
      this.#opening = undefined;
      // At once, so that nothing of a continuous recording is missing.
      if (this.#deps.clock.nowNs() <= this.#keepUntilNs && !this.#isFailing) void this.#open().catch((error: unknown) => this.#failed(error));
    });
  }

  async #closeFile(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    try {
      await writer.close();
    } finally {
      const { entries, frames, dropped, bytes } = writer.counters;
      const kept = this.#counters;
      this.#counters = { ...kept, entries: kept.entries + entries, frames: kept.frames + frames, dropped: kept.dropped + dropped, bytes: kept.bytes + bytes };
    }
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) this.#log.warn(`${reasonOf(error)}; the line sorts on, and recording is tried again every ${RETRY_S} s`);
    this.#isFailing = true;
    this.#retryNs = this.#deps.clock.nowNs() + RETRY_S * NS_PER_S;
    void this.#closeFile().catch(() => undefined);
  }

  #hold(entry: RecordEntry): void {
    this.#ring.push(entry);
    this.#ringBytes += bytesOf(entry);
    const { clock, options } = this.#deps;
    const oldestNs = options.mode === 'trigger' ? clock.nowNs() - options.beforeSeconds * NS_PER_S : -Infinity;
    const isKept = clock.nowNs() <= this.#keepUntilNs && !this.#isFailing;
    let leaving = 0;
    while (leaving < this.#ring.length && (this.#ringBytes > RING_BYTES || (!isKept && this.#ring[leaving]!.atNs < oldestNs))) {
      this.#ringBytes -= bytesOf(this.#ring[leaving]!);
      leaving++;
    }
    if (leaving === 0) return;
    this.#ring.splice(0, leaving);
    if (isKept || options.mode === 'continuous') this.#counters.dropped += leaving;
  }

  #makeRoom(nowNs: MonotonicNs): void {
    const { options, about } = this.#deps;
    this.#roomCheckedNs = nowNs;
    this.#housekeeping ??= makeRoom({ folder: options.folder, prefix: `${about.line}-`, maxMb: options.maxMb, keep: this.path })
      .then((deleted) => { for (const path of deleted) this.#log.info(`deleted the oldest recording, ${path}: together they may have ${options.maxMb} MB`); })
      .catch((error: unknown) => this.#log.warn(`the folder of recordings cannot be kept within its room: ${reasonOf(error)}`))
      .finally(() => { this.#housekeeping = undefined; });
  }
}

/** An alarm, a word of an operator, or an item that the line was not sure of. */
function isTrigger(entry: RecordEntry): boolean {
  if (entry.kind === 'note') return true;
  if (entry.kind !== 'event') return false;
  const { event } = entry;
  return event.kind === 'alarm.raised' || (event.kind === 'operator.command' && event.command === 'note') || (event.kind === 'item.settled' && event.outcome === 'rejected');
}

function bytesOf(entry: RecordEntry): number {
  return ENTRY_BYTES + (entry.kind === 'frame' ? entry.frame.data.length : entry.kind === 'serial' ? entry.bytes.length : 0);
}
