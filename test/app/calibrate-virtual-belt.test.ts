// Calibration on the virtual belt, whose lens, lean and counts per mm are known: through real rendering, real detection and the
// unmodified line, against the truth.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { calibrateCamera } from '../../src/app/calibrate-camera.ts';
import { CalibrationStore } from '../../src/app/calibration-store.ts';
import { measureBelt, measureCamera } from '../../src/app/measure-geometry.ts';
import { verifyVirtual } from '../../src/app/verify-calibration.ts';
import { inVirtualTime } from '../../src/app/virtual-time.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import { pixelToBeltMm } from '../../src/domain/calibration.ts';
import { HandheldTargetCamera } from '../../src/sim/handheld-target-camera.ts';
import { trueGeometryOf } from '../../src/sim/virtual-view.ts';

const COUNTS_PER_MM = 5.123;
const source = virtualBeltCameraOptions.parse({ kind: 'virtual-belt', framesPerSecond: 10, view: { tiltAlongDeg: 8, tiltAcrossDeg: -4, turnDeg: 2, k1: -0.18, k2: 0.06, p1: 0.001, p2: -0.0005 } });
const base = defaultConfig();
const config = { ...base, camera: { ...base.camera, source }, sim: { ...base.sim, world: { ...base.sim.world, itemsPerSecond: 2 }, twin: { ...base.sim.twin, countsPerMm: COUNTS_PER_MM } } };
const truth = trueGeometryOf(source);
const board = { columns: 9, rows: 6, squareMm: 25 };
const target = { columns: 9, rows: 6, squareMm: 40 };
const folder = mkdtempSync(join(tmpdir(), 'sortline-calibrate-'));
const store = new CalibrationStore({ config, folder, clock: new ManualClock(), validDays: 180 });
let lensFit: Awaited<ReturnType<typeof measureCamera>>;

const held = (poses: readonly number[], pattern = board) => {
  const clock = new ManualClock();
  return inVirtualTime(clock, calibrateCamera({ camera: new HandheldTargetCamera({ options: source, clock, board, poses }), pattern, isLive: false }));
};

beforeAll(async () => {
  lensFit = await measureCamera({ config, pattern: board, frames: undefined });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('calibrating the virtual belt', () => {
  test('finds the lens: focal length within 0.5 %, centre within 3 px, k1 within 0.01', () => {
    const { lens, rmsPx, coverage } = lensFit;
    for (const px of lens.focalPx) expect(Math.abs(px / truth.lens!.focalPx[0] - 1)).toBeLessThan(0.005);
    expect(Math.hypot(lens.centrePx[0] - 640, lens.centrePx[1] - 360)).toBeLessThan(3);
    expect(Math.abs(lens.distortion[0] - -0.18)).toBeLessThan(0.01);
    expect(rmsPx).toBeLessThan(0.3);
    expect(coverage.flat().filter((count) => count === 0)).toEqual([]);
    store.saveLens(lensFit, { how: 'test', figures: { rmsPx } }, lensFit.picture);
  });

  test('finds the belt: counts per mm within 0.1 %, every place of the picture within 1 mm (rms) and 2 mm at worst', async () => {
    const fit = await measureBelt({ config, pattern: target, frames: undefined, log: silentLogger, lens: store.lens(), edgeMm: undefined, movesBelt: true });
    expect(Math.abs(fit.countsPerMm / COUNTS_PER_MM - 1)).toBeLessThan(0.001);
    const errors = [0, 320, 640, 960, 1280].flatMap((u) => [0, 180, 360, 540, 720].map((v) => {
      const is = pixelToBeltMm(truth, u, v), found = pixelToBeltMm({ lens: lensFit.lens, pixelToBelt: fit.pixelToBelt }, u, v);
      return Math.hypot(is.xMm - found.xMm, is.yMm - found.yMm);
    }));
    expect(Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)).toBeLessThan(1);
    expect(Math.max(...errors)).toBeLessThan(2);
    store.saveBelt(fit, store.lens(), { how: 'test', figures: { rmsMm: fit.rmsMm } });
  }, 120_000);

  test('the line then sees known items where they are: at most 1 mm (rms) when they are at the actuators', async () => {
    const calibration = store.calibration();
    expect(calibration).toMatchObject({ camera: 'virtual-belt', expiresOn: '2026-06-30', measured: { lens: { how: 'test' }, belt: { on: '2026-01-01' } } });
    const report = await verifyVirtual({ config, calibration, log: silentLogger, tolerances: { placeMm: 5, sizeMm: 8 } }, { items: 10, seed: 7 });
    expect(report).toMatchObject({ isPassed: true, known: 10, seen: 10, failures: [] });
    expect(report.actuatorRmsMm).toBeLessThanOrEqual(1);
  }, 120_000);
});

describe('views that cannot tell', () => {
  test('are refused, with what is missing', async () => {
    const frontal = held([5, 6, 7, 8]);
    await expect(frontal).rejects.toMatchObject({ code: 'CALIB_POOR_VIEWS', message: expect.stringMatching(/left side nearer.*right side nearer.*upper side.*lower side/s) });
    await expect(held([0])).rejects.toMatchObject({ code: 'CALIB_POOR_VIEWS', message: expect.stringMatching(/7 more views.*no corner was seen/) });
  }, 120_000);

  test('a board with other corners than was said is not seen', async () => {
    await expect(held([0, 13], { columns: 8, rows: 5, squareMm: 25 })).rejects.toMatchObject({ code: 'CALIB_NO_TARGET', message: expect.stringContaining('8x5') });
  }, 120_000);
});
