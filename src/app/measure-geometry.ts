// Which edges `calibrate camera` and `calibrate belt` work on: a folder of pictures, the real camera and board, or the virtual ones,
// for which the chessboard is held and laid by the simulator.
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { ManualClock } from '../base/manual-clock.ts';
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { LensCalibration } from '../calibrate/calibration-text.ts';
import { fitBeltPoints } from '../calibrate/fit-belt.ts';
import { createCamera } from '../camera/create-camera.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { HandheldTargetCamera } from '../sim/handheld-target-camera.ts';
import { chessboardSheet } from '../sim/printed-sheet.ts';
import type { BeltSheet } from '../sim/view-renderer.ts';
import type { ChessboardPattern } from '../vision/chessboard.ts';
import type { BeltResult, BeltView } from './calibrate-belt.ts';
import { calibrateBelt, watchTargetPass } from './calibrate-belt.ts';
import type { CalibrateCameraOptions, CameraResult } from './calibrate-camera.ts';
import { calibrateCamera } from './calibrate-camera.ts';
import { CalibrationBench } from './calibration-bench.ts';
import { beltPointsOf, beltViewsOf, folderCamera } from './frames-folder.ts';
import { inVirtualTime } from './virtual-time.ts';

/** Pictures a second of the virtual camera: enough views of a passing target, and no more to draw. */
const VIRTUAL_FPS = 6;
/** How the simulator lays the target: upstream of the picture, a little askew, as people do. */
const LAID = { upstreamMm: 450, rotationRad: 0.02 } as const;

export interface MeasureOptions {
  readonly config: Config;
  readonly pattern: ChessboardPattern;
  /** Folder of pictures to take instead of the configured camera. */
  readonly frames: string | undefined;
}

export function measureCamera({ config, pattern, frames, onFrame }: MeasureOptions & Pick<CalibrateCameraOptions, 'onFrame'>): Promise<CameraResult> {
  const { source } = config.camera;
  const told = onFrame === undefined ? {} : { onFrame };
  if (frames !== undefined) return calibrateCamera({ camera: folderCamera(frames, systemClock), pattern, isLive: false, ...told });
  if (source.kind !== 'virtual-belt') return calibrateCamera({ camera: createCamera(source, systemClock), pattern, isLive: true, ...told });
  const clock = new ManualClock();
  return inVirtualTime(clock, calibrateCamera({ camera: new HandheldTargetCamera({ options: source, clock, board: pattern }), pattern, isLive: false, ...told }));
}

export interface MeasureBeltOptions extends MeasureOptions {
  readonly log: Logger;
  readonly lens: LensCalibration | undefined;
  /** Distance of the target's corner nearest to the belt's edge from that edge; by default y = 0 is where the picture begins. */
  readonly edgeMm: Millimetres | undefined;
  /** A real belt is started; else somebody moves it. A virtual one always is. */
  readonly movesBelt: boolean;
  readonly onView?: (views: number) => void;
}

/** Throws what {@link calibrateBelt} and the edges throw; CALIB_SIZE_MISMATCH where the lens was measured at another size. */
export async function measureBelt(options: MeasureBeltOptions): Promise<BeltResult> {
  const { config, pattern, frames, log, lens, edgeMm, onView } = options;
  const told = onView === undefined ? {} : { onView };
  if (frames !== undefined) return fitted(beltViewsOf(frames, pattern), options, { yMm: edgeMm });
  const bench = new CalibrationBench({
    config, log, virtual: { world: { leadInMm: 1e6 }, framesPerSecond: VIRTUAL_FPS, sheet: (countsPerMm) => laidTarget(config, pattern, countsPerMm) },
  });
  const isVirtual = bench.plant !== undefined;
  const views = await bench.run(() => watchTargetPass(bench, pattern, { movesBelt: isVirtual || options.movesBelt, ...told }));
  if (!isVirtual) return fitted(views, options, { yMm: edgeMm });
  // The simulator has measured where it laid the target, as a person would with a tape.
  const { countsPerMm } = config.sim.twin;
  const { entryCounts, yMm } = laidTarget(config, pattern, countsPerMm);
  const first = views[0];
  return fitted(views, { pattern, lens }, first === undefined ? undefined : { xMm: (first.encoderCounts - entryCounts) / countsPerMm, yMm });
}

/** From at least four points measured with a tape; the counts per mm come from elsewhere. Throws CALIB_POOR_VIEWS, and what reading the file throws. */
export function measureBeltPoints(file: string, lens: LensCalibration | undefined): Pick<Calibration, 'pixelToBelt'> & { readonly points: number; readonly rmsMm: Millimetres } {
  const points = beltPointsOf(file);
  const fit = fitBeltPoints(points.map(({ pixel, belt }) => ({ pixel, xMm: belt.x, yMm: belt.y })), lens?.lens);
  if (fit !== undefined) return { ...fit, points: points.length };
  throw new SortlineError('CALIB_POOR_VIEWS', `${points.length} points in ${file} do not fix the belt: needed are four or more, no three of them on one line`, { context: { file, points: points.length } });
}

function fitted(views: readonly BeltView[], { pattern, lens }: Pick<MeasureBeltOptions, 'pattern' | 'lens'>, cornerMm: Parameters<typeof calibrateBelt>[1]['cornerMm']): BeltResult {
  const result = calibrateBelt(views, { pattern, lens: lens?.lens, cornerMm });
  if (lens !== undefined && (lens.frameSize.width !== result.frameSize.width || lens.frameSize.height !== result.frameSize.height)) {
    throw new SortlineError('CALIB_SIZE_MISMATCH', `the lens was measured with pictures of ${lens.frameSize.width}x${lens.frameSize.height} px, these have ${result.frameSize.width}x${result.frameSize.height} px: run \`sortline calibrate camera\` at this size`, { context: { found: result.frameSize, expected: lens.frameSize } });
  }
  return result;
}

function laidTarget(config: Config, pattern: ChessboardPattern, countsPerMm: number): BeltSheet {
  const { source } = config.camera;
  const widthMm = (pattern.rows - 1) * pattern.squareMm;
  const middleMm = source.kind === 'virtual-belt' ? source.height / 1.6 / 2 : 0;
  const entryCounts: EncoderCounts = LAID.upstreamMm * countsPerMm;
  return { sheet: chessboardSheet(pattern), entryCounts, yMm: middleMm - widthMm / 2, rotationRad: LAID.rotationRad };
}
