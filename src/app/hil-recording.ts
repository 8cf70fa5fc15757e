// A recording played to a real board: each picture is shown when the board's encoder has come as far as it had come then, counted from the
// first picture. Vision runs in this process, on the pictures as they were.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { EncoderCounts } from '../base/units.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { BeltMotion } from '../sim/belt-motion.ts';
import { EncoderPacedCamera } from './encoder-paced-camera.ts';
import { recordedBelt } from '../sim/recorded-motion.ts';
import type { Vision, VisionSink } from '../vision/vision.ts';
import { VisionRunner } from '../vision/vision-runner.ts';
import type { BoardMotion } from './board-motion.ts';
import type { ReplayInput } from './replay-input.ts';

export interface RecordedPictures {
  readonly kind: 'recording';
  readonly input: ReplayInput;
  /** Warm; stays its owner's. */
  readonly classifier: Classifier;
}

/** Slower is a belt that stands, but for rounding. */
const STANDING_COUNTS_PER_S = 1;
/** A gap in the recording is no fault of the board; a belt that stands for good shows in the items. */
const GAP_MS = 30_000;
const MB = 1024 * 1024;

export interface RecordedVisionDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  calibration: Calibration;
  pictures: RecordedPictures;
  motion: BoardMotion;
  startCounts: EncoderCounts;
}

export function openRecordedVision(deps: RecordedVisionDeps): { openVision(sink: VisionSink): Vision; isOver(): boolean } {
  const { clock, log, config, calibration, pictures, motion, startCounts } = deps;
  const { input, classifier } = pictures;
  const recorded = BeltMotion.from(recordedBelt(input.belt).segments);
  const firstCounts = recorded.countsAt(input.firstFrameNs);
  const camera = new EncoderPacedCamera({
    recording: input.recording, clock, framesPerSecond: input.framesPerSecond,
    isReached: (recordedNs) => motion.countsAt(clock.nowNs()) >= startCounts + recorded.countsAt(recordedNs) - firstCounts,
    isStanding: () => motion.speedAt(clock.nowNs()) < STANDING_COUNTS_PER_S,
  });
  const runOut = Math.max(...config.actuators.map(({ offsetMm }) => offsetMm)) * calibration.countsPerMm;
  const lastCounts = startCounts + recorded.countsAt(input.lastFrameNs) - firstCounts + runOut;
  return {
    openVision: (sink) => new VisionRunner({
      clock, log, calibration, camera, classifier, random: createRandom(1), capture: { ...config.camera.capture, stallMinMs: GAP_MS },
      // The end of the recording is no fault of a camera: what is still on the belt is fired for.
      sink: (event) => { if (event.kind !== 'camera.stalled' || !camera.isOver) sink(event); },
      batch: config.classifier.batch, options: config.vision, rssMb: () => process.memoryUsage.rss() / MB,
    }),
    isOver: () => camera.isOver && motion.countsAt(clock.nowNs()) > lastCounts,
  };
}
