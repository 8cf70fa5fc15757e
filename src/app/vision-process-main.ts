// Entry of the vision process. Opens camera and model as told in `start`, runs until told to stop or until the line is gone.
import { systemClock } from '../base/clock.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { STOP_SIGNALS } from '../base/stop-signals.ts';
import { chooseModels } from '../classify/champion.ts';
import { createOnnxClassifier } from '../classify/onnx-classifier.ts';
import { openClassifier } from '../classify/open-classifier.ts';
import { CHAMPION } from '../classify/options.ts';
import { cv } from '../image/opencv.ts';
import { FrameTap } from '../vision/frame-tap.ts';
import { VisionRunner } from '../vision/vision-runner.ts';
import type { VisionEvent } from '../vision/vision.ts';
import type { FromVision, ToVision } from '../vision/vision-messages.ts';
import { watchChampion } from './champion-watch.ts';
import { createLog } from './log.ts';
import { ModelSwitch } from './model-switch.ts';
import type { VisionExtra, VisionSetup } from './vision-setup.ts';
import { cameraOf } from './vision-setup.ts';

const MB = 1024 * 1024;
const HUNG_CHECK_MS = 500;
/** Failed runs in a row that no retry has mended. */
const FAILURES_TO_END = 5;

// OpenCV's own threads would take the cores from the model; the pictures are small.
cv.setNumThreads(1);
// Ctrl-C in a terminal, and a service manager's stop, reach every process of the group; the line decides when this one ends.
for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
process.on('disconnect', end);

let runner: VisionRunner | undefined;
let hear: ((extra: VisionExtra) => void) | undefined;
/** Told while the model was still loading. */
const early: ToVision<VisionSetup, VisionExtra>[] = [];
const untold: VisionEvent[] = [];

process.on('message', (message: ToVision<VisionSetup, VisionExtra>) => {
  if (message.kind === 'start') void start(message.setup);
  else if (message.kind === 'stop') end();
  else if (runner === undefined) early.push(message);
  else obey(runner, message);
});

function obey(to: VisionRunner, message: ToVision<VisionSetup, VisionExtra>): void {
  if (message.kind === 'belt.sample') to.beltSample(message.sample);
  if (message.kind === 'belt.reset') to.beltReset();
  if (message.kind === 'snapshot') to.requestSnapshot();
  if (message.kind === 'extra') hear?.(message.extra);
}

/** In order: no further picture is taken, and the exit waits for the batch that the model is busy with. */
function end(): void {
  void (runner?.stop() ?? Promise.resolve()).finally(() => process.exit(0));
}

async function start(setup: VisionSetup): Promise<void> {
  const log = createLog({ ...setup.config.log, to: 'stderr' });
  const { classifier: classifierOptions, vision, harvest, record, camera: cameraOptions } = setup.config;
  try {
    const choice = chooseModels(classifierOptions);
    const classifier = await openClassifier(classifierOptions, log, {
      choice, avoid: setup.avoid,
      onLoading: ({ key, name }) => tellEvent({ kind: 'model.loading', key, name }), onRefused: (refusal) => tellEvent({ kind: 'model.refused', ...refusal }),
    });
    const { camera, motion } = cameraOf(setup, systemClock);
    if (motion !== undefined) hear = (segments) => motion.apply(segments);
    runner = new VisionRunner({
      clock: systemClock, log, random: createRandom(process.pid), calibration: setup.calibration, camera, classifier,
      capture: cameraOptions.capture, batch: classifierOptions.batch, options: vision, harvest,
      frameTap: record.enabled ? new FrameTap({ quality: record.quality, deliver: (frame) => new Promise((resolve) => tell({ kind: 'frame', frame }, resolve)) }) : undefined,
      sink: (event) => {
        tellEvent(event);
        if (event.kind === 'vision.ready' && classifierOptions.model === CHAMPION) followChampion(runner!, { setup, log, from: choice.key });
      },
      rssMb: () => process.memoryUsage.rss() / MB,
    });
    for (const message of early.splice(0)) obey(runner, message);
    await runner.start();
    watchModel(runner, { limitMs: vision.process.progressTimeoutMs, log });
  } catch (error) {
    if (!isSortlineError(error)) throw error;
    tell({ kind: 'refused', code: error.code, message: reasonOf(error) }, () => process.exit(1));
  }
}

/**
 * A run of the model that never ends does not block this thread, and an inference thread that died fails every run at once:
 * both are noticed here, and the line starts a new process.
 */
function watchModel(watched: VisionRunner, { limitMs, log }: { limitMs: number; log: Logger }): void {
  systemClock.every(HUNG_CHECK_MS, () => {
    const isHung = (watched.longestRunMs ?? 0) > limitMs;
    if (!isHung && watched.failuresInARow < FAILURES_TO_END) return;
    log.error(`the model ${isHung ? `has been running for more than ${limitMs} ms` : `failed ${watched.failuresInARow} times in a row`}: ending the vision process`);
    // An exit would wait for the thread that hangs.
    if (isHung) process.kill(process.pid, 'SIGKILL');
    process.exit(3);
  });
}

function followChampion(to: VisionRunner, { setup, log, from }: { setup: VisionSetup; log: Logger; from: string }): void {
  const { classifier: options, vision } = setup.config;
  const models = new ModelSwitch({
    clock: systemClock, log, options, avoid: setup.avoid, runner: to, open: createOnnxClassifier, sink: tellEvent, limitMs: vision.process.startTimeoutMs,
  });
  watchChampion(options, (choice) => models.choose(choice), { clock: systemClock, from });
}

/** Told with whatever else is told before the work at hand is done. */
function tellEvent(event: VisionEvent): void {
  if (untold.push(event) === 1) queueMicrotask(() => tell({ kind: 'events', events: untold.splice(0) }));
}

function tell(message: FromVision, done?: () => void): void {
  if (process.connected) process.send!(message, undefined, {}, () => done?.());
  else done?.();
}
