// Camera, pipeline and classifier together in virtual time: what the vision process does between its messages.
import { afterEach, describe, expect, test } from 'vitest';
import { delay } from '../../src/base/clock.ts';
import { SortlineError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import type { Camera, RawFrame } from '../../src/camera/camera.ts';
import { captureOptions } from '../../src/camera/options.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { visionOptions } from '../../src/vision/options.ts';
import { VisionRunner } from '../../src/vision/vision-runner.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import { plainPicture } from '../image/plain-picture.ts';
import type { SceneItem } from './belt-scene.ts';
import { calibration, COUNTS_PER_MM, sceneFrame } from './belt-scene.ts';

const FRAME_MS = 66, SAMPLE_MS = 20, MM_PER_S = 400;
const can: SceneItem = { positionCounts: 0, yMm: 150, lengthMm: 100, widthMm: 70, colour: [200, 200, 195], shape: 'ellipse' };
const classifier: Classifier = {
  cropShape: { height: 32, width: 32 }, concurrency: 1, description: { model: 'fake', sha256: '', provider: 'cpu', unavailable: [], warmUpMs: 0 },
  classify: (_, count) => Promise.resolve({ probabilities: Array.from({ length: count }, () => MATERIALS.map(() => 1 / MATERIALS.length)), inferenceMs: 1 }),
  close: () => Promise.resolve(),
};

/** The belt from 300 mm before the item comes into view, as a camera sees it; a step of `script` may go wrong instead. */
class SceneCamera implements Camera {
  readonly description = 'scene';
  readonly framesPerSecond = 1000 / FRAME_MS;
  readonly script: ('small' | 'gone')[] = [];
  readonly #clock: ManualClock;
  #count = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async open(): Promise<void> {}

  async read(): Promise<RawFrame> {
    await delay(this.#clock, FRAME_MS);
    const step = this.script.shift(), capturedAtNs = this.#clock.nowNs();
    if (step === 'gone') throw new SortlineError('CAMERA_READ_FAILED', 'cable pulled');
    if (step === 'small') return { capturedAtNs, image: plainPicture({ width: 640, height: 480 }, [1, 2, 3]) };
    return { capturedAtNs, image: sceneFrame(this.#count++, trueMm(capturedAtNs) * COUNTS_PER_MM, { items: [can] }).image };
  }

  async close(): Promise<void> {}
}

const trueMm = (atNs: number): number => -300 + (MM_PER_S * atNs) / 1e9;

const open: VisionRunner[] = [];
afterEach(() => Promise.all(open.splice(0).map((runner) => runner.stop())));

async function rig() {
  const clock = new ManualClock(), events: VisionEvent[] = [], camera = new SceneCamera(clock);
  const runner = new VisionRunner({
    clock, log: silentLogger, random: createRandom(1), calibration, camera, capture: captureOptions.parse({}), classifier, batch: { size: 4, deadlineMs: 0 },
    options: visionOptions.parse({}), sink: (event) => events.push(event), rssMb: () => 7,
  });
  open.push(runner);
  /** What the board's counter says more than the belt has travelled; it starts anew with the board. */
  const board = { offsetCounts: 0, isThere: true };
  clock.every(SAMPLE_MS, () => {
    if (board.isThere) runner.beltSample({ atNs: clock.nowNs(), counts: trueMm(clock.nowNs()) * COUNTS_PER_MM + board.offsetCounts, countsPerSecond: MM_PER_S * COUNTS_PER_MM });
  });
  await runner.start();
  const of = <Kind extends VisionEvent['kind']>(kind: Kind) => events.filter((event): event is Extract<VisionEvent, { kind: Kind }> => event.kind === kind);
  return { clock, events, camera, runner, board, of };
}

describe('the vision', () => {
  test('is ready once, however often its camera is opened, and sees on', async () => {
    const { clock, camera, of } = await rig();
    await clock.advanceMs(1000);
    camera.script.push('gone');
    await clock.advanceMs(1000);
    expect(of('vision.ready')).toMatchObject([{ camera: 'scene', frameSize: calibration.frameSize }]);
    expect(of('item.seen')).toHaveLength(1);
    expect(of('vision.stats').at(-1)!.stats).toMatchObject({ rssMb: 7, badFrames: 0 });
  });

  test('places nothing while the board counts anew, and then everything by its new counts', async () => {
    const { clock, runner, board, of } = await rig();
    await clock.advanceMs(1500);
    expect(of('item.seen').map(({ sighting }) => Math.abs(sighting.position.positionCounts) < 10)).toEqual([true]);
    Object.assign(board, { isThere: false, offsetCounts: 20_000 });
    runner.beltReset();
    expect(of('item.gone')).toHaveLength(1);
    await clock.advanceMs(60);
    const dropped = of('vision.stats').at(-1)!.stats.framesDropped;
    await clock.advanceMs(300);
    board.isThere = true;
    await clock.advanceMs(700);
    expect(of('vision.stats').at(-1)!.stats.framesDropped - dropped).toBeGreaterThanOrEqual(4);
    expect(of('item.seen').slice(1).map(({ sighting }) => Math.abs(sighting.position.positionCounts - 20_000) < 10)).toEqual([true]);
  });

  test('warns of pictures of another size once, until a good one has come', async () => {
    const { clock, camera, of } = await rig();
    await clock.advanceMs(700);
    camera.script.push('small', 'small', 'small');
    await clock.advanceMs(700);
    camera.script.push('small');
    await clock.advanceMs(700);
    expect(of('vision.warning').map(({ code, message }) => [code, message.includes('640x480')])).toEqual([['CALIB_SIZE_MISMATCH', true], ['CALIB_SIZE_MISMATCH', true]]);
  });

  test('tells nothing any more once it has stopped', async () => {
    const { clock, runner, events } = await rig();
    await clock.advanceMs(1500);
    await runner.stop();
    const told = events.length;
    await clock.advanceMs(3000);
    expect(events).toHaveLength(told);
  });
});
