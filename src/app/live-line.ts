// A line on real time: the board's cable, the twin's plant where there is no board, the vision process, and the Line between
// them. `run`, `demo` and `bench` all drive this; what listens to its events is theirs.
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import { recipeOf } from '../decide/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { ItemId } from '../domain/decision.ts';
import type { LineSink } from '../domain/line-event.ts';
import { createLink } from '../link/host-link.ts';
import type { PictureMark } from '../vision/vision.ts';
import type { LineRecorder } from '../record/line-recorder.ts';
import { fanOut } from './fan-out.ts';
import { Line } from './line.ts';
import { openConnection } from './open-connection.ts';
import { openVisionProcess } from './open-vision-process.ts';
import { outputsOf } from './outputs.ts';
import { recorderTaps } from './recorder-taps.ts';
import { VirtualPlant } from './virtual-plant.ts';

export interface LiveLineDeps {
  config: Config;
  calibration: Calibration;
  clock: Clock;
  log: Logger;
  runId: string;
  sink: LineSink;
  onSnapshot?: (jpeg: Uint8Array, marks: readonly PictureMark[]) => void;
  onCrop?: ((itemId: ItemId, jpeg: Uint8Array) => void) | undefined;
  onVisionRefused?: (code: string, message: string) => void;
  /** Hears everything; stays its owner's. */
  recorder?: LineRecorder | undefined;
}

export interface LiveLine {
  readonly line: Line;
  /** Where the board is simulated. */
  readonly plant: VirtualPlant | undefined;
  /** Opens everything; the line then comes up by itself. */
  start(): Promise<void>;
  stop(reason: string): Promise<void>;
}

export function openLiveLine(deps: LiveLineDeps): LiveLine {
  const { config, calibration, clock, log } = deps;
  const connection = openConnection(config.link.connection, clock);
  const plant: VirtualPlant | undefined = connection.twinCable === undefined ? undefined : new VirtualPlant({
    clock, log, cable: connection.twinCable, actuators: config.actuators, options: config.sim, sink: (event) => sink(event),
  });
  const taps = deps.recorder === undefined ? undefined : recorderTaps(deps.recorder, clock);
  const sink = fanOut([plant?.observe, deps.sink, taps?.event].filter((each) => each !== undefined));
  const line = new Line({
    clock, log, calibration, runId: deps.runId, sink,
    onSnapshot: deps.onSnapshot, onCrop: deps.onCrop, onVisionRefused: deps.onVisionRefused,
    openVision: (visionSink) => openVisionProcess({ config, calibration, clock, log, sink: visionSink, plant, onFrame: taps?.frame }),
    openLink: (linkSink) => createLink({
      clock, log, random: createRandom(randomInt(2 ** 32 - 1)), transport: connection.transport(), options: config.link.timing,
      outputs: outputsOf(config.actuators), sink: taps?.linked(linkSink) ?? linkSink, ...(taps === undefined ? {} : { tap: taps.wire }), ...(connection.baudRate === undefined ? {} : { baudRate: connection.baudRate }),
    }),
    options: {
      autoStart: config.line.start === 'auto', recipe: recipeOf(config.recipe), bins: config.bins, actuators: config.actuators,
      scheduler: config.scheduler, decide: config.decide,
    },
  });
  return {
    line, plant,
    start: async () => {
      await plant?.twin.start();
      await line.start();
    },
    stop: async (reason) => {
      await line.stop(reason);
      await plant?.twin.stop();
      await connection.close();
    },
  };
}
