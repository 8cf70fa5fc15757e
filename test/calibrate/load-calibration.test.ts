import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseCalibration } from '../../src/calibrate/calibration-text.ts';
import { loadCalibration, loadLens, saveCalibration, saveLens } from '../../src/calibrate/load-calibration.ts';
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

describe('saveCalibration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-calibration-'));
  const file = join(folder, 'line-1', 'calibration.yaml');
  afterAll(() => rmSync(folder, { recursive: true }));
  const measured = {
    ...loadCalibration(FILE), camera: '8A24F1', expiresOn: '2026-07-01',
    lens: { focalPx: [1441.25, 1440.5], centrePx: [641, 358.5], distortion: [-0.21, 0.07, 0, 0, 0] },
    actuators: { 'jet-glass': { offsetMm: 1501.5, leadMs: 12.25 } },
    colour: { gains: [1.1, 1, 0.9], beltBgr: [72, 76, 70] },
    measured: { belt: { on: '2026-01-01', how: 'chessboard', figures: { rmsMm: 0.07 } } },
  } as const;

  test('writes what a reader gets back, number for number', () => {
    saveCalibration(file, measured);
    expect(loadCalibration(file)).toEqual(measured);
  });

  test('refuses a file in which a number was changed by hand, and takes it without its hash', () => {
    saveCalibration(file, measured);
    const edited = readFileSync(file, 'utf8').replace('1501.5', '1500');
    expect(() => parseCalibration(edited, 'x')).toThrow(expect.objectContaining({ code: 'CALIB_INVALID', message: expect.stringContaining('sha256') }));
    expect(parseCalibration(edited.replace(/^sha256.*$/m, ''), 'x').actuators?.['jet-glass']?.offsetMm).toBe(1500);
  });

  test('refuses a lens that folds the picture over', () => {
    const lens = { ...measured.lens, distortion: [-3, 0, 0, 0, 0] as const };
    expect(() => saveCalibration(file, { ...measured, lens })).toThrow(expect.objectContaining({ code: 'CALIB_INVALID', message: expect.stringContaining('folds') }));
    expect(loadCalibration(file)).toEqual(measured);
  });

  test('says where it could not be written', () => {
    writeFileSync(join(folder, 'a-file'), '');
    expect(() => saveCalibration(join(folder, 'a-file', 'calibration.yaml'), measured)).toThrow(expect.objectContaining({ code: 'CALIB_WRITE_FAILED', message: expect.stringContaining('a-file') }));
  });

  test('keeps a lens by itself, for the belt to be measured later', () => {
    const { line, camera, measuredOn, frameSize, lens } = measured;
    saveLens(join(folder, 'lens.yaml'), { line, camera, measuredOn, frameSize, lens });
    expect(loadLens(join(folder, 'lens.yaml'))).toEqual({ line, camera, measuredOn, frameSize, lens });
    expect(() => loadLens(file)).toThrow(expect.objectContaining({ code: 'CALIB_INVALID', message: expect.stringContaining('pixelToBelt') }));
  });
});
