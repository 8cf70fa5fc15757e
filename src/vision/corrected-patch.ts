// The part of a frame that shows one item, as a camera straight above with a perfect lens and true colours would show it: what
// calibration is for, done to the few pixels that are classified instead of to whole frames (28 ms for 1080p).
//
//   frame, detection ─▶ patch in the belt's plane, white-balanced ─▶ the same detection in the patch ─▶ cropItem
import type { Bgr } from '../domain/calibration.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { Detection, PointPx } from './detection.ts';
import { areaOf } from './outline.ts';
import { squareAround } from './crop.ts';
import type { ViewGeometry } from './view-geometry.ts';

/** OpenCV counts pixels from the middle of the first one. */
const HALF_PIXEL = 0.5;
/** Room around the square that is cut from the patch, px. */
const ROOM_PX = 2;

export interface CorrectedPatch {
  /** 8-bit BGR; whoever asked for it releases it. */
  readonly image: Mat;
  /** In pixels of the patch. */
  readonly detection: Detection;
}

export interface PatchOptions {
  readonly view: ViewGeometry;
  readonly gains: Bgr | undefined;
  /** As the picture to classify will have it. */
  readonly marginRatio: number;
}

/** Undefined where nothing is to be corrected: the frame itself will do. `image`, the full frame, stays its owner's. */
export function correctedPatch(image: Mat, detection: Detection, { view, gains, marginRatio }: PatchOptions): CorrectedPatch | undefined {
  if (view.isStraight && gains === undefined) return undefined;
  using scope = new MatScope();
  const { patch, inPatch } = view.isStraight ? cut(image, detection, marginRatio) : straighten(image, detection, view, marginRatio);
  scope.own(patch);
  return { image: gains === undefined ? scope.keep(patch) : balanced(patch, gains), detection: inPatch };
}

interface Patch { readonly patch: Mat; readonly inPatch: Detection }

function cut(image: Mat, detection: Detection, marginRatio: number): Patch {
  using scope = new MatScope();
  const square = squareAround(detection.boxPx, marginRatio);
  const x = Math.max(0, square.x - ROOM_PX), y = Math.max(0, square.y - ROOM_PX);
  const rect = new cv.Rect(x, y, Math.min(image.cols, square.x + square.width + ROOM_PX) - x, Math.min(image.rows, square.y + square.height + ROOM_PX) - y);
  const shifted = (point: PointPx): PointPx => ({ x: point.x - x, y: point.y - y });
  return {
    patch: scope.own(image.getRegion(rect)).copy(),
    inPatch: { ...detection, boxPx: { ...detection.boxPx, x: detection.boxPx.x - x, y: detection.boxPx.y - y }, centrePx: shifted(detection.centrePx), outline: detection.outline.map(shifted) },
  };
}

/** In the belt's plane, travel to the right, at the scale of the middle of the picture. */
function straighten(image: Mat, detection: Detection, view: ViewGeometry, marginRatio: number): Patch {
  using scope = new MatScope();
  const { xMm, yMm, lengthMm, widthMm } = view.placeOf(detection);
  const scale = view.pxPerMm;
  const halfMm = (Math.max(lengthMm, widthMm) * (1 + 2 * marginRatio)) / 2 + ROOM_PX / scale;
  const side = Math.max(1, Math.round(2 * halfMm * scale));
  const [fromXMm, fromYMm] = [xMm - halfMm, yMm - halfMm];
  const corners = [[0, 0], [side, 0], [side, side], [0, side]] as const;
  const seen = corners.map(([x, y]) => {
    const { u, v } = view.toPixel(fromXMm + x / scale, fromYMm + y / scale);
    return new cv.Point2(u - HALF_PIXEL, v - HALF_PIXEL);
  });
  const transform = scope.own(cv.getPerspectiveTransform(seen, corners.map(([x, y]) => new cv.Point2(x - HALF_PIXEL, y - HALF_PIXEL))));
  const outline = detection.outline.map(({ x, y }) => {
    const belt = view.toBelt({ x, y, width: 0, height: 0 });
    return { x: (belt.xMm - fromXMm) * scale, y: (belt.yMm - fromYMm) * scale };
  });
  const xs = outline.map(({ x }) => x), ys = outline.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  const boxPx = { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
  const areaPx = areaOf(outline);
  return {
    patch: image.warpPerspective(transform, new cv.Size(side, side), cv.INTER_LINEAR, cv.BORDER_REPLICATE),
    inPatch: {
      boxPx, outline, areaPx, fill: Math.min(1, areaPx / Math.max(1, boxPx.width * boxPx.height)), isWhole: detection.isWhole,
      centrePx: { x: (xMm - fromXMm) * scale, y: (yMm - fromYMm) * scale },
    },
  };
}

function balanced(patch: Mat, gains: Bgr): Mat {
  using scope = new MatScope();
  const channels = patch.splitChannels().map((channel) => scope.own(channel));
  return new cv.Mat(channels.map((channel, index) => scope.own(channel.convertTo(cv.CV_8UC1, gains[index]!, 0))));
}
