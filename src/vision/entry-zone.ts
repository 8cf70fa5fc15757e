// Where in a frame things can have come whole into the picture since the frame before: a strip along the upstream edge, as deep as
// the belt has moved and as what was cut by that edge reached in. Where something was cut, only as far to its sides as it may be wide: what is
// convex widens beyond the cut no faster than before it. Arithmetic on outlines; a strip too small costs an early look (early-looks.ts),
// never an item.
import type { EncoderCounts } from '../base/units.ts';
import type { BoxPx } from '../domain/frame.ts';
import type { Detection, PointPx } from './detection.ts';
import type { ViewGeometry } from './view-geometry.ts';

/** What comes this close to the edge is cut by it, px. */
const CUT_PX = 8;
/** How fast a thing widens is measured from the cut to where the outline is at least this far inside, px. */
const INSIDE_PX = 16;
/** What is not convex may widen that much faster, px per px. Of 1,500 drawn items on the belt of `bench` one was cut off by its strip. */
const LEAST_WIDENING = 0.1;
/** Slip, and a blurred edge, px. */
const SLACK_PX = 30;
/** A leaning camera shows a part of the travel longer than the middle of the picture does. */
const LEANING_FACTOR = 1.15;
/** A deeper strip is no cheaper to search than the picture. */
const DEEPEST_SHARE = 0.6;

/** Where a point lies, seen from the upstream edge, px: along travel, and across it. */
interface Place {
  readonly along: number;
  readonly across: number;
}

/** What the upstream edge cut in the last frame: how deep it lies in the picture, and from where to where across, px. */
interface Entering {
  readonly depth: number;
  readonly from: number;
  readonly to: number;
  /** What it may gain on either side, px for each px that it comes in. */
  readonly widening: number;
}

export class EntryZone {
  readonly #view: ViewGeometry;
  readonly #roomPx: number;
  #last: { readonly entering: readonly Entering[]; readonly counts: EncoderCounts } | undefined;

  /** `roomPx`: how much of the picture is wanted around a thing for it to be found. */
  constructor(view: ViewGeometry, roomPx: number) {
    this.#view = view;
    this.#roomPx = roomPx;
  }

  /** Everything found in a frame. */
  saw(detections: readonly Detection[], counts: EncoderCounts): void {
    const cut = detections.filter(({ isWhole }) => !isWhole).map(({ outline }) => outline.map((point) => this.#placeOf(point)));
    this.#last = { entering: cut.filter((places) => places.some(isAtEdge)).map(enteringOf), counts };
  }

  /** The strip in the next frame, px; undefined where nothing came in, or too much. */
  at(counts: EncoderCounts): BoxPx | undefined {
    if (this.#last === undefined || counts <= this.#last.counts) return undefined;
    const { entering } = this.#last;
    const { calibration: { frameSize: { width, height }, countsPerMm }, pxPerMm, travelsAlongU, isStraight } = this.#view;
    const [length, breadth] = travelsAlongU ? [width, height] : [height, width];
    const travel = (isStraight ? 1 : LEANING_FACTOR) * ((counts - this.#last.counts) / countsPerMm) * pxPerMm;
    const room = SLACK_PX + this.#roomPx;
    const depth = Math.ceil(Math.max(0, ...entering.map((thing) => thing.depth)) + travel + room);
    if (depth > DEEPEST_SHARE * length) return undefined;
    // What was not in the picture at all comes in anywhere. Beside something that was, the whole frame's search finds it.
    if (entering.length === 0) return this.#boxOf(depth, 0, breadth);
    const from = Math.min(...entering.map((thing) => thing.from - travel * thing.widening)) - room;
    const to = Math.max(...entering.map((thing) => thing.to + travel * thing.widening)) + room;
    return this.#boxOf(depth, Math.max(0, Math.floor(from)), Math.min(breadth, Math.ceil(to)));
  }

  #placeOf({ x, y }: PointPx): Place {
    const { calibration: { frameSize: { width, height } }, upstreamSide } = this.#view;
    switch (upstreamSide) {
      case 'left': return { along: x, across: y };
      case 'right': return { along: width - x, across: y };
      case 'top': return { along: y, across: x };
      case 'bottom': return { along: height - y, across: x };
    }
  }

  #boxOf(depth: number, from: number, to: number): BoxPx {
    const { calibration: { frameSize: { width, height } }, upstreamSide } = this.#view;
    switch (upstreamSide) {
      case 'left': return { x: 0, y: from, width: depth, height: to - from };
      case 'right': return { x: width - depth, y: from, width: depth, height: to - from };
      case 'top': return { x: from, y: 0, width: to - from, height: depth };
      case 'bottom': return { x: from, y: height - depth, width: to - from, height: depth };
    }
  }
}

function isAtEdge({ along }: Place): boolean {
  return along <= CUT_PX;
}

function enteringOf(outline: readonly Place[]): Entering {
  const across = outline.map((place) => place.across), rim = outline.filter(isAtEdge).map((place) => place.across);
  const rimFrom = Math.min(...rim), rimTo = Math.max(...rim);
  // Of one that has hardly come in nothing is known: it may widen without end.
  const inside = outline.filter(({ along }) => along >= INSIDE_PX);
  const slopeOf = (inwards: (place: Place) => number): number => Math.min(...inside.map((place) => inwards(place) / place.along));
  return {
    depth: Math.max(...outline.map(({ along }) => along)), from: Math.min(...across), to: Math.max(...across),
    // As fast on both sides: a leaning bottle widens on one of them first.
    widening: Math.max(LEAST_WIDENING, slopeOf((place) => place.across - rimFrom), slopeOf((place) => rimTo - place.across)),
  };
}
