// `sortline models` on a store of hand-made models.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readChampion } from '../../src/classify/champion-pointer.ts';
import { tinyFolder } from '../classify/tiny-model.ts';
import { addModel, judge } from '../learning/registry/judged-models.ts';
import { storeRig } from '../learning/store/store-rig.ts';
import type { StoreRig } from '../learning/store/store-rig.ts';
import type { Ran } from './command-line.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

const BACKBONE = new URL('../../../shared/backbones/resnet18-imagenet.onnx', import.meta.url).pathname;

// Several processes a test, on a machine that has other things to do as well.
vi.setConfig({ testTimeout: 60_000 });

let rig: StoreRig;
beforeEach(() => {
  rig = storeRig();
});
afterEach(() => rig[Symbol.dispose]());

function models(...argv: string[]): Promise<Ran> {
  return sortlineHere(['models', ...argv, '--store', rig.store.folder], { cwd: rig.folder });
}

describe('import', () => {
  it('takes a model folder in, with what was written about it, and runs it once', async () => {
    const folder = join(rig.folder, 'My model-v3');
    mkdirSync(folder);
    for (const name of ['model.onnx', 'manifest.json']) copyFileSync(join(tinyFolder(), name), join(folder, name));
    writeFileSync(join(folder, 'README.md'), 'card');
    writeFileSync(join(folder, '.DS_Store'), 'x');
    expect(await sortline(['models', 'import', folder, '--store', rig.store.folder])).toEqual({ exitCode: 0, stdout: `${folder} is My-model:v0\n`, stderr: '' });
    const artifact = rig.store.artifact('My-model');
    expect(rig.store.filesOf(artifact).map(({ path }) => path)).toEqual(['README.md', 'manifest.json', 'model.onnx']);
    expect(artifact.metadata).toMatchObject({ kind: 'classifier', trainedOn: 'nothing' });
    expect(rig.store.makersOf(artifact)).toMatchObject([{ kind: 'import', state: 'finished', config: { from: folder } }]);
    expect((await models('import', folder, '--name', 'other')).stdout).toContain('other:v0');
  });

  it('refuses what the line could not run, and stores nothing of it', async () => {
    for (const [folder, code] of [[tinyFolder({ bytes: new Uint8Array([1, 2, 3]) }), 'MODEL_HASH_MISMATCH'], [tinyFolder({ manifest: { output: { name: 'other' } } }), 'MODEL_MISMATCH'], [join(rig.folder, 'none'), 'MODEL_UNREADABLE']] as const) {
      expect(await models('import', folder), code).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining(`error ${code}: `) });
    }
    expect([rig.store.artifacts(), rig.store.runs()]).toEqual([[], []]);
  });

  it.skipIf(!existsSync(BACKBONE))('takes a backbone in, under a name that no classifier has', async () => {
    expect((await models('import', BACKBONE)).stdout).toBe(`${BACKBONE} is resnet18-imagenet:v0, a resnet18 to train from\n`);
    expect(rig.store.filesOf(rig.store.artifact('resnet18-imagenet')).map(({ path }) => path)).toEqual(['backbone.onnx']);
    await addModel(rig.store, 'net', 'x');
    expect(await models('import', BACKBONE, '--name', 'net')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('net is the name of models that classify, and this is a backbone: give it another with --name') });
  });
});

describe('promote, retire and back', () => {
  it('with evidence, against it, and back to the one before', async () => {
    const [first, second] = [await addModel(rig.store, 'net', '1'), await addModel(rig.store, 'net', '2')];
    judge(rig.store, first, { list: 'val', n: 200, right: 180 });
    judge(rig.store, second, { list: 'val', n: 200, right: 190 });
    expect((await models('promote', 'net:v0')).stdout).toBe('90.0 % of 200 pictures (85.1 to 93.4)\nnet:v0 is champion\n');
    expect((await models('promote', 'net')).stdout).toMatch(/^95\.0 % of 200 pictures \(.*\), the champion net:v0 90\.0 % of the same; difference \+5\.0 points \(.*\)\nnet:v1 is champion; net:v0 is the one to fall back to\n$/);
    expect(await models('promote', 'net:v0')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error MODEL_PROMOTION_REFUSED: net:v0 is worse than the champion') });
    expect((await models('promote', 'previous', '--reason', 'glass', '--by', 'ada')).stdout).toBe('net:v0 is champion; net:v1 is the one to fall back to\n');
    expect(readChampion(rig.store.folder)).toMatchObject({ reference: 'net:v0', previousFolder: join(rig.store.folder, 'champion/net-v1') });
    expect((await models('retire', 'net:v1', '--reason', 'glass')).stdout).toBe('net:v1 is retired\n');
    const { stdout } = await models('show', 'net:v0');
    expect(stdout).toMatch(/state: champion\n[^]*accuracy: 90\.0 % of 200 pictures \(run .*\)\n[^]*promoted .* by .+@.+; 90\.0 % of 200 pictures \(85\.1 to 93\.4\)\n {2}promoted .* by ada: glass\n$/);
    expect((JSON.parse((await models('list', '--json')).stdout) as { version: number; state: string; judged: { n: number } }[]).map(({ version, state, judged }) => [version, state, judged.n])).toEqual([[0, 'champion', 200], [1, 'retired', 200]]);
  });

  it('list says where the line is pointed elsewhere; a word that names nothing', async () => {
    const model = await addModel(rig.store, 'net', '1');
    judge(rig.store, model, { list: 'val', n: 10, right: 9 });
    await models('promote', 'net');
    writeFileSync(join(rig.store.folder, 'champion.json'), '{');
    expect((await models('list')).stderr).toMatch(/^warning MODEL_CHAMPION_INVALID: .*champion\.json is not JSON/);
    await models('promote', 'net');
    expect((await models('list')).stderr).toBe('');
    expect(await models('promote', 'previous', '--reason', 'x')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('there was no champion before the present one') });
    expect(await models('show', 'nett')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('there is no artifact nett: there are net') });
  });
});
