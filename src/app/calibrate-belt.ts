// `sortline calibrate belt`: a chessboard that the belt carries past the camera, to the homography from pixels to mm and the
// counts per mm. Refuses what cannot tell (too little travel) and what contradicts itself (a bent target, a slipping belt).
import { SortlineError } from '../base/errors.ts';
import type { EncoderCounts } from '../base/units.ts';
import type { BeltFit, BeltFitInput, TargetView } from '../calibrate/fit-belt.ts';
import { fitBelt } from '../calibrate/fit-belt.ts';
import type { SizePx } from '../domain/frame.ts';
import type { PixelPoint } from '../domain/lens.ts';
import type { ChessboardPattern } from '../vision/chessboard.ts';
import { cornersOf, findChessboard } from '../vision/chessboard.ts';
import type { CalibrationBench } from './calibration-bench.ts';

const MIN_VIEWS = 5;
/** Travel from which the counts per mm are known well enough, in lengths of a square: about 0.05 % of the corners' own error. */
const MIN_TRAVEL_SQUARES = 4;
/** Corners further from the fit than this share of a square contradict each other. */
const MAX_RMS_SHARE = 0.02;
/** Pictures without the target after it was seen: it has passed. */
const PASSED_FRAMES = 8;
const MAX_FRAMES = 3000;
const MAX_VIEWS = 60;
/** A view in which the corners moved less than this is the same view, px. */
const MOVED_PX = 4;

export interface CalibrateBeltOptions {
  readonly pattern: ChessboardPattern;
  readonly lens: BeltFitInput['lens'];
  readonly cornerMm?: BeltFitInput['cornerMm'];
}

export interface BeltResult extends BeltFit {
  readonly frameSize: SizePx;
  readonly views: number;
}

/** A picture that was looked at, whether the target was in it or not. */
export interface BeltView {
  readonly name: string;
  readonly encoderCounts: EncoderCounts;
  readonly size: SizePx;
  readonly corners: readonly PixelPoint[] | undefined;
}

/** Watches the target pass; with `movesBelt` it starts the belt, else somebody turns it by hand. */
export async function watchTargetPass(bench: CalibrationBench, pattern: ChessboardPattern, options: { readonly movesBelt: boolean; readonly onView?: (views: number) => void }): Promise<BeltView[]> {
  if (options.movesBelt) await bench.startBelt();
  const views: BeltView[] = [];
  let unseen = 0;
  for (let frames = 0; frames < MAX_FRAMES && views.length < MAX_VIEWS; frames++) {
    const frame = await bench.look();
    if (frame === undefined) break;
    const corners = findChessboard(frame.image, pattern);
    frame.image.release();
    unseen = corners === undefined ? unseen + 1 : 0;
    if (views.length > 0 && unseen > PASSED_FRAMES) break;
    if (corners === undefined || !hasMoved(views.at(-1), corners)) continue;
    views.push({ name: `picture ${frames + 1}`, encoderCounts: frame.encoderCounts, size: frame.size, corners });
    options.onView?.(views.length);
  }
  if (options.movesBelt) await bench.stopBelt();
  return views;
}

/** Throws CALIB_NO_TARGET, CALIB_POOR_VIEWS, CALIB_POOR_FIT, CALIB_SIZE_MISMATCH. */
export function calibrateBelt(seen: readonly BeltView[], { pattern, lens, cornerMm }: CalibrateBeltOptions): BeltResult {
  const { columns, rows, squareMm } = pattern;
  const views = seen.flatMap(({ name, encoderCounts, corners }): TargetView[] => (corners === undefined ? [] : [{ name, encoderCounts, corners }]));
  const frameSize = seen[0]?.size;
  if (views.length === 0 || frameSize === undefined) {
    throw new SortlineError('CALIB_NO_TARGET', `no chessboard with ${columns}x${rows} inner corners passed the camera: lay it flat on the belt upstream of the picture, wholly between the picture's edges, and check --pattern`, { context: { columns, rows, squareMm } });
  }
  const other = seen.find(({ size }) => size.width !== frameSize.width || size.height !== frameSize.height);
  if (other !== undefined) throw new SortlineError('CALIB_SIZE_MISMATCH', `${other.name} has ${other.size.width}x${other.size.height} px, the ones before have ${frameSize.width}x${frameSize.height} px`, { context: { found: other.size, expected: frameSize } });
  if (views.length < MIN_VIEWS) {
    throw new SortlineError('CALIB_POOR_VIEWS', `the target was seen whole in ${views.length} pictures, needed are ${MIN_VIEWS}: run the belt slower, raise the camera's rate, or use a smaller target`, { context: { views: views.length } });
  }
  const fit = fitBelt({ views, target: cornersOf(pattern), lens, frameSize, cornerMm });
  if (fit === undefined || fit.travelMm < MIN_TRAVEL_SQUARES * squareMm) {
    throw new SortlineError('CALIB_POOR_VIEWS', `the target travelled ${fit === undefined ? 'not at all by the encoder' : `${fit.travelMm.toFixed(0)} mm`} between the pictures, needed are ${MIN_TRAVEL_SQUARES * squareMm} mm: let the belt carry it through the whole picture, and check that the encoder counts`, { context: { travelMm: fit?.travelMm } });
  }
  if (fit.rmsMm > MAX_RMS_SHARE * squareMm) {
    throw new SortlineError('CALIB_POOR_FIT', `the corners are ${fit.rmsMm.toFixed(2)} mm (rms) from where one flat belt and one even travel have them, allowed are ${(MAX_RMS_SHARE * squareMm).toFixed(2)} mm; worst is ${fit.worstView} with ${fit.worstMm.toFixed(2)} mm: lay the target flat so that it does not slip, calibrate the lens first (\`sortline calibrate camera\`), and check --square-mm`, { context: { rmsMm: fit.rmsMm, worstMm: fit.worstMm } });
  }
  return { ...fit, frameSize, views: views.length };
}

function hasMoved(before: BeltView | undefined, corners: readonly PixelPoint[]): boolean {
  const last = before?.corners;
  if (last === undefined) return true;
  return Math.hypot(corners[0]!.u - last[0]!.u, corners[0]!.v - last[0]!.v) > MOVED_PX;
}
