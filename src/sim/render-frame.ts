// One picture of the virtual belt: the rubber, the drawn items, light and noise, and the photograph cards on top, which stay as
// they are so that a model sees them as in its data set. Items move in whole pixels (0.31 mm at most from their true place).
//
//   belt strip ─▶ copy ─▶ blend sprites ─▶ light and noise ─▶ lay cards          travel ──▶ +u
import { isSortlineError } from '../base/errors.ts';
import { createRandom } from '../base/random.ts';
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import { readImage } from '../image/decode.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { BeltOptions } from './render-belt.ts';
import { BeltPicture } from './render-belt.ts';
import { drawItem } from './render-item.ts';
import { Sprite, turnedSprite, visiblePart } from './render-sprite.ts';
import type { World, WorldItem } from './world.ts';

/** Scale of the virtual camera, as its calibration file says. */
export const PX_PER_MM = 1.6;
/** Half the longest item along travel, turned any way, with a little room. */
const REACH_MM: Millimetres = 130;
/** Items this far ahead of the picture are drawn already, one per picture, so that none is drawn in a hurry. */
const AHEAD_MM: Millimetres = 400;
const BLANK_CARD = [128, 128, 128];
const NOISE_STREAM = 17;

/** An item ready to be laid into pictures. */
type Prepared = { readonly kind: 'drawn'; readonly sprite: Sprite } | { readonly kind: 'card'; readonly image: Mat };

export interface FrameRendererOptions extends Omit<BeltOptions, 'random'> {
  readonly world: World;
  /** Across the belt, where the picture begins, mm; default 0. */
  readonly fromYMm?: Millimetres;
}

export class FrameRenderer {
  readonly #options: FrameRendererOptions;
  readonly #belt: BeltPicture;
  readonly #prepared = new Map<number, Prepared>();
  readonly #broken: Error[] = [];

  constructor(options: FrameRendererOptions) {
    this.#options = options;
    this.#belt = new BeltPicture({ ...options, random: createRandom(options.world.options.seed).fork(1) });
    this.#drawAllThatComeAgain();
  }

  /** Items held ready. */
  get preparedCount(): number {
    return this.#prepared.size;
  }

  /** Why a photograph shows as a blank card, once for each; undefined where none is new. */
  takeBroken(): Error | undefined {
    return this.#broken.shift();
  }

  /**
   * The belt at `counts` of travel as the sensor sees it at `seconds`: 8-bit BGR, the caller owns it. `exposure` picks the
   * noise. The same arguments give the same picture.
   */
  render(counts: EncoderCounts, { seconds, exposure }: { seconds: number; exposure: number }): Mat {
    const { world, size, fromYMm = 0 } = this.#options;
    const { countsPerMm } = world.options;
    const viewMm = size.width / PX_PER_MM;
    const items = world.itemsBetween(counts - (viewMm + REACH_MM) * countsPerMm, counts + REACH_MM * countsPerMm);
    const coming = world.itemsBetween(counts + REACH_MM * countsPerMm, counts + (REACH_MM + AHEAD_MM) * countsPerMm);
    if (world.options.distinctItems === undefined || world.options.photos !== undefined) this.#forgetAllBut([...items, ...coming]);
    using scope = new MatScope();
    const gain = this.#belt.gainAt(seconds);
    const lit = scope.own(this.#belt.at((counts / countsPerMm) * PX_PER_MM, gain));
    const placed = items.map((item) => ({ prepared: this.#prepare(item), item, centrePx: ((counts - item.entryCounts) / countsPerMm) * PX_PER_MM }));
    for (const { prepared, item, centrePx } of placed) if (prepared.kind === 'drawn') prepared.sprite.blendInto(lit, cornerOf(prepared.sprite.size, centrePx, item.yMm - fromYMm), gain);
    const frame = this.#belt.exposed(lit, createRandom(world.options.seed).fork(NOISE_STREAM).fork(exposure));
    for (const { prepared, item, centrePx } of placed) if (prepared.kind === 'card') layCard(prepared.image, frame, cornerOf({ width: prepared.image.cols, height: prepared.image.rows }, centrePx, item.yMm - fromYMm));
    const next = coming.find((item) => !this.#prepared.has(this.#keyOf(item)));
    if (next !== undefined) this.#prepare(next);
    return frame;
  }

  release(): void {
    this.#forgetAllBut([]);
    this.#belt.release();
  }

  #prepare(item: WorldItem): Prepared {
    const key = this.#keyOf(item);
    let prepared = this.#prepared.get(key);
    if (prepared === undefined) {
      prepared = item.photo === undefined
        ? { kind: 'drawn', sprite: turnedSprite(drawItem(item, PX_PER_MM), item.rotationRad) }
        : { kind: 'card', image: this.#cardOf(item, item.photo.file) };
      this.#prepared.set(key, prepared);
    }
    return prepared;
  }

  /** The photograph, cut to the card's proportions around its middle; a blank card where it cannot be read. */
  #cardOf(item: WorldItem, file: string): Mat {
    const width = Math.round(item.lengthMm * PX_PER_MM), height = Math.round(item.widthMm * PX_PER_MM);
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
  #drawAllThatComeAgain(): void {
    const { world } = this.#options;
    const { distinctItems = 0, photos } = world.options;
    if (photos !== undefined) return;
    for (let index = 0; index < 8 * distinctItems; index++) {
      const item = world.item(index);
      if (item !== undefined) this.#prepare(item);
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

interface Corner { readonly x: number; readonly y: number }

function cornerOf(size: { width: number; height: number }, centrePx: number, fromTopMm: Millimetres): Corner {
  return { x: Math.round(centrePx - size.width / 2), y: Math.round(fromTopMm * PX_PER_MM - size.height / 2) };
}

function layCard(card: Mat, frame: Mat, corner: Corner): void {
  const visible = visiblePart({ width: card.cols, height: card.rows }, frame, corner);
  if (visible === undefined) return;
  using scope = new MatScope();
  scope.own(scope.own(card.getRegion(visible.inSprite)).copyTo(scope.own(frame.getRegion(visible.inFrame))));
}
