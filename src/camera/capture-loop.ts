// Keeps a camera delivering: opens it, reads without pause, opens it again after a fault, and keeps only the newest frame for
// whoever takes it. What comes while nobody takes replaces what waits, and is counted.
//
//   Camera ── read ──▶ [ newest ] ── take ──▶ pipeline          one slot: newest wins
//                          │ replaced: released, counted
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { retryDelayMs } from '../base/retry.ts';
import type { Milliseconds } from '../base/units.ts';
import type { BeltClock } from '../domain/belt-clock.ts';
import type { Frame, SizePx } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import type { Camera, RawFrame } from './camera.ts';
import type { CaptureOptions } from './options.ts';
import { StallWatch } from './stall-watch.ts';

const MS_PER_S = 1000;

export interface CaptureHandlers {
  /** The camera is open; also after every reconnection. */
  onOpened?(): void;
  /** No good frame for `silentMs`; told once until `onDelivers`. */
  onStalled?(silentMs: Milliseconds, reason: string): void;
  /** The first good frame of all, or since `onStalled`. */
  onDelivers?(): void;
  /** CAMERA_BAD_FRAME; the frame is already released and counted. */
  onBadFrame?(error: SortlineError): void;
  /** A file or folder is at its end; nothing follows. */
  onEnded?(): void;
}

export interface CaptureDeps {
  camera: Camera;
  clock: Clock;
  log: Logger;
  random: Random;
  belt: BeltClock;
  options: CaptureOptions;
  /** Size of the calibrated picture; frames of another size are bad. Any size where absent. */
  expectedSize?: SizePx;
  handlers?: CaptureHandlers;
}

/** Totals since creation. */
export interface CaptureCounters {
  captured: number;
  /** Replaced by a newer frame before anyone took it. */
  dropped: number;
  bad: number;
  /** Not used because the belt's position at its exposure was unknown. */
  unplaced: number;
  reconnects: number;
}

export interface CaptureLoop {
  readonly counters: Readonly<CaptureCounters>;
  /** Begins to open and read. */
  start(): void;
  /**
   * The newest frame not yet taken, as soon as there is one; undefined once the source has ended or the loop was stopped. The
   * taker owns its image. One call at a time.
   */
  take(): Promise<Frame<Mat> | undefined>;
  /** Ends reading and closes the camera; a frame still waiting is released. Never waits for a camera that hangs. */
  stop(): Promise<void>;
}

export function createCaptureLoop(deps: CaptureDeps): CaptureLoop {
  return new NewestFrameLoop(deps);
}

class NewestFrameLoop implements CaptureLoop {
  readonly counters: CaptureCounters = { captured: 0, dropped: 0, bad: 0, unplaced: 0, reconnects: 0 };
  readonly #deps: CaptureDeps;
  readonly #handlers: CaptureHandlers;
  readonly #stall: StallWatch;
  #newest: (RawFrame & { sequence: number }) | undefined;
  #taker: ((frame: Frame<Mat> | undefined) => void) | undefined;
  #failures = 0;
  #lastReason = 'the camera was never opened';
  #isOver = false;

  constructor(deps: CaptureDeps) {
    this.#deps = deps;
    this.#handlers = deps.handlers ?? {};
    const { stallPeriods, stallMinMs } = deps.options;
    this.#stall = new StallWatch({
      clock: deps.clock,
      limitMs: () => Math.max(stallMinMs, (stallPeriods * MS_PER_S) / deps.camera.framesPerSecond),
      onStalled: (silentMs) => this.#handlers.onStalled?.(silentMs, this.#lastReason),
      onDelivers: () => this.#handlers.onDelivers?.(),
    });
  }

  start(): void {
    this.#stall.start();
    void this.#run();
  }

  take(): Promise<Frame<Mat> | undefined> {
    const waiting = this.#placeNewest();
    if (waiting !== undefined || this.#isOver) return Promise.resolve(waiting);
    return new Promise((resolve) => { this.#taker = resolve; });
  }

  async stop(): Promise<void> {
    if (!this.#isOver) this.#finish();
    this.#newest?.image.release();
    this.#newest = undefined;
    await this.#deps.camera.close();
  }

  async #run(): Promise<void> {
    const { camera, log } = this.#deps;
    while (!this.#isOver) {
      try {
        await camera.open();
        if (this.#isOver) break;
        this.#lastReason = `${camera.description} is open but delivers nothing`;
        log.info({ camera: camera.description }, 'camera open');
        this.#handlers.onOpened?.();
        await this.#readUntilFault();
      } catch (error) {
        if (this.#isOver) break;
        if (isSortlineError(error, 'CAMERA_ENDED')) return this.#ended(error);
        await this.#waitToReopen(error);
      }
    }
    await camera.close();
  }

  async #readUntilFault(): Promise<void> {
    const { camera, clock } = this.#deps;
    while (!this.#isOver) {
      try {
        this.#accept(await camera.read());
      } catch (error) {
        if (!isSortlineError(error, 'CAMERA_BAD_FRAME')) throw error;
        if (this.#isOver) return;
        this.counters.bad++;
        this.#lastReason = error.message;
        this.#handlers.onBadFrame?.(error);
        // A source that yields garbage at once must not keep the loop, and the core, busy.
        await delay(clock, MS_PER_S / camera.framesPerSecond / 2);
      }
    }
  }

  /** Takes over the frame: into the slot, and on to whoever waits. Throws CAMERA_BAD_FRAME for another size. */
  #accept(raw: RawFrame): void {
    const { image } = raw;
    if (this.#isOver) return image.release();
    const { expectedSize } = this.#deps;
    if (expectedSize !== undefined && (image.cols !== expectedSize.width || image.rows !== expectedSize.height)) {
      const { cols, rows } = image;
      image.release();
      throw new SortlineError('CAMERA_BAD_FRAME', `the camera delivers ${cols}x${rows} px, but the calibration was made for ${expectedSize.width}x${expectedSize.height} px: set the camera to that size, or calibrate it anew`, { context: { found: { width: cols, height: rows }, expected: expectedSize } });
    }
    this.#failures = 0;
    if (this.#newest !== undefined) {
      this.#newest.image.release();
      this.counters.dropped++;
    }
    this.#newest = { ...raw, sequence: this.counters.captured++ };
    this.#stall.progress();
    if (this.#taker === undefined) return;
    const placed = this.#placeNewest();
    if (placed === undefined) return;
    const taker = this.#taker;
    this.#taker = undefined;
    taker(placed);
  }

  /** The waiting frame with the belt's position, which is best known when it is asked for late. */
  #placeNewest(): Frame<Mat> | undefined {
    const raw = this.#newest;
    if (raw === undefined) return undefined;
    this.#newest = undefined;
    const { sequence, capturedAtNs, image } = raw;
    const encoderCounts = this.#deps.belt.countsKnownAt(capturedAtNs);
    if (encoderCounts !== undefined) return { sequence, capturedAtNs, encoderCounts, size: { width: image.cols, height: image.rows }, image };
    image.release();
    this.counters.unplaced++;
    return undefined;
  }

  async #waitToReopen(error: unknown): Promise<void> {
    const { camera, clock, log, random, options } = this.#deps;
    const waitMs = retryDelayMs({ firstMs: options.retryFirstMs, maxMs: options.retryMaxMs }, this.#failures++, random);
    const reason = reasonOf(error);
    // Once per fault, not once per attempt.
    if (reason !== this.#lastReason) log.warn({ camera: camera.description, code: isSortlineError(error) ? error.code : 'INTERNAL', retryInMs: Math.round(waitMs) }, reason);
    this.#lastReason = reason;
    this.counters.reconnects++;
    await camera.close();
    await delay(clock, waitMs);
  }

  async #ended(error: SortlineError): Promise<void> {
    this.#deps.log.info({ camera: this.#deps.camera.description }, error.message);
    this.#finish();
    await this.#deps.camera.close();
    this.#handlers.onEnded?.();
  }

  /** No frame follows: whoever waits is told. One still in the slot can be taken. */
  #finish(): void {
    this.#isOver = true;
    this.#stall.stop();
    const taker = this.#taker;
    this.#taker = undefined;
    taker?.(undefined);
  }
}
