// A camera before which somebody holds the printed chessboard, again and again in another pose: near each part of the picture,
// facing it, leaning to each side. It stands in for the operator when a virtual camera is calibrated.
import type { Clock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { createRandom } from '../base/random.ts';
import type { Camera, RawFrame } from '../camera/camera.ts';
import { FramePacer } from '../camera/frame-pacer.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import { chain, inverse, mapPoint } from '../domain/homography.ts';
import type { PixelRays } from './pixel-rays.ts';
import { pixelRaysOf } from './pixel-rays.ts';
import type { ChessboardSize, SheetPose } from './printed-sheet.ts';
import { chessboardSheet, paintSheet } from './printed-sheet.ts';
import { BELT_BGR } from './render-belt.ts';
import { PX_PER_MM } from './render-frame.ts';
import { pictureOf } from './view-warp.ts';
import { matrixOf, rotation, trueLensOf } from './virtual-view.ts';

/** Where the middle of the board is held, shares of the picture, and how it leans, degrees. */
interface Pose {
  readonly at: readonly [number, number];
  readonly leanDeg: readonly [number, number];
  /** Distance as a share of the belt's: below 1 it is held above the belt. */
  readonly near: number;
}

const POSES: readonly Pose[] = [
  { at: [0.5, 0.5], leanDeg: [0, 0], near: 0.9 }, { at: [0.24, 0.3], leanDeg: [0, 25], near: 0.8 }, { at: [0.76, 0.3], leanDeg: [0, -25], near: 0.8 },
  { at: [0.24, 0.7], leanDeg: [25, 0], near: 0.8 }, { at: [0.76, 0.7], leanDeg: [-25, 0], near: 0.8 }, { at: [0.22, 0.26], leanDeg: [0, 0], near: 0.95 },
  { at: [0.78, 0.26], leanDeg: [0, 0], near: 0.95 }, { at: [0.22, 0.74], leanDeg: [0, 0], near: 0.95 }, { at: [0.78, 0.74], leanDeg: [0, 0], near: 0.95 },
  { at: [0.5, 0.3], leanDeg: [-30, 10], near: 0.75 }, { at: [0.5, 0.7], leanDeg: [30, -10], near: 0.75 }, { at: [0.35, 0.5], leanDeg: [10, 35], near: 0.7 },
  { at: [0.65, 0.5], leanDeg: [-10, -35], near: 0.7 }, { at: [0.5, 0.5], leanDeg: [20, 20], near: 0.6 }, { at: [0.5, 0.5], leanDeg: [-20, -20], near: 0.6 },
];

export interface HandheldTargetDeps {
  readonly options: VirtualBeltCameraOptions;
  readonly clock: Clock;
  readonly board: ChessboardSize;
  /** Indexes of the poses that are shown; all of them where absent. */
  readonly poses?: readonly number[];
  readonly seed?: number;
}

export class HandheldTargetCamera implements Camera {
  readonly description = 'a chessboard held before the virtual camera';
  readonly framesPerSecond: number;
  readonly #deps: HandheldTargetDeps;
  #rays: PixelRays | undefined;
  #pacer: FramePacer | undefined;
  #shown = 0;

  constructor(deps: HandheldTargetDeps) {
    this.#deps = deps;
    this.framesPerSecond = deps.options.framesPerSecond;
  }

  async open(): Promise<void> {
    const { options, clock } = this.#deps;
    this.#rays ??= pixelRaysOf(trueLensOf(options), options);
    this.#pacer = new FramePacer(clock, this.framesPerSecond);
  }

  /** Each pose once. Throws CAMERA_ENDED after the last. */
  async read(): Promise<RawFrame> {
    const { options, board, poses = POSES.keys().toArray(), seed = 1 } = this.#deps;
    const pose = POSES[poses[this.#shown] ?? -1];
    if (this.#pacer === undefined || this.#rays === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera is not open`);
    if (pose === undefined) throw new SortlineError('CAMERA_ENDED', `${this.description}: all ${poses.length} poses were shown`);
    const capturedAtNs = this.#pacer.nextInstantNs();
    await this.#pacer.waitUntil(capturedAtNs);
    const random = createRandom(seed).fork(this.#shown++);
    const bytes = Buffer.alloc(3 * options.width * options.height, Uint8Array.from(BELT_BGR));
    paintSheet(bytes, this.#rays, this.#held(pose, board), { gains: options.view?.colourGains ?? [1, 1, 1], noiseLevels: options.noiseLevels, random });
    return { capturedAtNs, image: pictureOf(bytes, options) };
  }

  async close(): Promise<void> {
    this.#pacer?.cancel();
    this.#pacer = undefined;
  }

  #held({ at, leanDeg, near }: Pose, board: ChessboardSize): SheetPose {
    const { options } = this.#deps;
    const heightMm = options.view?.heightMm ?? 900;
    const lens = trueLensOf(options) ?? { focalPx: [heightMm * PX_PER_MM, heightMm * PX_PER_MM] as const, centrePx: [options.width / 2, options.height / 2] as const, distortion: [0, 0, 0, 0, 0] as const };
    const [r11, r12, , r21, r22, , r31, r32] = rotation(leanDeg[0], leanDeg[1], 0) as [number, number, number, number, number, number, number, number, number];
    const depthMm = near * heightMm;
    const matrix = matrixOf(lens);
    const direction = mapPoint(inverse(matrix), at[0] * options.width, at[1] * options.height);
    const middle = [1, 0, -((board.columns - 1) * board.squareMm) / 2, 0, 1, -((board.rows - 1) * board.squareMm) / 2, 0, 0, 1];
    const toCamera = [r11, r12, direction.x * depthMm, r21, r22, direction.y * depthMm, r31, r32, depthMm];
    return { sheet: chessboardSheet(board), pixelToSheet: inverse(chain(chain(matrix, toCamera), middle)) };
  }
}
