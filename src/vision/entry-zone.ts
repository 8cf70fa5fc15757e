// Where in a frame things can have come whole into the picture since the frame before: a strip along the upstream edge, as deep as
// the belt has moved and as what was cut by that edge reached in. Arithmetic on boxes; a strip too narrow costs an early look
// (early-looks.ts), never an item.
import type { EncoderCounts } from '../base/units.ts';
import type { BoxPx } from '../domain/frame.ts';
import type { Detection } from './detection.ts';
import type { ViewGeometry } from './view-geometry.ts';

/** Boxes this close to the edge are cut by it, px. */
const CUT_PX = 8;
/** Slip, and a blurred edge, px. */
const SLACK_PX = 20;
/** A leaning camera shows a part of the travel longer than the middle of the picture does. */
const TRAVEL_FACTOR = 1.15;
/** A deeper strip is no cheaper to search than the picture. */
const DEEPEST_SHARE = 0.6;

export class EntryZone {
  readonly #view: ViewGeometry;
  readonly #roomPx: number;
  /** How far what the upstream edge cut reached into the picture in the last frame, px, and the belt then. */
  #last: { readonly depthPx: number; readonly counts: EncoderCounts } | undefined;

  /** `roomPx`: how much of the picture is wanted behind a thing for it to be found. */
  constructor(view: ViewGeometry, roomPx: number) {
    this.#view = view;
    this.#roomPx = roomPx;
  }

  /** Everything found in a frame. */
  saw(detections: readonly Detection[], counts: EncoderCounts): void {
    const cut = detections.filter(({ isWhole, boxPx }) => !isWhole && this.#gapPx(boxPx) <= CUT_PX);
    this.#last = { depthPx: Math.max(0, ...cut.map(({ boxPx }) => this.#gapPx(boxPx) + this.#extentPx(boxPx))), counts };
  }

  /** The strip in the next frame, px; undefined where nothing came in, or too much. */
  at(counts: EncoderCounts): BoxPx | undefined {
    if (this.#last === undefined || counts <= this.#last.counts) return undefined;
    const { calibration: { frameSize: { width, height }, countsPerMm }, pxPerMm, upstreamSide } = this.#view;
    const travelPx = ((counts - this.#last.counts) / countsPerMm) * pxPerMm;
    const depthPx = Math.ceil(this.#last.depthPx + TRAVEL_FACTOR * travelPx + SLACK_PX + this.#roomPx);
    if (depthPx > DEEPEST_SHARE * this.#extentPx({ width, height })) return undefined;
    switch (upstreamSide) {
      case 'left': return { x: 0, y: 0, width: depthPx, height };
      case 'right': return { x: width - depthPx, y: 0, width: depthPx, height };
      case 'top': return { x: 0, y: 0, width, height: depthPx };
      case 'bottom': return { x: 0, y: height - depthPx, width, height: depthPx };
    }
  }

  /** From the upstream edge to the box. */
  #gapPx({ x, y, width, height }: BoxPx): number {
    const { calibration: { frameSize }, upstreamSide } = this.#view;
    switch (upstreamSide) {
      case 'left': return x;
      case 'right': return frameSize.width - x - width;
      case 'top': return y;
      case 'bottom': return frameSize.height - y - height;
    }
  }

  /** Along travel. */
  #extentPx({ width, height }: Pick<BoxPx, 'width' | 'height'>): number {
    return this.#view.travelsAlongU ? width : height;
  }
}
