// Keeps pictures for the next training on disk, a folder per day: FOLDER/2026-11-24/ITEM.jpg. Whoever hands one over never waits:
// a few may queue while the disk is slow, beyond that they are dropped and counted, and so is what cannot be written. What
// is known of the items is in the ledger, under the same names. The oldest make room for the newest.
import { mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BoundedQueue } from '../base/bounded-queue.ts';
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ItemId } from '../domain/decision.ts';
import type { HarvestOptions } from '../vision/options.ts';

export interface CropFolderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: Pick<HarvestOptions, 'folder' | 'maxMb'>;
  /** Writes one file; the disk in production. */
  readonly write?: (path: string, bytes: Uint8Array) => Promise<void>;
}

interface KeptFile {
  readonly path: string;
  readonly bytes: number;
}

const QUEUED_AT_MOST = 16;
/** Longest time that the end of the service waits for the disk, ms. */
const CLOSE_MS = 2000;
const MB = 1e6;
const DAY = /^\d{4}-\d\d-\d\d$/;

export class CropFolder {
  readonly #deps: CropFolderDeps;
  readonly #log: Logger;
  readonly #queue = new BoundedQueue<{ readonly path: string; readonly jpeg: Uint8Array }>(QUEUED_AT_MOST);
  /** Oldest first; undefined before the first look at the folder. */
  #kept: KeptFile[] | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  keptCount = 0;
  /** Handed over while the queue was full. */
  droppedCount = 0;
  /** Could not be written. */
  failedCount = 0;

  constructor(deps: CropFolderDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'app' });
  }

  /** Takes the picture of an item over; at once, whatever the disk does. */
  keep(itemId: ItemId, jpeg: Uint8Array): void {
    const { clock, options } = this.#deps;
    const path = join(options.folder, wallIso(clock).slice(0, 10), `${itemId}.jpg`);
    if (!this.#queue.tryPush({ path, jpeg })) {
      this.droppedCount++;
      return;
    }
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when what was handed over is on disk, or a disk that hangs has been waited for long enough. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const giveUp = this.#deps.clock.after(CLOSE_MS, resolve);
      void (this.#writing ?? Promise.resolve()).finally(() => {
        giveUp.cancel();
        resolve();
      });
    });
    const { keptCount, droppedCount, failedCount } = this;
    if (keptCount + droppedCount + failedCount > 0) this.#log.info({ keptCount, droppedCount, failedCount }, `pictures for training: ${keptCount} kept in ${this.#deps.options.folder}, ${droppedCount} dropped, ${failedCount} not written`);
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        this.#kept ??= await filesIn(this.#deps.options.folder);
        await (this.#deps.write ?? writeWhole)(next.path, next.jpeg);
        this.#kept.push({ path: next.path, bytes: next.jpeg.length });
        this.keptCount++;
        this.#isFailing = false;
        await this.#makeRoom(this.#kept);
      } catch (error) {
        this.failedCount++;
        if (!this.#isFailing) this.#log.warn(`pictures for training cannot be kept in ${this.#deps.options.folder}: ${reasonOf(error)}; sorting goes on, and the next ones are tried`);
        this.#isFailing = true;
      }
    }
    // In the same turn in which the queue was found empty: whoever comes next begins anew.
    this.#writing = undefined;
  }

  async #makeRoom(kept: KeptFile[]): Promise<void> {
    for (const { path } of kept.splice(0, countOverBudget(kept, this.#deps.options.maxMb * MB))) {
      await rm(path, { force: true });
      // Refused while there are others of that day.
      await rmdir(dirname(path)).catch(() => undefined);
    }
  }
}

/** How many of the first of `files`, oldest first, must go so that the rest has at most `maxBytes`; the last may always stay. */
export function countOverBudget(files: readonly { readonly bytes: number }[], maxBytes: number): number {
  let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let count = 0;
  while (total > maxBytes && count < files.length - 1) total -= files[count++]!.bytes;
  return count;
}

/** What earlier runs have kept, by day and then by name, which begins with the time of the run. */
async function filesIn(folder: string): Promise<KeptFile[]> {
  await mkdir(folder, { recursive: true });
  const days = (await readdir(folder)).filter((name) => DAY.test(name)).sort();
  const files: KeptFile[] = [];
  for (const day of days) {
    for (const name of (await readdir(join(folder, day))).sort()) files.push({ path: join(folder, day, name), bytes: (await stat(join(folder, day, name))).size });
  }
  return files;
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.part`;
  try {
    await writeFile(unfinished, bytes, { flush: true });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}
