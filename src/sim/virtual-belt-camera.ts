// The camera over the virtual belt: pictures of the world where the belt truly was at each exposure. A picture is rendered
// ahead of its exposure, so that it is delivered at that instant as a real camera would: rendering is not the line's latency.
// Where the belt's motion changes in between, the picture is rendered anew.
import type { Clock } from '../base/clock.ts';
import { createRandom } from '../base/random.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { Camera, RawFrame } from '../camera/camera.ts';
import { FramePacer } from '../camera/frame-pacer.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import { SortlineError } from '../base/errors.ts';
import { readImage } from '../image/decode.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { BeltMotion } from './belt-motion.ts';
import { drawItem } from './draw-item.ts';
import { BeltPicture } from './render-belt.ts';
import { Sprite, turnedSprite, visiblePart } from './render-sprite.ts';
import type { World, WorldItem } from './world.ts';

export interface VirtualBeltCameraDeps {
  readonly options: VirtualBeltCameraOptions;
  readonly clock: Clock;
  readonly calibration: Calibration;
  readonly world: World;
  /** The true motion, kept current by its owner. */
  readonly motion: BeltMotion;
}

/** Fixed by the virtual belt's calibration file. */
const PX_PER_MM = 1.6;
/** Longest item along travel, mm, turned any way. */
const LONGEST_ITEM_MM = 220;

/** An item ready to be laid into pictures, drawn or photographed. */
type Picture = { readonly kind: 'drawn'; readonly sprite: Sprite } | { readonly kind: 'photo'; readonly image: Mat };

export class VirtualBeltCamera implements Camera {
  readonly description: string;
  readonly framesPerSecond: number;
  readonly #deps: VirtualBeltCameraDeps;
  readonly #pictures = new Map<number, Picture>();
  #belt: BeltPicture | undefined;
  #pacer: FramePacer | undefined;

  constructor(deps: VirtualBeltCameraDeps) {
    this.#deps = deps;
    const { width, height, framesPerSecond } = deps.options;
    this.framesPerSecond = framesPerSecond;
    this.description = `virtual belt (${width}x${height}, ${framesPerSecond}/s)`;
  }

  async open(): Promise<void> {
    const { options, clock, world } = this.#deps;
    const { width, height, lightDrift, noiseLevels } = options;
    this.#belt ??= new BeltPicture({ size: { width, height }, random: createRandom(world.options.seed).fork(1), lightDrift, noiseLevels });
    this.#pacer = new FramePacer(clock, this.framesPerSecond);
  }

  async read(): Promise<RawFrame> {
    const pacer = this.#pacer;
    if (pacer === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera is not open`);
    const { motion } = this.#deps;
    const capturedAtNs = pacer.nextInstantNs();
    const plannedCounts = motion.countsAt(capturedAtNs);
    let image = this.#render(capturedAtNs);
    try {
      await pacer.waitUntil(capturedAtNs);
    } catch (error) {
      image.release();
      throw error;
    }
    if (motion.countsAt(capturedAtNs) !== plannedCounts) {
      image.release();
      image = this.#render(capturedAtNs);
    }
    return { capturedAtNs, image };
  }

  async close(): Promise<void> {
    this.#pacer?.cancel();
    this.#pacer = undefined;
    for (const picture of this.#pictures.values()) release(picture);
    this.#pictures.clear();
    this.#belt?.release();
    this.#belt = undefined;
  }

  /** The belt and what lies on it, as the sensor sees it at `atNs`; the caller owns it. */
  #render(atNs: MonotonicNs): Mat {
    const { motion, calibration: { countsPerMm }, world, options } = this.#deps;
    using scope = new MatScope();
    const counts = motion.countsAt(atNs);
    const travelPx = (counts / countsPerMm) * PX_PER_MM;
    const lit = scope.own(this.#belt!.at(travelPx));
    const viewMm = options.width / PX_PER_MM;
    const reachMm = LONGEST_ITEM_MM / 2;
    const items = world.itemsBetween(counts - (viewMm + reachMm) * countsPerMm, counts + reachMm * countsPerMm);
    this.#forgetAllBut(items);
    for (const item of items) this.#lay(item, lit, ((counts - item.entryCounts) / countsPerMm) * PX_PER_MM);
    const noise = createRandom(world.options.seed).fork(Math.round(atNs / 1e6) >>> 0);
    return this.#belt!.exposed(lit, atNs / NS_PER_S, noise);
  }

  #lay(item: WorldItem, frame: Mat, centrePx: number): void {
    const picture = this.#pictureOf(item);
    const { width, height } = picture.kind === 'drawn' ? picture.sprite.size : { width: picture.image.cols, height: picture.image.rows };
    const x = Math.round(centrePx - width / 2), y = Math.round(item.yMm * PX_PER_MM - height / 2);
    if (picture.kind === 'drawn') return picture.sprite.blendInto(frame, x, y);
    const visible = visiblePart({ width, height }, frame, { x, y });
    if (visible === undefined) return;
    using scope = new MatScope();
    scope.own(scope.own(picture.image.getRegion(visible.inSprite)).copyTo(scope.own(frame.getRegion(visible.inFrame))));
  }

  #pictureOf(item: WorldItem): Picture {
    let picture = this.#pictures.get(item.index);
    if (picture === undefined) {
      picture = item.photo === undefined ? { kind: 'drawn', sprite: turnedSprite(drawItem(item, PX_PER_MM), item.rotationRad) } : { kind: 'photo', image: cardOf(item, item.photo.file) };
      this.#pictures.set(item.index, picture);
    }
    return picture;
  }

  #forgetAllBut(items: readonly WorldItem[]): void {
    const visible = new Set(items.map(({ index }) => index));
    for (const [index, picture] of this.#pictures) {
      if (visible.has(index)) continue;
      release(picture);
      this.#pictures.delete(index);
    }
  }
}

function cardOf(item: WorldItem, file: string): Mat {
  using scope = new MatScope();
  const photo = scope.own(readImage(file));
  return photo.resize(Math.round(item.widthMm * PX_PER_MM), Math.round(item.lengthMm * PX_PER_MM), 0, 0, cv.INTER_AREA);
}

function release(picture: Picture): void {
  if (picture.kind === 'drawn') picture.sprite.release();
  else picture.image.release();
}
