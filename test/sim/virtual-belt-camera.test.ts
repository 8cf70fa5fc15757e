import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { loadCalibration } from '../../src/calibrate/load-calibration.ts';
import type { RawFrame } from '../../src/camera/camera.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { VirtualBeltCamera } from '../../src/sim/virtual-belt-camera.ts';
import type { World, WorldOptions } from '../../src/sim/world.ts';
import { createWorld } from '../../src/sim/world.ts';

const calibration = loadCalibration(join(import.meta.dirname, '../../calibration/virtual-belt/calibration.yaml'));
const WORLD: WorldOptions = { seed: 3, countsPerMm: calibration.countsPerMm, itemsPerSecond: 1, beltMmPerSecond: 400, leadInMm: 0, itemCount: 1, materialWeights: { cardboard: 1 } };
const FPS = 10;
const PERIOD_NS = 1e9 / FPS;

interface Rig {
  clock: ManualClock;
  motion: BeltMotion;
  world: World;
  camera: VirtualBeltCamera;
}

function rig(clock = new ManualClock({ startNs: 5e9 }), view: Clock = clock): Rig {
  const motion = new BeltMotion({ atNs: clock.nowNs(), counts: 0 });
  const world = createWorld(WORLD);
  const options = virtualBeltCameraOptions.parse({ kind: 'virtual-belt', framesPerSecond: FPS, lightDrift: 0, noiseLevels: 0 });
  return { clock, motion, world, camera: new VirtualBeltCamera({ options, clock: view, calibration, world, motion }) };
}

/** The frame, and when it was delivered. */
async function readAt(camera: VirtualBeltCamera, clock: ManualClock): Promise<RawFrame & { deliveredAtNs: number }> {
  let frame: (RawFrame & { deliveredAtNs: number }) | undefined;
  void camera.read().then((raw) => { frame = { ...raw, deliveredAtNs: clock.nowNs() }; });
  while (frame === undefined) await clock.advanceMs(1);
  return frame;
}

/** Middle of the one item in view along travel, mm. */
function itemAtMm({ image }: RawFrame): number {
  using scope = new MatScope();
  const red = scope.own(image).splitChannels().map((channel) => scope.own(channel))[2]!;
  const box = scope.own(red.threshold(110, 255, cv.THRESH_BINARY)).findContours(cv.RETR_EXTERNAL, cv.CHAIN_APPROX_SIMPLE).toSorted((a, b) => b.area - a.area)[0]!.boundingRect();
  return (box.x + box.width / 2) / 1.6;
}

describe('the virtual belt camera', () => {
  test('delivers each picture at its exposure, one a period', async () => {
    const { clock, camera } = rig();
    await camera.open();
    const openedNs = clock.nowNs();
    for (let index = 1; index <= 3; index++) {
      const frame = await readAt(camera, clock);
      expect(frame.capturedAtNs).toBe(openedNs + index * PERIOD_NS);
      expect(frame.deliveredAtNs - frame.capturedAtNs).toBeLessThan(1e6 + 1);
      expect([frame.image.cols, frame.image.rows, frame.image.type]).toEqual([1280, 720, cv.CV_8UC3]);
      frame.image.release();
    }
    await camera.close();
  });

  test('skips the exposures that nobody was there to read', async () => {
    const { clock, camera } = rig();
    await camera.open();
    (await readAt(camera, clock)).image.release();
    await clock.advanceMs(350);
    const { capturedAtNs, image } = await readAt(camera, clock);
    expect((capturedAtNs - 5e9) / PERIOD_NS).toBeCloseTo(5, 6);
    image.release();
    await camera.close();
  });

  test('shows the belt where it truly is at the exposure, on the ramp and when the plan changes after the picture was begun', async () => {
    const { clock, camera, motion, world } = rig();
    const { entryCounts } = world.item(0)!;
    motion.apply([{ atNs: clock.nowNs(), counts: entryCounts + 200 * 5, countsPerSecond: 1000, acceleration: 500 }]);
    await camera.open();
    const trueMm = (atNs: number): number => (motion.countsAt(atNs) - entryCounts) / 5;
    const first = await readAt(camera, clock);
    const offsetMm = itemAtMm(first) - trueMm(first.capturedAtNs);
    const second = await readAt(camera, clock);
    expect(itemAtMm(second) - trueMm(second.capturedAtNs) - offsetMm).toBeCloseTo(0, 0);
    const reading = readAt(camera, clock);
    // 10 ms before the exposure the picture is rendered already; then the belt jumps.
    clock.at(second.capturedAtNs + PERIOD_NS - 10e6, () => motion.apply([{ atNs: clock.nowNs(), counts: motion.countsAt(clock.nowNs()) + 1000, countsPerSecond: 0, acceleration: 0 }]));
    const third = await reading;
    expect(trueMm(third.capturedAtNs)).toBeGreaterThan(trueMm(second.capturedAtNs) + 200);
    expect(itemAtMm(third) - trueMm(third.capturedAtNs) - offsetMm).toBeCloseTo(0, 0);
    await camera.close();
  });

  test('a read under way ends when the camera is closed, and it can be opened again', async () => {
    const { clock, camera } = rig();
    await camera.open();
    const reading = camera.read();
    await camera.close();
    await expect(reading).rejects.toMatchObject({ code: 'CAMERA_READ_FAILED' });
    await camera.open();
    (await readAt(camera, clock)).image.release();
    await camera.close();
  });

  test('refuses a calibration that is not its own', async () => {
    const { clock, motion, world } = rig();
    const options = virtualBeltCameraOptions.parse({ kind: 'virtual-belt' });
    const other = { ...calibration, line: 'north-hall', pixelToBelt: [1, 0, 0, 0, 1, 0, 0, 0, 1] };
    await expect(new VirtualBeltCamera({ options, clock, calibration: other, world, motion }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining('north-hall') });
  });
});
