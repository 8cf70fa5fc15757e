// `sortline calibrate camera`: pictures of a chessboard, live or from a folder, to the lens that took them. It refuses a set that
// cannot tell, and says which views are missing.
import { isSortlineError, SortlineError } from '../base/errors.ts';
import { isInvertible } from '../calibrate/geometry-problem.ts';
import type { BoardView, ViewVerdict } from '../calibrate/judge-views.ts';
import { judgeViews } from '../calibrate/judge-views.ts';
import type { Camera } from '../camera/camera.ts';
import type { SizePx } from '../domain/frame.ts';
import type { Lens, PixelPoint } from '../domain/lens.ts';
import type { ChessboardPattern, LensFit } from '../vision/chessboard.ts';
import { findChessboard, fitLens } from '../vision/chessboard.ts';
import { coveragePicture } from '../vision/coverage-picture.ts';

/** Views that are kept; more only take time. */
const MAX_VIEWS = 40;
/** From this many good views on a live set is complete. */
const ENOUGH_VIEWS = 15;
const MAX_FRAMES = 3000;
/** A view that moved less than this share of the picture's width since the last kept one tells nothing new. */
const MOVED_SHARE = 0.04;
/** OpenCV needs three views to begin with. */
const MIN_FIT_VIEWS = 3;
const MAX_RMS_PX = 0.8;
/** A focal length known less well, share of it, was invented: the board hardly leant. */
const MAX_FOCAL_DEVIATION = 0.02;
/** A view this many times worse than the middle one, and bad in itself, was blurred or bent: the fit goes on without it. */
const OUTLIER = { times: 3, px: 0.5 } as const;

export interface CalibrateCameraOptions {
  readonly camera: Camera;
  readonly pattern: ChessboardPattern;
  /** A person moves the board before the camera: pictures alike are skipped, and enough is enough. */
  readonly isLive: boolean;
  /** Told after each picture. */
  readonly onFrame?: (told: { readonly frames: number; readonly views: number; readonly isFound: boolean }) => void;
}

export interface CameraResult {
  readonly lens: Lens;
  readonly frameSize: SizePx;
  readonly rmsPx: number;
  readonly focalDeviationPx: number;
  readonly frames: number;
  readonly views: number;
  /** Views that were left out because they agree with no other. */
  readonly outliers: readonly string[];
  readonly coverage: ViewVerdict['coverage'];
  /** PNG. */
  readonly picture: Buffer;
}

interface Found {
  readonly name: string;
  readonly corners: readonly PixelPoint[];
}

/** Throws CALIB_NO_TARGET, CALIB_POOR_VIEWS, CALIB_POOR_FIT, CALIB_SIZE_MISMATCH for pictures of different sizes, and what the camera throws. */
export async function calibrateCamera(options: CalibrateCameraOptions): Promise<CameraResult> {
  const { found, frames, size } = await collect(options);
  const { columns, rows, squareMm } = options.pattern;
  if (found.length === 0 || size === undefined) {
    throw new SortlineError('CALIB_NO_TARGET', `no chessboard with ${columns}x${rows} inner corners was seen in ${frames} pictures of ${options.camera.description}: show the whole board with its white margin, evenly lit, and check --pattern, which counts the corners between squares`, { context: { frames, columns, rows, squareMm } });
  }
  if (found.length < MIN_FIT_VIEWS) throw poorViews(judgeViews(found.map(({ name, corners }) => ({ name, corners, tiltDeg: { aboutVertical: 0, aboutHorizontal: 0 } })), size), frames);
  const { fit, kept, outliers } = fitWithoutOutliers(found, options.pattern, size);
  const views = kept.map(({ name, corners }, index): BoardView => ({ name, corners, tiltDeg: fit.tiltDegByView[index]! }));
  const verdict = judgeViews(views, size);
  if (!verdict.isGood) throw poorViews(verdict, frames);
  const unsure = fit.focalDeviationPx / Math.min(...fit.lens.focalPx);
  if (!(unsure < MAX_FOCAL_DEVIATION)) {
    throw poorViews({ ...verdict, missing: [`views in which the board leans further: the focal length is only known to ${(100 * unsure).toFixed(0)} %`] }, frames);
  }
  if (fit.rmsPx > MAX_RMS_PX || !isInvertible(fit.lens, size)) {
    throw new SortlineError('CALIB_POOR_FIT', `the corners of ${views.length} views are ${fit.rmsPx.toFixed(2)} px (rms) from where the best lens has them, allowed are ${MAX_RMS_PX}: use a flat, stiff board, hold it still, light it well, and check that all pictures are of one camera at one zoom and focus`, { context: { rmsPx: fit.rmsPx, views: views.length } });
  }
  return {
    lens: fit.lens, frameSize: size, rmsPx: fit.rmsPx, focalDeviationPx: fit.focalDeviationPx, frames, views: views.length, outliers,
    coverage: verdict.coverage, picture: coveragePicture(views.map(({ corners }) => corners), size),
  };
}

async function collect({ camera, pattern, isLive, onFrame }: CalibrateCameraOptions): Promise<{ found: Found[]; frames: number; size: SizePx | undefined }> {
  const found: Found[] = [];
  let size: SizePx | undefined;
  let frames = 0;
  await camera.open();
  try {
    while (frames < MAX_FRAMES && found.length < MAX_VIEWS && !(isLive && isComplete(found, pattern, size))) {
      const image = await nextImage(camera);
      if (image === 'ended') break;
      frames++;
      if (image === 'bad') continue;
      const frameSize = { width: image.cols, height: image.rows };
      size ??= frameSize;
      const corners = frameSize.width === size.width && frameSize.height === size.height ? findChessboard(image, pattern) : undefined;
      image.release();
      if (frameSize.width !== size.width || frameSize.height !== size.height) {
        throw new SortlineError('CALIB_SIZE_MISMATCH', `picture ${frames} of ${camera.description} has ${frameSize.width}x${frameSize.height} px, the ones before have ${size.width}x${size.height} px: a calibration needs pictures of one camera at one size`, { context: { found: frameSize, expected: size } });
      }
      const isNew = corners !== undefined && (!isLive || hasMoved(found.at(-1)?.corners, corners, size));
      if (isNew) found.push({ name: `picture ${frames}`, corners });
      onFrame?.({ frames, views: found.length, isFound: corners !== undefined });
    }
  } finally {
    await camera.close();
  }
  return { found, frames, size };
}

async function nextImage(camera: Camera): Promise<Awaited<ReturnType<Camera['read']>>['image'] | 'ended' | 'bad'> {
  try {
    return (await camera.read()).image;
  } catch (error) {
    if (isSortlineError(error, 'CAMERA_ENDED')) return 'ended';
    if (isSortlineError(error, 'CAMERA_BAD_FRAME')) return 'bad';
    throw error;
  }
}

/** A live set is complete when it would be accepted; asked for only now and then, as it takes a fit. */
function isComplete(found: readonly Found[], pattern: ChessboardPattern, size: SizePx | undefined): boolean {
  if (size === undefined || found.length < ENOUGH_VIEWS || found.length % 5 !== 0) return false;
  const fit = fitLens(found.map(({ corners }) => corners), pattern, size);
  return judgeViews(found.map(({ name, corners }, index) => ({ name, corners, tiltDeg: fit.tiltDegByView[index]! })), size).isGood;
}

function hasMoved(before: readonly PixelPoint[] | undefined, now: readonly PixelPoint[], { width }: SizePx): boolean {
  if (before === undefined) return true;
  const mean = now.reduce((sum, { u, v }, index) => sum + Math.hypot(u - before[index]!.u, v - before[index]!.v), 0) / now.length;
  return mean > MOVED_SHARE * width;
}

function fitWithoutOutliers(found: readonly Found[], pattern: ChessboardPattern, size: SizePx): { fit: LensFit; kept: readonly Found[]; outliers: string[] } {
  const first = fitLens(found.map(({ corners }) => corners), pattern, size);
  const middle = first.rmsPxByView.toSorted((a, b) => a - b)[first.rmsPxByView.length >> 1]!;
  const isOutlier = (index: number): boolean => first.rmsPxByView[index]! > Math.max(OUTLIER.px, OUTLIER.times * middle);
  const kept = found.filter((_, index) => !isOutlier(index));
  if (kept.length === found.length || kept.length < MIN_FIT_VIEWS) return { fit: first, kept: found, outliers: [] };
  return { fit: fitLens(kept.map(({ corners }) => corners), pattern, size), kept, outliers: found.filter((_, index) => isOutlier(index)).map(({ name }) => name) };
}

function poorViews({ missing }: ViewVerdict, frames: number): SortlineError {
  return new SortlineError('CALIB_POOR_VIEWS', `the pictures do not suffice to know the lens; missing: ${missing.join('; ')}`, { context: { missing, frames } });
}
