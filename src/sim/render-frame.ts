// One picture of the virtual belt: the rubber, the drawn items, light and noise, and the photograph cards on top, which stay as
// they are so that a model sees them as in its data set. Items move in whole pixels (0.31 mm at most from their true place).
//
//   belt strip ─▶ copy ─▶ blend sprites ─▶ light and noise ─▶ lay cards          travel ──▶ +u
import { createRandom } from '../base/random.ts';
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { Mat } from '../image/opencv.ts';
import { MatScope } from '../image/opencv.ts';
import type { ItemDrawings } from './item-drawings.ts';
import { PreparedItems } from './prepared-items.ts';
import type { BeltOptions } from './render-belt.ts';
import { BeltPicture } from './render-belt.ts';
import { visiblePart } from './render-sprite.ts';
import type { World } from './world.ts';

/** Scale of the virtual camera, as its calibration file says. */
export const PX_PER_MM = 1.6;
/** Half the longest item along travel, turned any way, with a little room. */
const REACH_MM: Millimetres = 130;
/** Items this far ahead of the picture are made ready, one per picture, so that none is made in a hurry. */
const AHEAD_MM: Millimetres = 400;
/** Where they are drawn elsewhere, so many are begun: in virtual time a second takes a twentieth. */
const AHEAD_ITEMS = 10;
const NOISE_STREAM = 17;

export interface FrameRendererOptions extends Omit<BeltOptions, 'random'> {
  readonly world: World;
  /** Across the belt, where the picture begins, mm; default 0. */
  readonly fromYMm?: Millimetres;
  /** Draws items before they are seen; stays the caller's. Where absent, each is drawn here. The pictures are the same. */
  readonly drawings?: ItemDrawings | undefined;
}

export class FrameRenderer {
  readonly #options: FrameRendererOptions;
  readonly #belt: BeltPicture;
  readonly #items: PreparedItems;

  constructor(options: FrameRendererOptions) {
    this.#options = options;
    this.#belt = new BeltPicture({ ...options, random: createRandom(options.world.options.seed).fork(1) });
    this.#items = new PreparedItems({ world: options.world, pxPerMm: PX_PER_MM, drawings: options.drawings });
  }

  /** Items held ready. */
  get preparedCount(): number {
    return this.#items.count;
  }

  /** Why a photograph shows as a blank card, once for each; undefined where none is new. */
  takeBroken(): Error | undefined {
    return this.#items.takeBroken();
  }

  /**
   * The belt at `counts` of travel as the sensor sees it at `seconds`: 8-bit BGR, the caller owns it. `exposure` picks the
   * noise. The same arguments give the same picture.
   */
  render(counts: EncoderCounts, { seconds, exposure }: { seconds: number; exposure: number }): Mat {
    const { world, size, drawings, fromYMm = 0 } = this.#options;
    const { countsPerMm } = world.options;
    const viewMm = size.width / PX_PER_MM;
    const items = world.itemsBetween(counts - (viewMm + REACH_MM) * countsPerMm, counts + REACH_MM * countsPerMm);
    const aheadCounts = drawings === undefined ? AHEAD_MM * countsPerMm : Math.max(AHEAD_MM * countsPerMm, AHEAD_ITEMS * world.pitchCounts);
    const coming = world.itemsBetween(counts + REACH_MM * countsPerMm, counts + REACH_MM * countsPerMm + aheadCounts);
    this.#items.keepOnly([...items, ...coming]);
    using scope = new MatScope();
    const gain = this.#belt.gainAt(seconds);
    const lit = scope.own(this.#belt.at((counts / countsPerMm) * PX_PER_MM, gain));
    const placed = items.map((item) => ({ prepared: this.#items.of(item), item, centrePx: ((counts - item.entryCounts) / countsPerMm) * PX_PER_MM }));
    for (const { prepared, item, centrePx } of placed) if (prepared.kind === 'drawn') prepared.sprite.blendInto(lit, cornerOf(prepared.sprite.size, centrePx, item.yMm - fromYMm), gain);
    const frame = this.#belt.exposed(lit, createRandom(world.options.seed).fork(NOISE_STREAM).fork(exposure));
    for (const { prepared, item, centrePx } of placed) if (prepared.kind === 'card') layCard(prepared.image, frame, cornerOf({ width: prepared.image.cols, height: prepared.image.rows }, centrePx, item.yMm - fromYMm));
    this.#items.makeAhead(coming);
    return frame;
  }

  release(): void {
    this.#items.release();
    this.#belt.release();
  }
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
