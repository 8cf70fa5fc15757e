// Fire and see on the virtual belt: the line believes an actuator to be elsewhere and quicker than it is; items tell.
import { expect, test } from 'vitest';
import { twinWitness } from '../../src/app/actuator-witness.ts';
import { calibrateActuators } from '../../src/app/calibrate-actuators.ts';
import { CalibrationBench } from '../../src/app/calibration-bench.ts';
import { actuatorOptions } from '../../src/actuate/options.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import type { Calibration } from '../../src/domain/calibration.ts';

const base = defaultConfig();
const frameSize = { width: 640, height: 416 };
const calibration: Calibration = { line: 'l', measuredOn: '2026-01-01', method: 'exact', frameSize, pixelToBelt: [0.625, 0, 0, 0, 0.625, 0, 0, 0, 1], countsPerMm: 5 };
const truth = actuatorOptions.parse({ id: 'jet', bin: 'glass', output: 1, offsetMm: 620, leadMs: 15, zoneMm: 40 });
const config = {
  ...base, actuators: [truth],
  camera: { ...base.camera, source: virtualBeltCameraOptions.parse({ kind: 'virtual-belt', ...frameSize }) },
  sim: { ...base.sim, world: { ...base.sim.world, beltWidthMm: 260, itemsPerSecond: 1.2, leadInMm: 700, distinctItems: 6 } },
};

test('finds an actuator that is 25 mm away from where the config has it, and 15 ms late', async () => {
  const bench = new CalibrationBench({ config, log: silentLogger, virtual: { framesPerSecond: 3 } });
  const believed = { ...truth, offsetMm: 595, leadMs: 0 };
  const [result] = await bench.run(() => calibrateActuators(bench, {
    calibration, vision: config.vision, actuators: [believed], speeds: [140, 350], witness: twinWitness(bench, bench.plant!, config.sim.twin.rampMs),
  }));
  expect(Math.abs(result!.offsetMm - truth.offsetMm)).toBeLessThan(3 * result!.offsetDeviationMm);
  expect(Math.abs(result!.leadMs - truth.leadMs)).toBeLessThan(3 * result!.leadDeviationMs);
  expect(result!.offsetDeviationMm).toBeLessThan(1);
  expect(result!.sweepFailures).toEqual([]);
}, 120_000);

test.each([
  ['brings nothing into its bin', { offsetMm: 950, zoneMm: 200 }, /jet brought no item into glass/],
  ['has an output that the board refuses', { output: 5 }, /came to nothing for jet.*bad-output/],
])('says that an actuator %s', async (_what, wrong, message) => {
  const bench = new CalibrationBench({ config, log: silentLogger, virtual: { framesPerSecond: 3 } });
  await expect(bench.run(() => calibrateActuators(bench, {
    calibration, vision: config.vision, actuators: [{ ...truth, ...wrong }], speeds: [140, 350], witness: twinWitness(bench, bench.plant!, config.sim.twin.rampMs),
  }))).rejects.toMatchObject({ code: 'CALIB_POOR_FIT', message: expect.stringMatching(message) });
}, 120_000);
