// Frame to detections: what differs from the learned belt, cleaned, outlined, and cut where items touch. Works on a reduced
// picture (about 640 px wide); boxes come back in full-frame pixels. Classifies and follows nothing.
//
//   frame ─▶ reduce, smooth ─▶ excess over belt ─▶ weak/strong masks ─▶ outlines ─▶ split ─▶ Detection[]
import type { MonotonicNs } from '../base/units.ts';
import type { Bgr } from '../domain/calibration.ts';
import type { BoxPx, Frame } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import { Background } from './background.ts';
import type { Detection, PointPx } from './detection.ts';
import type { SegmentOptions } from './options.ts';
import { areaOf } from './outline.ts';
import { refineBox } from './refine-box.ts';
import { splitOutline } from './split-outline.ts';
import type { ViewGeometry } from './view-geometry.ts';

const REDUCED_WIDTH_PX = 640;
/** Joins what belongs together: the glint and the rim of a glass. */
const CLOSE_PX = 7;
/** Removes what is thinner: noise, the texture's outliers. */
const OPEN_PX = 3;
/** An outline is simplified to this deviation before corners are sought, reduced px. */
const OUTLINE_EPSILON_PX = 1.5;
/** Boxes this close to the frame's edge touch it, reduced px. */
const EDGE_PX = 1;
/** What lies this close to where a part of the frame was cut off may look different there, reduced px: all of smoothing, opening and closing. */
const CUT_PX = 14;
const STRONG_SHARE = 0.02;
/** From this share of its box on an item is a rectangle whose edges are worth finding to the pixel. */
const RECTANGLE_FILL = 0.93;
/** An outline longer than this share of the picture is a row of items. */
const LONG_SHARE = 0.5;

/** One outline in reduced px; the box counts whole pixels, points are pixel centres. */
interface Shape {
  readonly outline: readonly PointPx[];
  readonly box: BoxPx;
  readonly area: number;
  readonly centre: PointPx;
}

/** A part of the reduced picture, reduced px. */
interface Part {
  readonly place: BoxPx;
  /** Size of the whole picture. */
  readonly picture: Size;
  /** Within which a thing must lie to be whole, and within which it must lie not to be touched by a cut: counted from the part's corner. */
  readonly whole: Bounds;
  readonly uncut: Bounds;
}

interface Size {
  readonly cols: number;
  readonly rows: number;
}

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export class Segmenter {
  readonly #options: SegmentOptions;
  readonly #background: Background;
  readonly #minAreaPx: number;
  readonly #reduction: number;
  readonly #close: Mat;
  readonly #open: Mat;
  readonly #smoothing = new cv.Size(3, 3);
  #absorb: BoxPx[] = [];
  /** What the belt is still to be learned from, reduced: the last frame, and 255 where something lies. */
  #seen: { readonly reduced: Mat; readonly items: Mat; readonly atNs: MonotonicNs } | undefined;

  constructor(options: SegmentOptions, view: ViewGeometry) {
    this.#options = options;
    this.#background = new Background(options, view.travelsAlongU);
    this.#reduction = Math.max(1, Math.round(view.calibration.frameSize.width / REDUCED_WIDTH_PX));
    this.#minAreaPx = (options.minSizeMm * view.pxPerMm / this.#reduction) ** 2;
    this.#close = cv.getStructuringElement(cv.MORPH_ELLIPSE, new cv.Size(CLOSE_PX, CLOSE_PX));
    this.#open = cv.getStructuringElement(cv.MORPH_ELLIPSE, new cv.Size(OPEN_PX, OPEN_PX));
  }

  /** What a thing needs between it and where a part of the frame is cut off, to be found by `within`: full-frame px. */
  get roomPx(): number {
    return CUT_PX * this.#reduction;
  }

  /** Times the belt had to be learned anew. */
  get relearnedCount(): number {
    return this.#background.relearnedCount;
  }

  /** Mean colour of the belt as it is known now, grey levels of 255; undefined while it is being learned. */
  get beltBgr(): Bgr | undefined {
    return this.#background.meanBgr;
  }

  /** Everything that lies on the belt in this frame; nothing while the belt is still being learned. */
  segment(frame: Frame<Mat>): Detection[] {
    using scope = new MatScope();
    this.#forgetSeen();
    const reduced = this.#reduce(frame.image, scope);
    if (!this.#background.isLearned) {
      this.#background.learn(reduced, frame.capturedAtNs);
      return [];
    }
    for (const box of this.#absorb.splice(0)) this.#background.absorb(reduced, this.#toReduced(box, reduced));
    const excess = scope.own(this.#background.excess(reduced, scope));
    const items = this.#clean(excess, scope);
    const detections = this.#outlines(items, excess, partOf(reduced, { x: 0, y: 0, width: reduced.cols, height: reduced.rows }), scope);
    this.#seen = { reduced: scope.keep(reduced), items: scope.keep(items), atNs: frame.capturedAtNs };
    return detections;
  }

  /**
   * What lies in a part of the frame, clear of where it was cut off, as `segment` will find it there; nothing is learned. `box` in full-frame
   * pixels. What it took is the scope's, to be released when there is time.
   */
  within({ image }: Frame<Mat>, box: BoxPx, scope: MatScope): Detection[] {
    if (!this.#background.isLearned) return [];
    const scale = this.#reduction;
    const picture = this.#reducedSize(image);
    const place = this.#toReduced(box, picture);
    const part = scope.own(image.getRegion(new cv.Rect(place.x * scale, place.y * scale, place.width * scale, place.height * scale)));
    const excess = scope.own(this.#background.excess(this.#reduce(part, scope), scope, place));
    return this.#outlines(this.#clean(excess, scope), excess, partOf(picture, place), scope);
  }

  /** Learns the belt from the frame just segmented: apart, so that the items' pictures need not wait for it. */
  learnBelt(): void {
    const seen = this.#seen;
    if (seen === undefined) return;
    this.#background.follow(seen.reduced, seen.items, seen.atNs);
    this.#forgetSeen();
  }

  /** Takes what is at `box` for part of the background from the next frame on. */
  absorb(box: BoxPx): void {
    this.#absorb.push(box);
  }

  release(): void {
    this.#forgetSeen();
    this.#background.release();
    this.#close.release();
    this.#open.release();
  }

  #forgetSeen(): void {
    this.#seen?.reduced.release();
    this.#seen?.items.release();
    this.#seen = undefined;
  }

  #reduce(image: Mat, scope: MatScope): Mat {
    const { rows, cols } = this.#reducedSize(image);
    const small = this.#reduction === 1 ? image : scope.own(image.resize(rows, cols, 0, 0, cv.INTER_AREA));
    return scope.own(small.gaussianBlur(this.#smoothing, 0));
  }

  #reducedSize({ cols, rows }: Size): Size {
    return { cols: Math.floor(cols / this.#reduction), rows: Math.floor(rows / this.#reduction) };
  }

  #clean(excess: Mat, scope: MatScope): Mat {
    const weak = scope.own(excess.threshold(0, 255, cv.THRESH_BINARY));
    const opened = scope.own(weak.morphologyEx(this.#open, cv.MORPH_OPEN));
    return scope.own(opened.morphologyEx(this.#close, cv.MORPH_CLOSE));
  }

  #outlines(items: Mat, excess: Mat, part: Part, scope: MatScope): Detection[] {
    const strong = scope.own(excess.threshold(this.#options.strongMargin, 255, cv.THRESH_BINARY));
    const detections: Detection[] = [];
    for (const contour of items.findContours(cv.RETR_EXTERNAL, cv.CHAIN_APPROX_SIMPLE)) {
      const { area } = contour;
      if (area < this.#minAreaPx) continue;
      const box = contour.boundingRect();
      if (!isWithin(box, part.uncut) || scope.own(strong.getRegion(box)).countNonZero() < STRONG_SHARE * area) continue;
      const outline = contour.approxPolyDP(OUTLINE_EPSILON_PX, true).map(({ x, y }) => ({ x, y }));
      const pieces = this.#maySplit(box, part) ? splitOutline(outline, this.#minAreaPx) : [outline];
      // The simplified outline is only for cutting: an uncut item keeps OpenCV's exact box and area.
      if (pieces.length === 1) detections.push(this.#detection({ outline, box, area, centre: contour.minAreaRect().center }, excess, part));
      else for (const piece of pieces) detections.push(this.#detection(shapeOf(piece), excess, part));
    }
    // OpenCV lists contours from the bottom of the picture; an order of our own keeps runs alike across its versions.
    return detections.sort((a, b) => a.boxPx.x - b.boxPx.x || a.boxPx.y - b.boxPx.y);
  }

  /** An item cut by the frame's edge may have a neck that the whole item has not; only a long row of items is cut there. */
  #maySplit(box: BoxPx, { picture, whole }: Part): boolean {
    if (!this.#options.splitTouching) return false;
    return isWithin(box, whole) || box.width > LONG_SHARE * picture.cols || box.height > LONG_SHARE * picture.rows;
  }

  #detection({ outline, box, area, centre }: Shape, excess: Mat, { place, whole }: Part): Detection {
    const isWhole = isWithin(box, whole);
    // Outlines run through pixel centres, so a rectangle of w x h pixels encloses (w - 1)(h - 1).
    const fill = Math.min(1, area / Math.max(1, (box.width - 1) * (box.height - 1)));
    const isRectangle = isWhole && fill >= RECTANGLE_FILL;
    const exact = isRectangle ? refineBox(excess, box) : box;
    const scale = this.#reduction;
    const inFrame = (x: number, y: number): PointPx => ({ x: (x + place.x) * scale, y: (y + place.y) * scale });
    return {
      boxPx: { ...inFrame(exact.x, exact.y), width: exact.width * scale, height: exact.height * scale },
      centrePx: isRectangle ? inFrame(exact.x + exact.width / 2, exact.y + exact.height / 2) : inFrame(centre.x + 0.5, centre.y + 0.5),
      outline: outline.map(({ x, y }) => inFrame(x + 0.5, y + 0.5)),
      areaPx: area * scale * scale, fill, isWhole,
    };
  }

  #toReduced(box: BoxPx, reduced: Size): BoxPx {
    const x = Math.max(0, Math.floor(box.x / this.#reduction) - 2), y = Math.max(0, Math.floor(box.y / this.#reduction) - 2);
    return {
      x, y,
      width: Math.min(reduced.cols - x, Math.ceil(box.width / this.#reduction) + 4),
      height: Math.min(reduced.rows - y, Math.ceil(box.height / this.#reduction) + 4),
    };
  }
}

function isWithin(box: BoxPx, { left, top, right, bottom }: Bounds): boolean {
  return box.x > left && box.y > top && box.x + box.width < right && box.y + box.height < bottom;
}

function partOf({ cols, rows }: Size, place: BoxPx): Part {
  const { x, y, width, height } = place;
  const bounds = (edgePx: number): Bounds => ({
    left: x === 0 ? edgePx : CUT_PX, top: y === 0 ? edgePx : CUT_PX,
    right: width - (x + width === cols ? edgePx : CUT_PX), bottom: height - (y + height === rows ? edgePx : CUT_PX),
  });
  return { place, picture: { cols, rows }, whole: bounds(EDGE_PX), uncut: bounds(-1) };
}

/** Box, area and middle of a part that was cut off. */
function shapeOf(outline: readonly PointPx[]): Shape {
  const xs = outline.map(({ x }) => x), ys = outline.map(({ y }) => y);
  const x = Math.min(...xs), y = Math.min(...ys);
  const right = Math.max(...xs), bottom = Math.max(...ys);
  const box = { x, y, width: right - x + 1, height: bottom - y + 1 };
  return { outline, box, area: areaOf(outline), centre: { x: (x + right) / 2, y: (y + bottom) / 2 } };
}
