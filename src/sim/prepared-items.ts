// The items of the virtual belt, ready to be laid into pictures: drawings turned as they lie, or photographs cut to cards. Made before
// they come into view and forgotten behind it; an item that was not made in time is made when it is asked for.
import { isSortlineError } from '../base/errors.ts';
import { readImage } from '../image/decode.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { ItemDrawings } from './item-drawings.ts';
import { drawItem } from './render-item.ts';
import type { Sprite } from './render-sprite.ts';
import { turnedSprite } from './render-sprite.ts';
import type { World, WorldItem } from './world.ts';

export type PreparedItem = { readonly kind: 'drawn'; readonly sprite: Sprite } | { readonly kind: 'card'; readonly image: Mat };

const BLANK_CARD = [128, 128, 128];

export interface PreparedItemsOptions {
  readonly world: World;
  readonly pxPerMm: number;
  /** Draws ahead; where absent, all is drawn here. */
  readonly drawings?: ItemDrawings | undefined;
}

export class PreparedItems {
  readonly #options: PreparedItemsOptions;
  readonly #prepared = new Map<number, PreparedItem>();
  readonly #broken: Error[] = [];

  constructor(options: PreparedItemsOptions) {
    this.#options = options;
    this.#prepareAllThatComeAgain();
  }

  /** Items held ready. */
  get count(): number {
    return this.#prepared.size;
  }

  /** Why a photograph shows as a blank card, once for each; undefined where none is new. */
  takeBroken(): Error | undefined {
    return this.#broken.shift();
  }

  /** The item's picture; stays this object's. */
  of(item: WorldItem): PreparedItem {
    const key = this.#keyOf(item);
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      const { pxPerMm, drawings } = this.#options;
      prepared = item.photo === undefined
        ? { kind: 'drawn', sprite: turnedSprite(drawings?.take(key) ?? drawItem(item, pxPerMm), item.rotationRad) }
        : { kind: 'card', image: this.#cardOf(item, item.photo.file) };
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  /** Makes one of the items that come next, nearest first, or has them drawn; `items` may reach further than what is shown soon. */
  makeAhead(items: readonly WorldItem[]): void {
    const { drawings } = this.#options;
    const missing = items.filter((item) => !this.#prepared.has(this.#keyOf(item)));
    if (drawings === undefined || missing[0]?.photo !== undefined) {
      if (missing[0] !== undefined) this.of(missing[0]);
      return;
    }
    for (const item of missing) drawings.begin(this.#keyOf(item), item);
  }

  /** Forgets what is not among `items`, unless it may come again looking the same. */
  keepOnly(items: readonly WorldItem[]): void {
    const { distinctItems, photos } = this.#options.world.options;
    if (distinctItems === undefined || photos !== undefined) this.#forgetAllBut(items);
  }

  release(): void {
    this.#forgetAllBut([]);
  }

  /** The photograph, cut to the card's proportions around its middle; a blank card where it cannot be read. */
  #cardOf(item: WorldItem, file: string): Mat {
    const { pxPerMm } = this.#options;
    const width = Math.round(item.lengthMm * pxPerMm), height = Math.round(item.widthMm * pxPerMm);
    using scope = new MatScope();
    try {
      const photo = scope.own(readImage(file));
      const { cols, rows } = partOf(photo, width / height);
      const middle = scope.own(photo.getRegion(new cv.Rect((photo.cols - cols) >> 1, (photo.rows - rows) >> 1, cols, rows)));
      return middle.resize(height, width, 0, 0, rows > height ? cv.INTER_AREA : cv.INTER_LINEAR);
    } catch (error) {
      if (!isSortlineError(error, 'IMAGE_UNREADABLE')) throw error;
      this.#broken.push(error);
      return new cv.Mat(height, width, cv.CV_8UC3, BLANK_CARD);
    }
  }

  /** By eight times their number nearly all have come once; the others are drawn when they come. */
  #prepareAllThatComeAgain(): void {
    const { world } = this.#options;
    const { distinctItems = 0, photos } = world.options;
    if (photos !== undefined) return;
    for (let index = 0; index < 8 * distinctItems; index++) {
      const item = world.item(index);
      if (item !== undefined) this.of(item);
    }
  }

  /** What an item's picture is kept under: its own number, or what it has in common with those that look the same. */
  #keyOf({ index, drawingSeed, rotationRad, photo }: WorldItem): number {
    if (this.#options.world.options.distinctItems === undefined || photo !== undefined) return index;
    // The same item lies straight where it touches another.
    return rotationRad === 0 ? drawingSeed + 0.5 : drawingSeed;
  }

  #forgetAllBut(items: readonly WorldItem[]): void {
    const kept = new Set(items.map((item) => this.#keyOf(item)));
    for (const [key, prepared] of this.#prepared) {
      if (kept.has(key)) continue;
      if (prepared.kind === 'drawn') prepared.sprite.release();
      else prepared.image.release();
      this.#prepared.delete(key);
    }
  }
}

/** The largest part of these proportions; the whole photograph where it has nearly these. */
function partOf({ cols, rows }: Mat, proportions: number): { cols: number; rows: number } {
  if (Math.abs(cols / rows / proportions - 1) < 0.01) return { cols, rows };
  return cols / rows > proportions ? { cols: Math.round(rows * proportions), rows } : { cols, rows: Math.round(cols / proportions) };
}
