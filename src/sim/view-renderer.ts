// The virtual camera's picture: the flat belt, seen through the camera's own geometry, with a printed sheet that may ride on
// it. The straight camera shows the flat picture as it is, pixel for pixel.
//
//   flat belt, items ─▶ lean and bend ─▶ sheet ─▶ picture
import { createRandom } from '../base/random.ts';
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import { chain, inverse, rigid } from '../domain/homography.ts';
import type { Mat } from '../image/opencv.ts';
import { MatScope } from '../image/opencv.ts';
import type { ItemDrawings } from './item-drawings.ts';
import type { PixelRays } from './pixel-rays.ts';
import { pixelRaysOf } from './pixel-rays.ts';
import type { PrintedSheet } from './printed-sheet.ts';
import { paintSheet } from './printed-sheet.ts';
import { FrameRenderer, PX_PER_MM } from './render-frame.ts';
import { pictureOf, ViewWarp } from './view-warp.ts';
import type { TrueGeometry } from './virtual-view.ts';
import { beltExtentOf, trueGeometryOf } from './virtual-view.ts';
import type { World } from './world.ts';

/** A sheet on the belt: where its origin lies, and how it is turned against travel. */
export interface BeltSheet {
  readonly sheet: PrintedSheet;
  /** Count at which its origin passes x = 0. */
  readonly entryCounts: EncoderCounts;
  readonly yMm: Millimetres;
  readonly rotationRad: number;
}

export interface ViewRendererOptions {
  readonly options: VirtualBeltCameraOptions;
  readonly world: World;
  readonly sheet?: BeltSheet | undefined;
  /** As of {@link FrameRendererOptions}. */
  readonly drawings?: ItemDrawings | undefined;
}

const NO_GAIN = [1, 1, 1] as const;
const SHEET_NOISE_STREAM = 23;

export class ViewRenderer {
  readonly #options: ViewRendererOptions;
  readonly #geometry: TrueGeometry;
  readonly #flat: FrameRenderer;
  /** Belt travel by which the flat picture is shifted, so that it begins where the view does. */
  readonly #fromXMm: Millimetres;
  readonly #warp: ViewWarp | undefined;
  readonly #rays: PixelRays | undefined;

  constructor(options: ViewRendererOptions) {
    this.#options = options;
    const { options: { width, height, lightDrift, noiseLevels, view }, world, sheet, drawings } = options;
    const size = { width, height };
    this.#geometry = trueGeometryOf(options.options);
    this.#rays = view === undefined && sheet === undefined ? undefined : pixelRaysOf(this.#geometry.lens, size);
    const { fromXMm, fromYMm, toXMm, toYMm } = view === undefined ? { fromXMm: 0, fromYMm: 0, toXMm: width / PX_PER_MM, toYMm: height / PX_PER_MM } : beltExtentOf(this.#geometry, size);
    const flatSize = { width: Math.ceil((toXMm - fromXMm) * PX_PER_MM), height: Math.ceil((toYMm - fromYMm) * PX_PER_MM) };
    this.#fromXMm = fromXMm;
    this.#flat = new FrameRenderer({ size: flatSize, world, lightDrift, noiseLevels, fromYMm, drawings });
    this.#warp = view === undefined ? undefined : new ViewWarp(this.#geometry, this.#rays!, { size: flatSize, fromXMm, fromYMm });
  }

  /** As {@link FrameRenderer.takeBroken}. */
  takeBroken(): Error | undefined {
    return this.#flat.takeBroken();
  }

  /** As {@link FrameRenderer.render}: 8-bit BGR, the caller owns it; the same arguments give the same picture. */
  render(counts: EncoderCounts, moment: { seconds: number; exposure: number }): Mat {
    const { options: { width, height, view }, world, sheet } = this.#options;
    using scope = new MatScope();
    const flat = scope.own(this.#flat.render(counts - this.#fromXMm * world.options.countsPerMm, moment));
    if (this.#warp === undefined && sheet === undefined) return scope.keep(flat);
    const bytes = this.#warp === undefined ? flat.getData() : this.#warp.apply(flat, view?.colourGains ?? NO_GAIN);
    if (sheet !== undefined) this.#paint(bytes, sheet, counts, moment.exposure);
    return pictureOf(bytes, { width, height });
  }

  release(): void {
    this.#flat.release();
  }

  #paint(bytes: Buffer, { sheet, entryCounts, yMm, rotationRad }: BeltSheet, counts: EncoderCounts, exposure: number): void {
    const { options: { noiseLevels, view }, world } = this.#options;
    const xMm = (counts - entryCounts) / world.options.countsPerMm;
    const pixelToSheet = chain(inverse(rigid(rotationRad, xMm, yMm)), this.#geometry.pixelToBelt);
    const random = createRandom(world.options.seed).fork(SHEET_NOISE_STREAM).fork(exposure);
    paintSheet(bytes, this.#rays!, { sheet, pixelToSheet }, { gains: view?.colourGains ?? NO_GAIN, noiseLevels, random });
  }
}
