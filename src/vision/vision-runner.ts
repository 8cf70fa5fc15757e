// Camera, pipeline and classifier as one Vision: pulls the newest frame whenever it is free and tells what it sees. The vision
// process wraps it in IPC; in virtual time it runs inside the simulator as it is.
import type { Clock, Timer } from '../base/clock.ts';
import type { SortlineError } from '../base/errors.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Camera } from '../camera/camera.ts';
import type { CaptureLoop } from '../camera/capture-loop.ts';
import { createCaptureLoop } from '../camera/capture-loop.ts';
import type { CaptureOptions } from '../camera/options.ts';
import type { Classifier } from '../classify/classifier.ts';
import { BeltClock } from '../domain/belt-clock.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { FrameTap } from './frame-tap.ts';
import type { HarvestOptions, VisionOptions } from './options.ts';
import type { PipelineDeps } from './pipeline.ts';
import { VisionPipeline } from './pipeline.ts';
import type { Vision, VisionSink, VisionStats } from './vision.ts';

export interface VisionRunnerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly calibration: Calibration;
  readonly camera: Camera;
  readonly capture: CaptureOptions;
  /** Warm; stays the caller's. */
  readonly classifier: Classifier;
  readonly batch: { readonly size: number; readonly deadlineMs: Milliseconds };
  readonly options: VisionOptions;
  /** See {@link PipelineDeps}. */
  readonly looksEarly?: PipelineDeps['looksEarly'];
  /** Which items' pictures are told for people to label; none where absent. */
  readonly harvest?: HarvestOptions | undefined;
  /** Takes every picture that was looked at, where the line is recorded. */
  readonly frameTap?: FrameTap | undefined;
  readonly sink: VisionSink;
  /** Resident memory of this process, MB. */
  rssMb(): number;
}

const STATS_PERIOD_MS = 1000;

export class VisionRunner implements Vision {
  readonly #deps: VisionRunnerDeps;
  readonly #belt = new BeltClock();
  readonly #capture: CaptureLoop;
  readonly #pipeline: VisionPipeline;
  #statsTimer: Timer | undefined;
  #lastBadFrame: string | undefined;
  #classifier: Classifier;
  #isReady = false;
  #isStopped = false;

  constructor(deps: VisionRunnerDeps) {
    this.#deps = deps;
    const { clock, log, random, camera, calibration, sink } = deps;
    this.#classifier = deps.classifier;
    this.#pipeline = new VisionPipeline(deps);
    this.#capture = createCaptureLoop({
      camera, clock, log, random, belt: this.#belt, options: deps.capture, expectedSize: calibration.frameSize,
      handlers: {
        onOpened: () => this.#opened(),
        onStalled: (silentMs, reason) => sink({ kind: 'camera.stalled', silentMs, reason }),
        onDelivers: () => sink({ kind: 'camera.delivers' }),
        onBadFrame: (error) => this.#badFrame(error),
        onEnded: () => sink({ kind: 'camera.stalled', silentMs: 0, reason: `${camera.description} is at its end` }),
      },
    });
  }

  /** How long the model has been busy with one run, ms; undefined when idle. */
  get longestRunMs(): Milliseconds | undefined {
    return this.#pipeline.longestRunMs;
  }

  /** Runs of the model that failed since the last that did not. */
  get failuresInARow(): number {
    return this.#pipeline.failuresInARow;
  }

  async start(): Promise<void> {
    this.#statsTimer = this.#deps.clock.every(STATS_PERIOD_MS, () => this.#deps.sink({ kind: 'vision.stats', stats: this.#stats() }));
    this.#capture.start();
    void this.#run();
  }

  beltSample(sample: BeltSample): void {
    this.#belt.add(sample);
  }

  beltReset(): void {
    this.#belt.reset();
    this.#pipeline.beltReset();
  }

  requestSnapshot(): void {
    this.#pipeline.requestSnapshot();
  }

  /** What classifies new pictures. */
  get classifier(): Classifier {
    return this.#classifier;
  }

  /** See {@link VisionPipeline.useClassifier}. */
  useClassifier(next: Classifier): Promise<void> {
    this.#classifier = next;
    return this.#pipeline.useClassifier(next);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#statsTimer?.cancel();
    await this.#capture.stop();
    this.#pipeline.close();
  }

  #opened(): void {
    const { sink, camera, calibration } = this.#deps;
    if (this.#isReady) return;
    this.#isReady = true;
    sink({ kind: 'vision.ready', classifier: this.#classifier.description, camera: camera.description, frameSize: calibration.frameSize });
  }

  /** Once until a good frame comes: a camera of the wrong size is wrong in every frame. */
  #badFrame({ code, message, context }: SortlineError): void {
    if (message === this.#lastBadFrame) return;
    this.#lastBadFrame = message;
    this.#deps.sink({ kind: 'vision.warning', code: context['expected'] === undefined ? code : 'CALIB_SIZE_MISMATCH', message });
  }

  async #run(): Promise<void> {
    for (let frame = await this.#capture.take(); frame !== undefined; frame = await this.#capture.take()) {
      this.#lastBadFrame = undefined;
      try {
        if (!this.#isStopped) this.#pipeline.process(frame);
      } catch (error) {
        if (!isSortlineError(error)) throw error;
        this.#deps.sink({ kind: 'vision.warning', code: error.code, message: reasonOf(error) });
      } finally {
        const { frameTap } = this.#deps;
        if (frameTap === undefined) frame.image.release();
        else frameTap.take(frame);
      }
    }
  }

  #stats(): VisionStats {
    const { captured, dropped, bad, unplaced } = this.#capture.counters;
    return {
      framesCaptured: captured, framesProcessed: this.#pipeline.framesProcessed, framesDropped: dropped + unplaced, badFrames: bad,
      cropsClassified: this.#pipeline.cropsClassified, cropsDropped: this.#pipeline.cropsDropped, rssMb: this.#deps.rssMb(),
      colourDrift: this.#pipeline.colourDrift,
    };
  }
}
