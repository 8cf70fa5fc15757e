import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCalibration } from '../../src/calibrate/calibration-text.ts';
import { loadCalibration } from '../../src/calibrate/load-calibration.ts';
import { pixelToBeltMm } from '../../src/domain/calibration.ts';

const FILE = join(import.meta.dirname, '../../calibration/virtual-belt/calibration.yaml');
const text = readFileSync(FILE, 'utf8');

describe('loadCalibration', () => {
  test('reads the virtual belt: 1.6 px per mm from the upper left corner', () => {
    const calibration = loadCalibration(FILE);
    expect(calibration).toMatchObject({ line: 'virtual-belt', frameSize: { width: 1280, height: 720 }, countsPerMm: 5 });
    expect(pixelToBeltMm(calibration, 1280, 720)).toEqual({ xMm: 800, yMm: 450 });
  });

  test('names a file that is missing', () => {
    expect(() => loadCalibration('nowhere.yaml')).toThrow(expect.objectContaining({ code: 'CALIB_UNREADABLE', message: expect.stringContaining('nowhere.yaml') }));
  });

  test.each([
    ['no YAML', '{', 'CALIB_UNREADABLE', /not YAML/],
    ['a key twice', `${text}\ncountsPerMm: 6`, 'CALIB_UNREADABLE', /unique/],
    ['nothing', '', 'CALIB_INVALID', /whole file/],
    ['an unknown key', `${text}\ncountsPerM: 6`, 'CALIB_INVALID', /countsPerM/],
    ['a missing key', text.replace(/^countsPerMm.*$/m, ''), 'CALIB_INVALID', /countsPerMm/],
    ['a row too short', text.replace('[0, 0, 1]', '[0, 1]'), 'CALIB_INVALID', /pixelToBelt\.2/],
    ['no number', text.replace('[0, 0, 1]', '[0, 0, .nan]'), 'CALIB_INVALID', /pixelToBelt\.2\.2/],
    ['a matrix without inverse', text.replace('[0, 0.625, 0]', '[1, 0, 0]'), 'CALIB_INVALID', /no inverse/],
    ['a horizon in the picture', text.replace('[0, 0, 1]', '[0.001, 0, -0.5]'), 'CALIB_INVALID', /horizon/],
    ['metres for millimetres', text.replaceAll('0.625', '0.000625'), 'CALIB_INVALID', /0\.800 mm/],
  ])('refuses %s', (_what, broken, code, message) => {
    expect(() => parseCalibration(broken, 'line.yaml')).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
    expect(() => parseCalibration(broken, 'line.yaml')).toThrow(/line\.yaml/);
  });
});
