import { describe, expect, test } from 'vitest';
import { AlarmBoard } from '../../src/app/alarms.ts';
import { calibrationFor, measuredActuators } from '../../src/app/calibration-for.ts';
import { CalibrationWatch } from '../../src/app/calibration-watch.ts';
import { actuatorOptions } from '../../src/actuate/options.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { saveCalibration } from '../../src/calibrate/load-calibration.ts';
import { v4l2CameraOptions, virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const base: Calibration = { line: 'l', measuredOn: '2025-07-01', method: 'm', frameSize: { width: 1280, height: 720 }, pixelToBelt: [0.625, 0, 0, 0, 0.625, 0, 0, 0, 1], countsPerMm: 5 };

function watching(calibration: Calibration, wallMs = Date.UTC(2026, 0, 1)): { clock: ManualClock; watch: CalibrationWatch; told: string[] } {
  const clock = new ManualClock({ wallMs });
  const told: string[] = [];
  const alarms = new AlarmBoard(clock, (event: LineEvent) => { if (event.kind === 'alarm.raised' || event.kind === 'alarm.cleared') told.push(`${event.kind === 'alarm.raised' ? 'raised' : 'cleared'} ${event.alarm}`); });
  const watch = new CalibrationWatch({ clock, calibration, alarms });
  watch.start();
  return { clock, watch, told };
}

describe('the watch on a calibration', () => {
  test('says that it is old from the day after its last', async () => {
    expect(watching({ ...base, expiresOn: '2026-01-01' }).told).toEqual([]);
    expect(watching({ ...base, expiresOn: '2025-12-31' }).told).toEqual(['raised calibration-old']);
    expect(watching(base).told).toEqual([]);
  });

  test('notices while the line runs, and tells it once', async () => {
    const { clock, watch, told } = watching({ ...base, expiresOn: '2026-01-01' });
    await clock.advanceMs(72 * 3_600_000);
    expect(told).toEqual(['raised calibration-old']);
    watch.stop();
  });

  test('warns of a belt that changed its colour until it is clearly back', () => {
    const { watch, told } = watching(base);
    for (const drift of [undefined, 0.1, 0.16, 0.2, 0.14, 0.11, 0.1]) watch.colour(drift);
    expect(told).toEqual(['raised colour-drift', 'cleared colour-drift']);
  });
});

describe('the calibration of a config', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-calibration-'));
  const file = join(folder, 'calibration.yaml');
  const config = defaultConfig();
  const withSource = (source: (typeof config)['camera']['source']) => ({ ...config, camera: { ...config.camera, source }, calibration: { file } });

  test('is refused for another size or another camera, and taken for its own', () => {
    try {
      saveCalibration(file, { ...base, camera: 'usb-line-camera-77' });
      const of = (width: number, device: string) => withSource(v4l2CameraOptions.parse({ kind: 'v4l2', device, width }));
      expect(calibrationFor(of(1280, '/dev/v4l/by-id/usb-line-camera-77')).camera).toBe('usb-line-camera-77');
      expect(() => calibrationFor(of(1920, '/dev/v4l/by-id/usb-line-camera-77'))).toThrow(expect.objectContaining({ code: 'CALIB_SIZE_MISMATCH', message: expect.stringContaining('1920x720') }));
      expect(() => calibrationFor(of(1280, '/dev/v4l/by-id/usb-other'))).toThrow(expect.objectContaining({ code: 'CALIB_OTHER_CAMERA', message: expect.stringMatching(/usb-line-camera-77.*usb-other/) }));
      expect(() => calibrationFor(withSource(virtualBeltCameraOptions.parse({ kind: 'virtual-belt' })))).toThrow(expect.objectContaining({ code: 'CALIB_OTHER_CAMERA' }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('gives actuators their measured place and delay, and leaves the others', () => {
    const [a, b] = [actuatorOptions.parse({ id: 'a', bin: 'x', output: 0, offsetMm: 1200 }), actuatorOptions.parse({ id: 'b', bin: 'y', output: 1, offsetMm: 1500 })];
    expect(measuredActuators([a, b], { actuators: { a: { offsetMm: 1204.5, leadMs: 9 } } })).toEqual([{ ...a, offsetMm: 1204.5, leadMs: 9 }, b]);
    expect(measuredActuators([a, b], {})).toEqual([a, b]);
  });
});
