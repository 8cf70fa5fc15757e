// Finds a printed chessboard in a picture, to a fraction of a pixel, and fits the lens from several such pictures: the two
// things of calibration that OpenCV does well. Corners come out in pixels from the picture's edge (OpenCV counts from the
// middle of the first pixel, half a pixel less).
import type { PlanePoint } from '../calibrate/fit-homography.ts';
import type { BoardView } from '../calibrate/judge-views.ts';
import type { SizePx } from '../domain/frame.ts';
import type { Lens, PixelPoint } from '../domain/lens.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';

/** Inner corners along the board's rows, the number of rows, and the side of a square. */
export interface ChessboardPattern {
  readonly columns: number;
  readonly rows: number;
  readonly squareMm: number;
}

const HALF_PIXEL = 0.5;
/** Width of the picture that is searched thoroughly, px. */
const SEARCH_WIDTH_PX = 480;
/** Half the side of the square searched around a corner, as a share of the squares' side in the picture; px bounds. */
const SEARCH_SHARE = 0.3;
const SEARCH_PX = { least: 3, most: 11 } as const;
const REFINE_STEPS = 40;
const REFINE_EPSILON = 1e-3;
const FIT_STEPS = 100;
const FIT_EPSILON = 1e-10;
const K3_SHARE = 0.97;

/** Places of the inner corners on the board, mm, row by row. */
export function cornersOf({ columns, rows, squareMm }: ChessboardPattern): PlanePoint[] {
  return Array.from({ length: columns * rows }, (_, index) => ({ x: (index % columns) * squareMm, y: Math.floor(index / columns) * squareMm }));
}

/**
 * The inner corners in `image` (8-bit BGR, stays the caller's), in the order of {@link cornersOf} from one end or the other;
 * undefined where the whole board is not seen.
 */
export function findChessboard(image: Mat, pattern: ChessboardPattern): PixelPoint[] | undefined {
  using scope = new MatScope();
  const grey = scope.own(image.cvtColor(cv.COLOR_BGR2GRAY));
  const corners = searchChessboard(grey, pattern);
  if (corners === undefined) return undefined;
  const half = Math.max(SEARCH_PX.least, Math.min(SEARCH_PX.most, Math.round(SEARCH_SHARE * smallestSide(corners, pattern.columns))));
  const criteria = new cv.TermCriteria(cv.termCriteria.EPS + cv.termCriteria.MAX_ITER, REFINE_STEPS, REFINE_EPSILON);
  return grey.cornerSubPix(corners, new cv.Size(half, half), new cv.Size(-1, -1), criteria).map(({ x, y }) => ({ u: x + HALF_PIXEL, v: y + HALF_PIXEL }));
}

/**
 * Corners to a pixel or two, in OpenCV's pixels. Thoroughly in a reduced picture, then quickly in the whole one: where only part of
 * the board is seen, OpenCV 4.6 searches a picture of 1280x720 for three seconds and more, and thirty times shorter at a third of the size.
 */
function searchChessboard(grey: Mat, { columns, rows }: ChessboardPattern): InstanceType<typeof cv.Point2>[] | undefined {
  using scope = new MatScope();
  const size = new cv.Size(columns, rows);
  const scale = Math.max(1, grey.cols / SEARCH_WIDTH_PX);
  const reduced = scale === 1 ? grey : scope.own(grey.resize(Math.round(grey.rows / scale), SEARCH_WIDTH_PX, 0, 0, cv.INTER_AREA));
  const thorough = reduced.findChessboardCorners(size, cv.CALIB_CB_ADAPTIVE_THRESH | cv.CALIB_CB_NORMALIZE_IMAGE | cv.CALIB_CB_FAST_CHECK);
  if (thorough.returnValue) return thorough.corners.map(({ x, y }) => new cv.Point2((x + HALF_PIXEL) * scale - HALF_PIXEL, (y + HALF_PIXEL) * scale - HALF_PIXEL));
  const quick = scale === 1 ? undefined : grey.findChessboardCorners(size, cv.CALIB_CB_NORMALIZE_IMAGE | cv.CALIB_CB_FAST_CHECK);
  return quick?.returnValue === true ? quick.corners : undefined;
}

export interface LensFit {
  readonly lens: Lens;
  /** Root mean square distance of the corners from where the fit has them, px: over all, and by view. */
  readonly rmsPx: number;
  readonly rmsPxByView: readonly number[];
  readonly tiltDegByView: readonly BoardView['tiltDeg'][];
  /** Standard deviation of the focal length, px. */
  readonly focalDeviationPx: number;
}

/**
 * The lens that explains all views of the board best; 3 views at the least. The third radial coefficient is fitted only where it
 * explains more: else it would bend the corners of the picture, which no view reaches, at will.
 */
export function fitLens(views: readonly (readonly PixelPoint[])[], pattern: ChessboardPattern, size: SizePx): LensFit {
  const plain = fitWith(cv.CALIB_FIX_K3, views, pattern, size);
  const rich = fitWith(0, views, pattern, size);
  return rich.rmsPx < K3_SHARE * plain.rmsPx ? rich : plain;
}

function fitWith(flags: number, views: readonly (readonly PixelPoint[])[], pattern: ChessboardPattern, { width, height }: SizePx): LensFit {
  using scope = new MatScope();
  const board = cornersOf(pattern).map(({ x, y }) => new cv.Point3(x, y, 0));
  const pictures = views.map((corners) => corners.map(({ u, v }) => new cv.Point2(u - HALF_PIXEL, v - HALF_PIXEL)));
  const start = Math.max(width, height);
  const matrix = scope.own(new cv.Mat([[start, 0, width / 2], [0, start, height / 2], [0, 0, 1]], cv.CV_64F));
  const criteria = new cv.TermCriteria(cv.termCriteria.EPS + cv.termCriteria.MAX_ITER, FIT_STEPS, FIT_EPSILON);
  const fit = cv.calibrateCameraExtended(views.map(() => board), pictures, new cv.Size(width, height), matrix, [0, 0, 0, 0, 0], flags, criteria);
  const deviations = scope.own(fit.stdDeviationsIntrinsics).getDataAsArray().flat();
  scope.own(fit.stdDeviationsExtrinsics);
  const [[fx, , cx], [, fy, cy]] = matrix.getDataAsArray() as [[number, number, number], [number, number, number]];
  const [k1, k2, p1, p2, k3] = fit.distCoeffs as [number, number, number, number, number];
  return {
    lens: { focalPx: [fx, fy], centrePx: [cx + HALF_PIXEL, cy + HALF_PIXEL], distortion: [k1, k2, p1, p2, k3] },
    rmsPx: fit.returnValue, rmsPxByView: fit.perViewErrors,
    tiltDegByView: fit.rvecs.map(({ x, y, z }) => tiltOf(x, y, z)),
    focalDeviationPx: Math.max(deviations[0]!, deviations[1]!),
  };
}

/** How the board's face leans, from its rotation vector (Rodrigues): its normal in camera coordinates, turned to the camera. */
function tiltOf(x: number, y: number, z: number): BoardView['tiltDeg'] {
  const angle = Math.hypot(x, y, z) || 1e-12;
  const [nx, ny, nz] = [x / angle, y / angle, z / angle];
  const cos = Math.cos(angle), sin = Math.sin(angle);
  const normal = { x: nx * nz * (1 - cos) + ny * sin, y: ny * nz * (1 - cos) - nx * sin, z: cos + nz * nz * (1 - cos) };
  const towards = normal.z < 0 ? -1 : 1;
  const degrees = (radians: number): number => (radians * 180) / Math.PI;
  return {
    aboutVertical: degrees(Math.atan2(towards * normal.x, towards * normal.z)),
    aboutHorizontal: degrees(Math.atan2(towards * normal.y, towards * normal.z)),
  };
}

/** Shortest distance of two neighbours in a row, px. */
function smallestSide(corners: readonly { readonly x: number; readonly y: number }[], columns: number): number {
  const sides = corners.slice(1).flatMap((corner, index) => ((index + 1) % columns === 0 ? [] : [Math.hypot(corner.x - corners[index]!.x, corner.y - corners[index]!.y)]));
  return Math.min(...sides);
}
