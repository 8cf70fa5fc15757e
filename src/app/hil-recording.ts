// A recording played to a real board: each picture is shown when the board's encoder has come as far as it had come then, counted from the
// first picture. Vision runs in this process, on the pictures as they were.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { RecordingCamera } from '../camera/recording-camera.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { BeltMotion } from '../sim/belt-motion.ts';
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

/** Belt before the first picture: the link's samples must say where the belt is before anything is in view. */
const LEAD_IN_S = 2;
/** A belt that stands is looked at again after so long. */
const STANDING_NS = 20 * NS_PER_MS;
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
  const leadIn = Math.max(0, recorded.speedAt(input.firstFrameNs)) * LEAD_IN_S;
  const camera = new RecordingCamera({
    recording: input.recording, clock, framesPerSecond: input.framesPerSecond,
    playedAtNs: (recordedNs: MonotonicNs) => {
      const nowNs = clock.nowNs();
      return motion.timeAtCounts(startCounts + leadIn + recorded.countsAt(recordedNs) - firstCounts, nowNs) ?? nowNs + STANDING_NS;
    },
  });
  const runOut = Math.max(...config.actuators.map(({ offsetMm }) => offsetMm)) * calibration.countsPerMm;
  const lastCounts = startCounts + leadIn + recorded.countsAt(input.lastFrameNs) - firstCounts + runOut;
  return {
    openVision: (sink) => new VisionRunner({
      clock, log, calibration, camera, classifier, sink, random: createRandom(1), capture: config.camera.capture,
      batch: config.classifier.batch, options: config.vision, rssMb: () => process.memoryUsage.rss() / MB,
    }),
    isOver: () => camera.isOver && motion.countsAt(clock.nowNs()) > lastCounts,
  };
}
