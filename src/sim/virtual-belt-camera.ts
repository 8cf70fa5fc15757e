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
import { pixelToBeltMm } from '../domain/calibration.ts';
import type { Mat } from '../image/opencv.ts';
import type { BeltMotion } from './belt-motion.ts';
import type { ItemDrawings } from './item-drawings.ts';
import type { BeltSheet } from './view-renderer.ts';
import { ViewRenderer } from './view-renderer.ts';
import { trueGeometryOf } from './virtual-view.ts';
import type { World } from './world.ts';

export interface VirtualBeltCameraDeps {
  readonly options: VirtualBeltCameraOptions;
  readonly clock: Clock;
  /** What the line believes of the geometry, checked against the truth; not checked where absent. */
  readonly calibration?: Calibration | undefined;
  readonly world: World;
  /** A printed sheet that rides on the belt. */
  readonly sheet?: BeltSheet | undefined;
  /** The true motion, kept current by its owner. */
  readonly motion: BeltMotion;
  /**
   * Rendering begins this long before the exposure; default 25, or half a period where that is less. In virtual time a whole
   * period: the picture is then rendered while the model is still busy with the one before.
   */
  readonly renderAheadMs?: Milliseconds;
  /** Draws items before they come into view, while the camera is open; where absent, each picture draws what is new in it. */
  readonly openDrawings?: (() => ItemDrawings) | undefined;
}

const RENDER_AHEAD_MS = 25;
const MS_PER_S = 1000;
/** How far a calibration may place a pixel from where it is, mm, and be off in counts per mm, share: more is the file of another line. */
const FAR_OFF_MM = 25;
const FAR_OFF_SHARE = 0.02;

export class VirtualBeltCamera implements Camera {
  readonly description: string;
  readonly framesPerSecond: number;
  readonly #deps: VirtualBeltCameraDeps;
  #renderer: ViewRenderer | undefined;
  #drawings: ItemDrawings | undefined;
  #pacer: FramePacer | undefined;

  constructor(deps: VirtualBeltCameraDeps) {
    this.#deps = deps;
    const { width, height, framesPerSecond } = deps.options;
    this.framesPerSecond = framesPerSecond;
    this.description = `virtual belt (${width}x${height}, ${framesPerSecond}/s)`;
  }

  /** Throws CAMERA_OPEN_FAILED where the calibration is not the virtual belt's: everything seen would be placed wrongly. */
  async open(): Promise<void> {
    const { options, clock, world, calibration, sheet, openDrawings } = this.#deps;
    if (calibration !== undefined) mustDescribe(calibration, this.#deps);
    this.#drawings ??= openDrawings?.();
    this.#renderer ??= new ViewRenderer({ options, world, sheet, drawings: this.#drawings });
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
    this.#drawings?.close();
    this.#drawings = undefined;
  }

  #render(atNs: MonotonicNs): Mat {
    return this.#renderer!.render(this.#deps.motion.countsAt(atNs), { seconds: atNs / NS_PER_S, exposure: Math.round(atNs / NS_PER_MS) >>> 0 });
  }
}

/** Throws CAMERA_OPEN_FAILED where the calibration places things far from where they are. */
function mustDescribe(calibration: Calibration, { options, world }: VirtualBeltCameraDeps): void {
  const truth = trueGeometryOf(options);
  const { width, height } = options;
  const offMm = Math.max(...[[0.5, 0.5], [0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => {
    const believed = pixelToBeltMm(calibration, x! * width, y! * height), actual = pixelToBeltMm(truth, x! * width, y! * height);
    return Math.hypot(believed.xMm - actual.xMm, believed.yMm - actual.yMm);
  }));
  const { countsPerMm } = world.options;
  if (offMm <= FAR_OFF_MM && Math.abs(calibration.countsPerMm / countsPerMm - 1) <= FAR_OFF_SHARE) return;
  throw new SortlineError('CAMERA_OPEN_FAILED',
    `the calibration of ${calibration.line} places things up to ${offMm.toFixed(0)} mm from where the virtual belt has them, and says ${calibration.countsPerMm.toPrecision(4)} counts per mm where the belt has ${countsPerMm}: ${options.view === undefined ? 'leave calibration.file out' : 'calibrate this view with `sortline calibrate`, and name the file under calibration.file'}`,
    { context: { offMm, countsPerMm } });
}
