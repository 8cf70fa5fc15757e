// Where exactly the edges of a rectangular item are. The mask's edge lies where smoothing first lifts a pixel over the
// tolerance, a pixel or two outside; the true edge is where the averaged profile across it reaches half its height.
import type { BoxPx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

/** How far around each edge it may be, px. */
const SEARCH_PX = 5;

/** The box of an upright rectangle in `excess` (8-bit, one channel, dark where belt), to a fraction of a pixel. */
export function refineBox(excess: Mat, box: BoxPx): BoxPx {
  const columns = profile(excess, box, 'x'), rows = profile(excess, box, 'y');
  const left = edgeAt(columns.values, 1), right = edgeAt(columns.values, -1);
  const top = edgeAt(rows.values, 1), bottom = edgeAt(rows.values, -1);
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) return box;
  const x = columns.start + left, y = rows.start + top;
  const refined = { x, y, width: columns.start + right - x, height: rows.start + bottom - y };
  // A neighbour close by, or a profile without a plateau, can lead astray: then the mask is the better witness.
  const isClose = Math.abs(refined.width - box.width) <= 2 * SEARCH_PX && Math.abs(refined.height - box.height) <= 2 * SEARCH_PX;
  return isClose && refined.width > 0 && refined.height > 0 ? refined : box;
}

/** Mean of the box's middle half, across it, along one axis. */
function profile(excess: Mat, box: BoxPx, axis: 'x' | 'y'): { start: number; values: number[] } {
  using scope = new MatScope();
  const [length, size] = axis === 'x' ? [box.width, excess.cols] : [box.height, excess.rows];
  const start = Math.max(0, box[axis] - SEARCH_PX);
  const end = Math.min(size, box[axis] + length + SEARCH_PX);
  const rect = axis === 'x'
    ? new cv.Rect(start, box.y + (box.height >> 2), end - start, Math.max(1, box.height >> 1))
    : new cv.Rect(box.x + (box.width >> 2), start, Math.max(1, box.width >> 1), end - start);
  const mean = scope.own(scope.own(excess.getRegion(rect)).reduce(axis === 'x' ? 0 : 1, cv.REDUCE_AVG, cv.CV_32F));
  return { start, values: mean.getDataAsArray().flat() };
}

/**
 * Distance from the profile's start to where it first (direction 1) or last (-1) crosses half the height just behind the
 * edge, in pixel edges (0 is the left side of the first pixel); undefined where there is no clear edge.
 */
function edgeAt(values: readonly number[], direction: 1 | -1): number | undefined {
  const ordered = direction === 1 ? values : values.toReversed();
  const height = Math.max(...ordered.slice(SEARCH_PX, 2 * SEARCH_PX));
  for (let index = 1; index < Math.min(ordered.length, 2 * SEARCH_PX); index++) {
    const before = ordered[index - 1]!, here = ordered[index]!;
    if (here < height / 2) continue;
    // Pixel centres lie half a pixel behind their edges.
    const crossing = index - 0.5 + (height / 2 - before) / (here - before || 1);
    return direction === 1 ? crossing : values.length - crossing;
  }
  return undefined;
}
