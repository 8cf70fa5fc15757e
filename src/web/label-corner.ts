// Pictures that wait for a person's word. They come from the harvest folder (a folder per day) and go, by one key each, to a
// folder per material that `sortline dataset import` takes; what nobody can tell goes to `unclear`, which the import leaves
// out. The last moves can be taken back. Only names found on the disk are ever opened.
import { appendFile, copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import type { Material } from '../domain/material.ts';

export interface WaitingPicture {
  readonly itemId: string;
  /** YYYY-MM-DD */
  readonly day: string;
}

export const UNCLEAR = 'unclear';
export type Label = Material | typeof UNCLEAR;

/** What became of a label: moved, or why not. */
export type LabelResult = { readonly result: 'moved' | 'restored'; readonly itemId: string } | { readonly result: 'gone'; readonly reason: string };

const DAY = /^\d{4}-\d\d-\d\d$/;
const FILE = /^([A-Za-z0-9][A-Za-z0-9_-]{0,100})\.jpg$/;
const UNDONE_AT_MOST = 100;
const LISTED_AT_MOST = 10_000;

export class LabelCorner {
  readonly #clock: Clock;
  readonly #from: string;
  readonly #to: string;
  readonly #moves: { readonly picture: WaitingPicture; readonly target: string }[] = [];
  /** One move at a time: two people may press a key for the same picture. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { clock: Clock; from: string; to: string }) {
    this.#clock = options.clock;
    this.#from = options.from;
    this.#to = options.to;
  }

  /** Newest day first. */
  async waiting(): Promise<WaitingPicture[]> {
    const days = (await namesIn(this.#from)).filter((name) => DAY.test(name)).sort().reverse();
    const pictures: WaitingPicture[] = [];
    for (const day of days) {
      for (const name of (await namesIn(join(this.#from, day))).sort().reverse()) {
        const itemId = FILE.exec(name)?.[1];
        if (itemId !== undefined) pictures.push({ itemId, day });
      }
      if (pictures.length >= LISTED_AT_MOST) break;
    }
    return pictures;
  }

  /** JPEG bytes of an item's picture, labelled or not; undefined where none was kept. */
  async picture(itemId: string): Promise<Uint8Array | undefined> {
    if (!FILE.test(`${itemId}.jpg`)) return undefined;
    const days = (await namesIn(this.#from)).filter((name) => DAY.test(name)).map((day) => join(this.#from, day));
    const labels = (await namesIn(this.#to)).filter((name) => /^[a-z]+$/.test(name)).map((name) => join(this.#to, name));
    for (const folder of [...days.sort().reverse(), ...labels]) {
      const bytes = await readFile(join(folder, `${itemId}.jpg`)).catch(() => undefined);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  label(itemId: string, label: Label, by: string): Promise<LabelResult> {
    return this.#inTurn(async () => {
      const picture = (await this.waiting()).find((each) => each.itemId === itemId);
      if (picture === undefined) return { result: 'gone', reason: `the picture of ${itemId} is no longer waiting: labelled by someone else, or removed to make room` };
      const target = join(this.#to, label, `${itemId}.jpg`);
      await mkdir(join(this.#to, label), { recursive: true });
      await move(join(this.#from, picture.day, `${itemId}.jpg`), target);
      await this.#note(itemId, label, by);
      this.#moves.push({ picture, target });
      if (this.#moves.length > UNDONE_AT_MOST) this.#moves.shift();
      return { result: 'moved', itemId };
    });
  }

  /** Takes the latest label back. */
  undo(by: string): Promise<LabelResult> {
    return this.#inTurn(async () => {
      const last = this.#moves.pop();
      if (last === undefined) return { result: 'gone', reason: 'there is no label to take back' };
      const { picture: { itemId, day }, target } = last;
      await mkdir(join(this.#from, day), { recursive: true });
      await move(target, join(this.#from, day, `${itemId}.jpg`));
      await this.#note(itemId, 'taken back', by);
      return { result: 'restored', itemId };
    });
  }

  #note(itemId: string, label: string, by: string): Promise<void> {
    return appendFile(join(this.#to, 'labels.csv'), `${wallIso(this.#clock)},${itemId},${label},"${by.replaceAll('"', '""')}"\n`);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    // Absent until the first picture is kept or labelled.
    return [];
  }
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await copyFile(from, to);
    await rm(from);
  }
}
