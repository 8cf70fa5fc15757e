import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCalibration } from '../../src/calibrate/load-calibration.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-calibrate-'));
afterAll(() => rmSync(folder, { recursive: true }));
const out = join(folder, 'calibration', 'demo');

describe('sortline calibrate', () => {
  test('says which subcommands there are, and what each needs', async () => {
    const { exitCode, stdout } = await sortlineHere(['calibrate', '--help']);
    expect(exitCode).toBe(0);
    for (const name of ['camera', 'belt', 'actuators', 'colour', 'verify']) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  test('belt takes points from a tape and writes the line\'s calibration', async () => {
    writeFileSync(join(folder, 'tape.csv'), '0,0,0,0\n1280,0,810,0\n0,720,0,455\n1280,720,810,455\n');
    const { exitCode, stdout } = await sortline(['calibrate', 'belt', '--points', 'tape.csv', '--counts-per-mm', '4.9'], { cwd: folder });
    expect(stdout).toMatch(/4 points, four points agree with any plane.*\nwritten    calibration\/demo\/calibration\.yaml/);
    expect(exitCode).toBe(0);
    expect(loadCalibration(join(out, 'calibration.yaml'))).toMatchObject({ line: 'demo', camera: 'virtual-belt', countsPerMm: 4.9, method: '4 points measured with a tape' });
  });

  test('refuses what it cannot do, names it, and leaves the calibration as it was', async () => {
    const before = readFileSync(join(out, 'calibration.yaml'), 'utf8');
    writeFileSync(join(folder, 'line.txt'), '0,0,0,0\n');
    const [poor, actuator, pattern] = await Promise.all([
      sortlineHere(['calibrate', 'belt', '--points', 'line.txt'], { cwd: folder }),
      sortlineHere(['calibrate', 'actuators', '--actuator', 'jet-gold'], { cwd: folder }),
      sortlineHere(['calibrate', 'camera', '--pattern', '2x99'], { cwd: folder }),
    ]);
    expect([poor.exitCode, poor.stderr]).toEqual([1, expect.stringMatching(/CALIB_POOR_VIEWS.*four or more/)]);
    expect([actuator.exitCode, actuator.stderr]).toEqual([2, expect.stringMatching(/jet-gold.*jet-cardboard/)]);
    expect([pattern.exitCode, pattern.stderr]).toEqual([2, expect.stringContaining('2x99')]);
    expect(readFileSync(join(out, 'calibration.yaml'), 'utf8')).toBe(before);
  });

  test('names the step that comes before', async () => {
    const { exitCode, stderr } = await sortlineHere(['calibrate', 'colour', '--out', join(folder, 'nothing')]);
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/CALIB_UNREADABLE.*calibrate belt/)]);
    expect(existsSync(join(folder, 'nothing'))).toBe(false);
  });

  test('a real line moves only when it is told to', async () => {
    const config = join(folder, 'real.yaml');
    writeFileSync(config, 'camera: {source: {kind: image-folder, path: .}}\nlink: {connection: {kind: tcp, host: 127.0.0.1, port: 9}}\ncalibration: {file: calibration/demo/calibration.yaml}\n');
    const [actuators, verify] = await Promise.all([
      sortlineHere(['calibrate', 'actuators', '-c', config, '--out', out], { cwd: folder }), sortlineHere(['calibrate', 'verify', '-c', config, '--out', out], { cwd: folder }),
    ]);
    expect([actuators.exitCode, actuators.stderr]).toEqual([2, expect.stringContaining('--move-belt')]);
    expect([verify.exitCode, verify.stderr]).toEqual([2, expect.stringContaining('--items')]);
  });
});
