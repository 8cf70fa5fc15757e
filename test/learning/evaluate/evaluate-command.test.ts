// `sortline evaluate` and `compare` as a person runs them, on a model of three numbers and pictures of one colour.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { Material } from '../../../src/domain/material.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { cv } from '../../../src/image/opencv.ts';
import { keptEvaluation } from '../../../src/learning/evaluate/kept-evaluation.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';
import { tinyFolder, tinyWeight } from '../../classify/tiny-model.ts';
import { sortline } from '../../cli/command-line.ts';
import { sortlineHere } from '../../cli/in-process.ts';
import { plainPicture } from '../../image/plain-picture.ts';
import { scratchFolder } from '../store/store-rig.ts';

vi.setConfig({ testTimeout: 60_000 });

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TRASHNET = join(ROOT, '..', 'shared', 'trashnet');
const COLOURS = [[250, 10, 10], [10, 250, 10], [10, 10, 250], [250, 250, 10], [10, 250, 250]] as const;

interface Figures {
  n: number;
  accuracy: number;
  interval: [number, number];
  perMaterial: Record<Material, { accuracy: number; precision: number; recall: number; f1: number; n: number } | null>;
  confusion: { labels: Material[]; rows: number[][] };
  ece: number;
  msPerImage: number;
  unreadable: string[];
  run: string | null;
}

function scratch(): string {
  const folder = scratchFolder('evaluate');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the tiny model takes a picture of one colour for, RGB. */
function tinyVerdict(colour: readonly number[]): Material {
  const logits = MATERIALS.map((_, label) => colour.reduce((sum, value, channel) => sum + value * tinyWeight(channel, label), 0));
  return MATERIALS[logits.indexOf(Math.max(...logits))]!;
}

/** A picture of each colour in the folder of what the model takes it for, and in that of `plastic` a copy of each: `wrong` of them are mistakes. */
function pictures(): { images: string; right: number; wrong: number; plastics: number } {
  const images = join(scratch(), 'images');
  let right = 0, wrong = 0;
  for (const [index, [red, green, blue]] of COLOURS.entries()) {
    const mat = plainPicture({ width: 80, height: 64 }, [blue, green, red]), png = cv.imencode('.png', mat);
    mat.release();
    const said = tinyVerdict([red, green, blue]);
    for (const [folder, name] of [[said, `right${index}.png`], ['plastic', `plastic${index}.png`]] as const) {
      mkdirSync(join(images, folder), { recursive: true });
      writeFileSync(join(images, folder, name), png);
    }
    right += said === 'plastic' ? 2 : 1;
    wrong += said === 'plastic' ? 0 : 1;
  }
  return { images, right, wrong, plastics: readdirSync(join(images, 'plastic')).length };
}

describe('sortline evaluate', () => {
  it('prints the figures of a model folder as JSON, and leaves no store behind', async () => {
    const { images, right, wrong, plastics } = pictures(), cwd = scratch();
    const { exitCode, stdout, stderr } = await sortline(['evaluate', '--model', tinyFolder(), '--images', images, '--json'], { cwd });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const figures = JSON.parse(stdout) as Figures;
    expect(figures).toMatchObject({ n: right + wrong, accuracy: right / (right + wrong), confusion: { labels: MATERIALS }, ece: expect.any(Number), msPerImage: expect.any(Number), unreadable: [], run: null });
    expect(figures.interval[0]).toBeLessThan(figures.accuracy);
    expect(figures.perMaterial.plastic).toMatchObject({ n: plastics, recall: expect.any(Number), f1: expect.any(Number) });
    // rows[predicted][actual]: what was mistaken stands in the column of plastic.
    const plastic = MATERIALS.indexOf('plastic');
    expect(figures.confusion.rows.flatMap((row, predicted) => row.filter((_, actual) => actual !== predicted && actual !== plastic))).toEqual(Array.from({ length: 25 }, () => 0));
    expect(figures.confusion.rows.reduce((sum, row) => sum + row[plastic]!, 0)).toBe(plastics);
    expect(Object.values(figures.perMaterial)).toContain(null);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('prints a table, writes a page, judges a list only, and names what cannot be read with exit code 1', async () => {
    const { images } = pictures(), folder = scratch(), page = join(folder, 'page.html'), list = join(folder, 'list.txt');
    writeFileSync(join(images, 'plastic', 'broken.png'), readFileSync(join(images, 'plastic', 'plastic0.png')).subarray(0, 100));
    writeFileSync(list, 'plastic/plastic0.png\nplastic/plastic1.png\nplastic/broken.png\n');
    const { exitCode, stdout, stderr } = await sortlineHere(['evaluate', '--model', tinyFolder(), '--images', images, '--list', list, '--html', page], { cwd: folder });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error IMAGE_UNREADABLE: .*broken\.png/);
    expect(stdout).toMatch(/^accuracy \d\.\d{3} \(\d\.\d{3} to \d\.\d{3}\), \d of 2 right$/m);
    expect(stdout).toMatch(/^plastic +2 /m);
    expect(stdout).toMatch(/^glass +0 +- +- +-$/m);
    expect(readFileSync(page, 'utf8')).toContain('plastic/broken.png');
  });

  it('refuses what it cannot judge, in words', async () => {
    const { images } = pictures(), folder = scratch(), model = tinyFolder();
    mkdirSync(join(folder, 'empty'));
    const refused = await Promise.all([
      ['--model', model, '--images', join(folder, 'nowhere')], ['--model', model, '--images', join(folder, 'empty')], ['--model', join(folder, 'empty'), '--images', images], ['--model', model],
    ].map((args) => sortlineHere(['evaluate', ...args], { cwd: folder })));
    expect(refused.map(({ exitCode, stderr }) => `${exitCode} ${/^error (\w+)/.exec(stderr)?.[1]}`)).toEqual(['1 DATA_UNREADABLE', '1 DATA_EMPTY', '1 MODEL_UNREADABLE', '2 USAGE']);
  });

  it('records a model of the registry as a run that read it and its data; compare and report find it', async () => {
    const { images } = pictures(), store = join(scratch(), 'store'), out = join(store, '..', 'report.html');
    const [better, worse] = [tinyFolder(), tinyFolder({ manifest: { temperature: 3 } })];
    const opened = openLearningStore(store, { clock: systemClock, log: silentLogger });
    for (const folder of [better, worse]) {
      await opened.addArtifact({ type: 'model', name: 'tiny', files: ['model.onnx', 'manifest.json'].map((path) => ({ path, content: { file: join(folder, path) } })) });
    }
    const files = MATERIALS.filter((material) => existsSync(join(images, material))).flatMap((material) => readdirSync(join(images, material)).map((name) => `${material}/${name}`));
    await opened.addArtifact({ type: 'split_data', name: 'colours', files: files.map((path) => ({ path, content: { file: join(images, path) } })) });
    opened.close();

    const judged = await sortlineHere(['evaluate', '--model', 'tiny:v0', '--images', 'colours', '--json', '--store', store]);
    expect(judged.stderr).toBe('');
    const unrecorded = await sortlineHere(['evaluate', '--model', 'tiny:v1', '--images', images, '--json', '--no-record', '--store', store]);
    expect(unrecorded.stderr).toBe('');
    expect((JSON.parse(unrecorded.stdout) as Figures).run).toBeNull();
    await sortlineHere(['evaluate', '--model', 'tiny:v1', '--images', images, '--json', '--store', store]);
    const again = openLearningStore(store, { clock: systemClock, log: silentLogger });
    const run = again.run((JSON.parse(judged.stdout) as Figures).run!);
    expect(run).toMatchObject({ kind: 'evaluate', name: 'evaluate-tiny-v0', state: 'finished' });
    expect(again.inputsOf(run.id).map(({ name }) => name).toSorted()).toEqual(['colours', 'tiny']);
    expect(keptEvaluation(again, run)!.verdicts.map(({ file }) => file)).toEqual(files.toSorted());
    again.close();

    // Temperature changes no verdict: equal, picture by picture.
    const compared = await sortlineHere(['compare', 'tiny:v0', 'tiny:v1', '--json', '--store', store]);
    expect(JSON.parse(compared.stdout)).toMatchObject({ contenders: [{ name: 'tiny:v0' }, { name: 'tiny:v1' }], differences: [{ of: 'tiny:v1', against: 'tiny:v0', accuracy: 0, method: 'paired', chance: 1, verdict: 'no clear difference' }] });
    const reported = await sortlineHere(['report', '--store', store, '--out', out]);
    expect(reported).toMatchObject({ exitCode: 0, stdout: `${out}: 2 runs\n` });
    expect(readFileSync(out, 'utf8')).toContain('evaluate-tiny-v0');
  });

  it('compares folders on pictures given now', async () => {
    const { images } = pictures();
    const { exitCode, stdout } = await sortline(['compare', tinyFolder(), tinyFolder(), '--images', images], { cwd: scratch() });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('B against A: accuracy +0.000');
    expect(stdout).toContain('paired: only B right on 0, only A on 0; McNemar p = 1.0');
  });

  it('says when there is nothing to report or to compare with', async () => {
    const folder = scratch();
    const [report, compare] = await Promise.all([sortlineHere(['report', '--out', 'x.html'], { cwd: folder }), sortlineHere(['compare', 'a', 'b'], { cwd: folder })]);
    expect(report).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('STORE_NOT_FOUND') });
    expect(compare).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('STORE_NOT_FOUND') });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(!existsSync(TRASHNET))('the shipped model (needs ../shared/trashnet)', () => {
  it('is what is judged where no champion was promoted', async () => {
    const folder = scratch(), list = join(folder, 'list.txt');
    // Every thirty-second photograph of the validation list: 11, of which the model card's 0.951 leaves none or one wrong.
    writeFileSync(list, readFileSync(join(TRASHNET, 'val.txt'), 'utf8').split('\n').filter((_, index) => index % 32 === 0).join('\n'));
    const { stdout } = await sortlineHere(['evaluate', '--images', TRASHNET, '--list', list, '--json'], { cwd: folder });
    const figures = JSON.parse(stdout) as Figures;
    expect(figures.n).toBe(11);
    expect(figures.accuracy).toBeGreaterThanOrEqual(0.8);
  });
});
