// The commands on the learning store, each once in a process of its own, on a store with a small family of artifacts.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { smallFamily } from '../learning/lineage/small-family.ts';
import { bytes, storeRig } from '../learning/store/store-rig.ts';
import type { StoreRig } from '../learning/store/store-rig.ts';
import type { Ran } from './command-line.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

// Several processes a test, on a machine that has other things to do as well.
vi.setConfig({ testTimeout: 60_000 });

let rig: StoreRig;
beforeAll(async () => {
  rig = storeRig();
  await smallFamily(rig.store, rig.clock);
  const run = rig.store.startRun({ kind: 'train', name: 'long', config: { seed: 7, architecture: 'resnet18' } });
  for (let step = 0; step < 30; step++) {
    run.log({ step, epoch: 0 }, { loss: 1 / (step + 1), odd: Number.NaN });
    run.say(`step ${step}`);
  }
  run.summarise({ accuracy: 0.9375, n: 16 });
  run.keepFile('charts/loss.svg', bytes('<svg/>'));
  run.end('failed', 'the loss is NaN');
});
afterAll(() => rig[Symbol.dispose]());

function ask(...argv: string[]): Promise<Ran> {
  return sortlineHere([...argv, '--store', rig.store.folder], { cwd: rig.folder });
}

function askElsewhere(...argv: string[]): Promise<Ran> {
  return sortline([...argv, '--store', rig.store.folder], { cwd: rig.folder });
}

describe('artifacts', () => {
  it('list: a table, or JSON', async () => {
    const { stdout, stderr, exitCode } = await askElsewhere('artifacts', 'list');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^artifact +type +aliases +files +size +created +made by$/),
      expect.stringMatching(/^net:v0 +model +1 +1 B +\d{4}-\d\d-\d\d \d\d:\d\d +\d{8}T\d{6}-[0-9a-f]{4}$/),
      expect.stringMatching(/^net:v1 +model +latest +1 +1 B/),
    ]);
    const models = JSON.parse((await ask('artifacts', 'list', '--type', 'model', '--json')).stdout) as Record<string, unknown>[];
    expect(models.map(({ name, version, files, bytes: size }) => [name, version, files, size])).toEqual([['net', 0, 1, 1], ['net', 1, 1, 1]]);
  });

  it('show, alias, verify', async () => {
    expect((await ask('artifacts', 'alias', 'net:v0', 'field')).stdout).toBe('net:field is net:v0\n');
    const { stdout } = await ask('artifacts', 'show', 'net:field');
    expect(stdout).toMatch(/^net:v0\n {2}type: model\n {2}aliases: field\n/);
    expect(stdout).toMatch(/made by: train-1 \(/);
    expect(JSON.parse((await ask('artifacts', 'show', 'net:field', '--json')).stdout)).toMatchObject({ version: 0, files: [{ path: 'a', bytes: 1 }] });
    expect((await ask('artifacts', 'alias', 'net:v0', 'field', '--remove')).stdout).toBe('net:field is gone\n');
    expect(await ask('artifacts', 'alias', 'net:v0', 'v7')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error STORE_REFUSED: \'v7\' cannot be an alias') });
    expect(await ask('artifacts', 'show', 'nett')).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^error STORE_NOT_FOUND: there is no artifact nett: there are .*net/) });
    expect(await ask('artifacts', 'verify')).toMatchObject({ exitCode: 0, stdout: '5 artifacts checked, all files as they were stored\n' });
  });

  it('fetch: into a new folder, never over files without being told', async () => {
    expect(await ask('artifacts', 'fetch', 'trash')).toMatchObject({ exitCode: 0, stdout: `trash:v0 → ${join(rig.folder, 'trash-v0')}\n` });
    expect(readFileSync(join(rig.folder, 'trash-v0', 'a'), 'utf8')).toBe('1');
    mkdirSync(join(rig.folder, 'full'));
    writeFileSync(join(rig.folder, 'full', 'a'), 'mine');
    expect(await ask('artifacts', 'fetch', 'trash', 'full')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('full is not empty') });
    expect(readFileSync(join(rig.folder, 'full', 'a'), 'utf8')).toBe('mine');
    expect(await ask('artifacts', 'fetch', 'trash', 'full', '--force')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(rig.folder, 'full', 'a'), 'utf8')).toBe('1');
  });

  it('gc; a store that is nowhere; no subcommand', async () => {
    expect(await ask('artifacts', 'gc')).toMatchObject({ exitCode: 0, stdout: 'removed 0 files, 0 B\n' });
    const nowhere = join(rig.folder, 'nowhere');
    expect(await sortlineHere(['artifacts', 'list', '--store', nowhere])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`there is no learning store in ${nowhere} yet`) });
    expect(await sortlineHere(['runs'], { cwd: rig.folder, env: { SORTLINE_STORE: nowhere } })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(nowhere) });
    expect(existsSync(nowhere)).toBe(false);
    expect((await sortlineHere(['artifacts'])).exitCode).toBe(2);
    expect(readdirSync(rig.folder)).not.toContain('.sortline');
  });
});

describe('lineage', () => {
  it.each([['text', /^net:v0 \(model, .*\)\nmade by:\n {2}run train-1/], ['svg', /^<svg [^]*<\/svg>\n$/], ['mermaid', /^flowchart LR\n/], ['json', /^\{"nodes":\[/]])('%s', async (format, expected) => {
    const { exitCode, stdout, stderr } = await (format === 'text' ? askElsewhere : ask)('lineage', 'net:v0', '--format', format);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(expected);
  });
});

describe('runs', () => {
  it('list', async () => {
    const { stdout } = await askElsewhere('runs');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(/^\d{8}T\d{6}-[0-9a-f]{4} +long +train +failed +93\.8 % +0 s/);
    expect((JSON.parse((await ask('runs', '--json', '--kind', 'train')).stdout) as { name: string }[]).map(({ name }) => name)).toEqual(['long', 'train-2', 'train-1']);
    expect((await ask('runs', 'list', '--limit', '1')).stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(await ask('runs', 'list', '--kind', 'trian')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Allowed choices are import, split, harvest, train, evaluate') });
  });

  it('show', async () => {
    const { stdout } = await ask('runs', 'show', 'long');
    expect(stdout).toContain('  train, failed: the loss is NaN\n');
    expect(stdout).toContain('    architecture: resnet18\n');
    expect(stdout).toContain('    loss: 30 values, last 0.033333, from 0.033333 to 1\n');
    expect(stdout).toContain('    odd: 30 values, last NaN, none finite\n');
    expect(stdout).toMatch(/console, last 20 of 30 lines:\n {4}step 10\n/);
    const { metrics, console: said } = JSON.parse((await ask('runs', 'show', 'long', '--json')).stdout) as { metrics: Record<string, { value: number | null }[]>; console: unknown[] };
    expect([metrics.loss?.[1]?.value, metrics.odd?.[0]?.value, said.length]).toEqual([0.5, null, 30]);
    expect((await ask('runs', 'show', 'long', '--console')).stdout.split('\n')).toHaveLength(31);
  });

  it('files', async () => {
    expect((await ask('runs', 'files', 'long')).stdout).toBe('charts/loss.svg  6 B\n');
    expect((await ask('runs', 'files', 'long', '--to', 'kept')).stdout).toBe('kept/charts/loss.svg  6 B\n');
    expect(readFileSync(join(rig.folder, 'kept/charts/loss.svg'), 'utf8')).toBe('<svg/>');
  });
});
