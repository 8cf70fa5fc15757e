// `sortline replay`: the production line in virtual time in front of a recording. Same flow, vision, model, link and scheduler; the edges are the
// recorded pictures, the board twin on a cable in memory, on a belt that moves as it was recorded, and what people and sensors did then.
//
//   recorded pictures ─▶ vision ─▶ line ─▶ link ═ memory ═ twin ─ belt of the recording          start, pause, E-stop … by the script
import { ManualClock } from '../base/manual-clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import { RecordingCamera } from '../camera/recording-camera.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Config } from '../config/schema.ts';
import { recipeOf } from '../decide/options.ts';
import type { LineSink } from '../domain/line-event.ts';
import { createLink } from '../link/host-link.ts';
import { createMemoryCable } from '../sim/board-cable.ts';
import type { TwinOptions } from '../sim/options.ts';
import { RecordedMotion, recordedBelt } from '../sim/recorded-motion.ts';
import { createTwin } from '../sim/twin.ts';
import { VisionRunner } from '../vision/vision-runner.ts';
import type { VisionSink } from '../vision/vision.ts';
import { Line } from './line.ts';
import { outputsOf } from './outputs.ts';
import type { ReplayInput } from './replay-input.ts';
import { playScript, stateAt } from './replay-script.ts';
import { timedClassifier } from './timed-classifier.ts';
import { inVirtualTime } from './virtual-time.ts';

/** What one crop costs in virtual time, and a byte's way: as in a simulation. */
const INFERENCE_MS = 25;
const CABLE_LATENCY_MS = 1;
/** Before the first picture, for the board to be connected; shorter than any camera's stall. */
const LEAD_IN_MS = 400;
const STEP_MS = 200;
/** Belt time after the last picture in which what is on its way may still be fired. */
const RUN_OUT_S = 60;
const SEED = 1;

export interface ReplayOptions {
  readonly input: ReplayInput;
  readonly config: Config;
  /** Stays the caller's. */
  readonly classifier: Classifier;
  readonly log: Logger;
  /** Receives every event, in order. */
  readonly sink: LineSink;
  /** Recipes and bin switches of the recording are left out: another configuration is tried. */
  readonly withoutRecipes?: boolean;
}

/** Runs the recording past the line; the same input gives the same events. The virtual seconds it took. */
export async function replayLine({ input, config, classifier, log, sink, withoutRecipes }: ReplayOptions): Promise<number> {
  const { recording, belt, outside, firstFrameNs } = input;
  const { calibration, runId } = recording.about;
  const startNs = firstFrameNs - LEAD_IN_MS * NS_PER_MS;
  const clock = new ManualClock({ startNs, wallMs: Number(recording.about.wallOffsetNs + BigInt(Math.round(startNs))) / NS_PER_MS });
  const cable = createMemoryCable({ clock, latencyMs: CABLE_LATENCY_MS });
  const { segments, restartsNs } = recordedBelt(belt);
  const motion = new RecordedMotion(segments, clock);
  const twin = createTwin({
    clock, log, cable, motion, actuators: config.actuators, countsPerMm: calibration.countsPerMm, random: createRandom(SEED), options: boardFor(config, segments.map((segment) => segment.countsPerSecond)),
  });
  const camera = new RecordingCamera({ recording, clock, framesPerSecond: input.framesPerSecond });
  const line = new Line({
    clock, log, calibration, runId, sink,
    openVision: (visionSink) => new VisionRunner({
      clock, log, calibration, camera, classifier: timedClassifier(classifier, clock, INFERENCE_MS), capture: config.camera.capture, random: createRandom(SEED), rssMb: () => 0,
      batch: config.classifier.batch, options: config.vision, looksEarly: false, sink: deafToGaps(visionSink, camera),
    }),
    openLink: (linkSink) => createLink({
      clock, log, random: createRandom(SEED), transport: cable.host, options: config.link.timing, outputs: outputsOf(config.actuators), sink: linkSink,
    }),
    options: {
      autoStart: stateAt(outside, startNs) === 'running', recipe: recipeOf(config.recipe), bins: config.bins, actuators: config.actuators,
      scheduler: config.scheduler, decide: config.decide,
    },
  });
  await twin.start();
  await line.start();
  playScript(outside, { clock, log, line, twin, restartsNs, withRecipes: withoutRecipes !== true });
  await runOut(clock, { line, camera, motion, lastFrameNs: input.lastFrameNs });
  const seconds = (clock.nowNs() - startNs) / NS_PER_S;
  await inVirtualTime(clock, line.stop('the recording is over'));
  await inVirtualTime(clock, twin.stop());
  motion.close();
  return seconds;
}

/** Moves time past the last picture until every item is settled, or the belt rests and none can be. */
async function runOut(clock: ManualClock, { line, camera, motion, lastFrameNs }: { line: Line; camera: RecordingCamera; motion: RecordedMotion; lastFrameNs: number }): Promise<void> {
  await clock.advanceTo(lastFrameNs);
  while (!camera.isOver && clock.nowNs() < lastFrameNs + RUN_OUT_S * NS_PER_S) await clock.advanceMs(STEP_MS);
  while (line.openItemCount > 0 && line.state === 'running' && motion.speedAt(clock.nowNs()) > 0 && clock.nowNs() < lastFrameNs + RUN_OUT_S * NS_PER_S) await clock.advanceMs(STEP_MS);
}

/** That a recording has an end, or lacks pictures that there were, is no fault of the camera. */
function deafToGaps(sink: VisionSink, camera: RecordingCamera): VisionSink {
  return (event) => { if (event.kind !== 'camera.stalled' || !(camera.isOver || camera.isMissingPictures)) sink(event); };
}

/** A board that can do what the recorded one did. */
function boardFor({ actuators, sim }: Config, speeds: readonly number[]): TwinOptions {
  const fastest = speeds.reduce((most, speed) => Math.max(most, speed), 0);
  const { binCapacity: _, ...twin } = sim.twin;
  return {
    ...twin, outputCount: Math.max(twin.outputCount, ...actuators.map(({ output }) => output + 1)), maxCountsPerSecond: Math.max(twin.maxCountsPerSecond, Math.ceil(2 * fastest)),
  };
}
