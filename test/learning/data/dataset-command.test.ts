// `sortline dataset`, its first import as a shell runs it.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ran } from '../../cli/command-line.ts';
import { sortline } from '../../cli/command-line.ts';
import { sortlineHere } from '../../cli/in-process.ts';
import { scratchFolder } from '../store/store-rig.ts';
import { jpegOf, writeFiles } from './drawn-pictures.ts';

let root: string;
beforeEach(() => {
  root = scratchFolder('dataset');
  writeFiles(join(root, 'yard'), { ...Object.fromEntries(Array.from({ length: 10 }, (_, seed) => [`${seed < 5 ? 'glass' : 'metal'}/${seed}.jpg`, jpegOf(seed)])), 'metal/wrong.jpg': jpegOf(0), 'metal/bad.jpg': 'x' });
});
afterEach(() => rmSync(root, { recursive: true }));

const surroundings = (): { cwd: string; env: Record<string, string> } => ({ cwd: root, env: { SORTLINE_STORE: join(root, 'store') } });
const dataset = (...argv: string[]): Promise<Ran> => sortlineHere(['dataset', ...argv], surroundings());

describe('sortline dataset', { timeout: 60_000 }, () => {
  test('imports, checks and splits', async () => {
    const imported = await sortline(['dataset', 'import', 'yard'], surroundings());
    expect(imported).toMatchObject({ exitCode: 0, stderr: '' });
    expect(imported.stdout).toMatch(/left out metal\/bad\.jpg: .+\nyard:v0: 11 pictures, 1 left out\ncardboard none, glass 5, metal 6/);
    const checked = await dataset('check', 'yard:v0', '--json');
    expect(checked.exitCode).toBe(1);
    expect(JSON.parse(checked.stdout)).toMatchObject({ source: 'yard:v0', pictures: 11, conflicts: [{ kind: 'exact', pictures: ['glass/0.jpg', 'metal/wrong.jpg'] }] });
    const split = await dataset('split', 'yard:v0', '--seed', '3', '--json');
    expect(split.exitCode).toBe(0);
    expect(JSON.parse(split.stdout)).toMatchObject({
      raw: 'yard:v0', leftOut: ['glass/0.jpg', 'metal/wrong.jpg'], straddling: [], unused: 0,
      parts: { train: { artifact: 'yard-train:v0', pictures: 5 }, val: { artifact: 'yard-val:v0', pictures: 2 }, test: { artifact: 'yard-test:v0', pictures: 2 } },
    });
  });

  test('--strict and --allow-conflicts turn the exit code round', async () => {
    const [strict, allowed] = await Promise.all([dataset('import', 'yard', '--strict'), dataset('check', 'yard', '--allow-conflicts')]);
    expect([strict.exitCode, allowed.exitCode]).toEqual([1, 0]);
    expect(allowed.stdout).toContain('glass/0.jpg = metal/wrong.jpg');
  });

  test('checking a folder leaves no store behind', async () => {
    await dataset('check', 'yard');
    expect(existsSync(join(root, 'store'))).toBe(false);
  });

  test.each([
    [['split', 'yard', '--train', '0.7'], 1, /DATA_SPLIT_INVALID.*add up to 1\.1/],
    [['split', 'yard', '--train', 'half'], 2, /Found 'half'/],
    [['split', 'yard', '--train-list', 'train.txt'], 2, /--val-list is missing/],
    [['import', 'nowhere'], 1, /DATA_UNREADABLE.*nowhere/],
    [['check', 'missing'], 1, /STORE_NOT_FOUND/],
  ])('refuses %j', async (argv, exitCode, message) => {
    const ran = await dataset(...argv);
    expect(ran).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  });
});
