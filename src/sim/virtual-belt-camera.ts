// The camera over the virtual belt: pictures of the world where the belt truly was at each exposure. A picture is rendered in
// the pause before its exposure and delivered at that instant, as a real camera would: rendering is not the line's latency.
// Where the belt's motion changes in between, the picture is rendered anew. The same in virtual time.
//
//   ── exposure k ────────── render k+1 ── exposure k+1 ──▶ t         25 ms ahead live: motion is rarely told later
import type { Clock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { Camera, RawFrame } from '../camera/camera.ts';
import { FramePacer } from '../camera/frame-pacer.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { Mat } from '../image/opencv.ts';
import type { BeltMotion } from './belt-motion.ts';
import { FrameRenderer, PX_PER_MM } from './render-frame.ts';
import type { World } from './world.ts';

export interface VirtualBeltCameraDeps {
  readonly options: VirtualBeltCameraOptions;
  readonly clock: Clock;
  readonly calibration: Calibration;
  readonly world: World;
  /** The true motion, kept current by its owner. */
  readonly motion: BeltMotion;
  /**
   * Rendering begins this long before the exposure; default 25, or half a period where that is less. In virtual time a whole
   * period: the picture is then rendered while the model is still busy with the one before.
   */
  readonly renderAheadMs?: Milliseconds;
}

const RENDER_AHEAD_MS = 25;
const MS_PER_S = 1000;

export class VirtualBeltCamera implements Camera {
  readonly description: string;
  readonly framesPerSecond: number;
  readonly #deps: VirtualBeltCameraDeps;
  #renderer: FrameRenderer | undefined;
  #pacer: FramePacer | undefined;

  constructor(deps: VirtualBeltCameraDeps) {
    this.#deps = deps;
    const { width, height, framesPerSecond } = deps.options;
    this.framesPerSecond = framesPerSecond;
    this.description = `virtual belt (${width}x${height}, ${framesPerSecond}/s)`;
  }

  /** Throws CAMERA_OPEN_FAILED where the calibration is not the virtual belt's: everything seen would be placed wrongly. */
  async open(): Promise<void> {
    const { options: { width, height, lightDrift, noiseLevels }, clock, world, calibration } = this.#deps;
    const scale = calibration.pixelToBelt[0]! / calibration.pixelToBelt[8]!;
    if (Math.abs(scale * PX_PER_MM - 1) > 1e-6 || calibration.countsPerMm !== world.options.countsPerMm) {
      throw new SortlineError('CAMERA_OPEN_FAILED', `the virtual belt shows ${PX_PER_MM} px per mm at ${world.options.countsPerMm} counts per mm, but the calibration of ${calibration.line} says ${(1 / scale).toPrecision(4)} and ${calibration.countsPerMm}: leave calibration.file out`);
    }
    this.#renderer ??= new FrameRenderer({ size: { width, height }, world, lightDrift, noiseLevels });
    this.#pacer = new FramePacer(clock, this.framesPerSecond);
  }

  async read(): Promise<RawFrame> {
    const pacer = this.#pacer;
    if (pacer === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera is not open`);
    const { motion, renderAheadMs = Math.min(RENDER_AHEAD_MS, MS_PER_S / this.framesPerSecond / 2) } = this.#deps;
    const capturedAtNs = pacer.nextInstantNs();
    await pacer.waitUntil(capturedAtNs - renderAheadMs * NS_PER_MS);
    const plannedCounts = motion.countsAt(capturedAtNs);
    let image = this.#render(capturedAtNs);
    try {
      await pacer.waitUntil(capturedAtNs);
    } catch (error) {
      image.release();
      throw error;
    }
    if (motion.countsAt(capturedAtNs) !== plannedCounts) {
      image.release();
      image = this.#render(capturedAtNs);
    }
    const broken = this.#renderer!.takeBroken();
    if (broken === undefined) return { capturedAtNs, image };
    image.release();
    throw new SortlineError('CAMERA_BAD_FRAME', `a card of the virtual belt is blank: ${broken.message}`, { cause: broken });
  }

  async close(): Promise<void> {
    this.#pacer?.cancel();
    this.#pacer = undefined;
    this.#renderer?.release();
    this.#renderer = undefined;
  }

  #render(atNs: MonotonicNs): Mat {
    return this.#renderer!.render(this.#deps.motion.countsAt(atNs), { seconds: atNs / NS_PER_S, exposure: Math.round(atNs / NS_PER_MS) >>> 0 });
  }
}
