// `sortline classify` as a person runs it, with the shipped model.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Classified } from '../../src/cli/classify.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { encodeJpeg } from '../../src/image/decode.ts';
import { plainPicture } from '../image/plain-picture.ts';

// Each test starts the command as a process of its own, which a loaded machine makes wait.
vi.setConfig({ testTimeout: 30_000 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TRASHNET = join(ROOT, '..', 'shared', 'trashnet');

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function sortline(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), ...args], { maxBuffer: 64e6 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function pictures(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-classify-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'below'));
  const image = plainPicture({ width: 400, height: 300 }, [90, 120, 150]);
  writeFileSync(join(folder, 'below', 'brown.JPG'), encodeJpeg(image));
  image.release();
  writeFileSync(join(folder, 'notes.txt'), 'not searched');
  return folder;
}

describe('sortline classify', () => {
  it('prints one JSON document on stdout, whole for every picture, folders searched', async () => {
    const folder = pictures();
    const { exitCode, stdout, stderr } = await sortline('classify', folder, '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [result, ...more] = JSON.parse(stdout) as Classified[];
    expect(more).toEqual([]);
    expect(Object.keys(result!)).toEqual(['file', 'material', 'confidence', 'probabilities', 'ms']);
    expect(result!.file).toBe(join(folder, 'below', 'brown.JPG'));
    expect(Object.keys(result!.probabilities)).toEqual([...MATERIALS]);
    expect(Object.values(result!.probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    expect(result!.probabilities[result!.material]).toBe(result!.confidence);
    expect(result!.ms).toBeGreaterThan(0);
  });

  it('names each picture that cannot be read, classifies the others, and exits 1', async () => {
    const folder = pictures();
    const broken = join(folder, 'below', 'broken.jpg');
    writeFileSync(broken, readFileSync(join(folder, 'below', 'brown.JPG')).subarray(0, 200));
    const { exitCode, stdout, stderr } = await sortline('classify', folder, '/nowhere.jpg');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^.*brown\.JPG: \w+ \d+\.\d % \(\d+\.\d ms\)\n$/);
    expect(stderr).toMatch(/^error IMAGE_UNREADABLE: \/nowhere\.jpg/m);
    expect(stderr).toContain(`error IMAGE_UNREADABLE: ${broken}`);
  });

  it('refuses a folder that is no model, and wrong usage, with their exit codes', async () => {
    const folder = pictures();
    const [noModel, noImages] = await Promise.all([sortline('classify', folder, '--model', folder), sortline('classify')]);
    expect(noModel).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('error MODEL_UNREADABLE') });
    expect(noImages.exitCode).toBe(2);
  });
});

describe.skipIf(!existsSync(TRASHNET))('the shipped model on photographs (needs ../shared/trashnet)', () => {
  it('is right as often as its card says', async () => {
    // Every fourteenth photograph of the validation list: 24, of which the card's 0.951 leaves one or two wrong.
    const names = readFileSync(join(TRASHNET, 'val.txt'), 'utf8').trim().split('\n').filter((_, index) => index % 14 === 0);
    const { exitCode, stdout } = await sortline('classify', '--json', ...names.map((name) => join(TRASHNET, 'images', name)));
    expect(exitCode).toBe(0);
    const right = (JSON.parse(stdout) as Classified[]).filter(({ material }, index) => names[index]!.startsWith(`${material}/`));
    expect(right.length).toBeGreaterThanOrEqual(21);
  });
});
