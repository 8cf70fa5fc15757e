// `sortline train` as a person runs it: real trainings of a tiny network on tiny pictures, those that are interrupted or made again
// in processes of their own.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hyperparameters } from '../../src/learning/train/hyperparameters.ts';
import { writeTinyInputs } from '../learning/sweep/tiny-backbone.ts';
import type { StoreRig } from '../learning/store/store-rig.ts';
import { storeRig } from '../learning/store/store-rig.ts';
import type { Ran } from './command-line.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

// Each training is several processes, on a machine that has other things to do as well.
vi.setConfig({ testTimeout: 120_000 });

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

let rig: StoreRig;
let data: string[];
beforeAll(() => {
  rig = storeRig();
  const { backbone, pictures } = writeTinyInputs(rig.folder, 6);
  data = ['--data', pictures, '--backbone', backbone];
});
afterAll(() => rig[Symbol.dispose]());

const line = (...argv: string[]): string[] => ['train', '--store', rig.store.folder, ...argv];
const train = (...argv: string[]): Promise<Ran> => sortlineHere(line(...argv), { cwd: rig.folder });
const trainElsewhere = (...argv: string[]): Promise<Ran> => sortline(line(...argv), { cwd: rig.folder });
const sha256Of = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const HEAD = ['--mode', 'head', '--epoch-qty', '3', '--batch-size', '8', '--copies', '2'];
const FINE = ['--mode', 'fine-tune', '--epoch-qty', '3', '--batch-size', '4'];

interface Trained {
  readonly state: string;
  readonly run: string;
  readonly model: string;
  readonly n: number;
  readonly accuracy: number;
}

describe('sortline train', () => {
  test('makes a model the line can run, and the same one from the same seed and the same settings in a recipe', async () => {
    const first = await trainElsewhere(...data, ...HEAD, '--no-transform-horz', '--learn-rate', '0.01', '--out', 'first', '--name', 'tiny', '--json');
    expect(first.stderr).toMatch(/pass {2}3 {2}loss/);
    expect(first.exitCode).toBe(0);
    const trained = JSON.parse(first.stdout) as Trained;
    expect(trained).toMatchObject({ state: 'trained', model: 'tiny:v0' });
    // Defaults, then the recipe, then the flags.
    writeFileSync(join(rig.folder, 'recipe.yaml'), 'mode: head\nepoch_qty: 2\nbatch_size: 8\nlearn_rate: 0.01\ncopies: 2\n');
    const again = JSON.parse((await train(...data, '--recipe', 'recipe.yaml', '--epoch-qty', '3', '--no-transform-horz', '--out', 'again', '--name', 'tiny', '--threads', '2', '--json')).stdout) as Trained;
    expect(rig.store.run(again.run).config).toMatchObject({ epoch_qty: 3, learn_rate: 0.01, copies: 2, transform_horz: false, label_smoothing: 0.05 });
    await train(...data, '--recipe', 'recipe.yaml', '--epoch-qty', '3', '--no-transform-horz', '--out', 'other', '--name', 'tiny', '--seed', '2');
    const sha256 = (folder: string): string => sha256Of(join(rig.folder, folder, 'model.onnx'));
    expect(sha256('again')).toBe(sha256('first'));
    expect(sha256('other')).not.toBe(sha256('first'));

    const manifest = JSON.parse(readFileSync(join(rig.folder, 'first', 'manifest.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ sha256: sha256('first'), weights: 'float16', training: { runId: trained.run, architecture: 'resnet18', seed: 1 }, purity: { target: 0.98 } });
    const classified = await sortlineHere(['classify', '--model', join(rig.folder, 'first'), join(data[1]!, 'glass', '0.jpg'), '--json']);
    expect(classified).toMatchObject({ exitCode: 0, stderr: '' });

    const [run] = rig.store.runs({ kind: 'train' }).filter(({ id }) => id === trained.run);
    expect(run).toMatchObject({ state: 'finished', config: { mode: 'head', copies: 2 }, summary: { n: trained.n, accuracy: trained.accuracy } });
    expect(rig.store.metric(trained.run, 'val/accuracy').map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(rig.store.outputsOf(trained.run)).toMatchObject([{ type: 'model', name: 'tiny', version: 0 }]);
    expect(existsSync(join(rig.store.folder, 'checkpoints', trained.run))).toBe(false);
  });

  test('reads the parts of a stored data set and a stored backbone, draws others, and says so in the lineage', async () => {
    const named = async (...argv: string[]): Promise<void> => expect((await sortlineHere([...argv, '--store', rig.store.folder])).exitCode).toBe(0);
    await named('dataset', 'import', data[1]!, '--name', 'yard');
    await named('dataset', 'split', 'yard');
    await named('models', 'import', data[3]!, '--name', 'tiny-net');
    // With this seed all materials pass soon, on the belt to learn from and on the one to be watched on.
    const { stdout, stderr } = await train('--data', 'yard-train', ...HEAD, '--renderings', '1', '--seed', '71', '--json');
    expect(stderr).not.toContain('error');
    expect(stderr).toContain('and 6 drawings');
    const { run } = JSON.parse(stdout) as Trained;
    expect(rig.store.metric(run, 'val/renderings_accuracy')).toHaveLength(3);
    const inputs = rig.store.inputsOf(run).map(({ type, name }) => `${type} ${name}`);
    expect(inputs).toEqual(expect.arrayContaining(['split_data yard-train', 'split_data yard-val', 'model tiny-net', 'raw_data virtual-belt-train', 'raw_data virtual-belt-val']));
    expect(JSON.parse(stdout)).toMatchObject({ model: 'yard-resnet18:v0' });
    // Told before anything is trained, not after an hour.
    expect(await train('--data', 'yard-train', ...HEAD, '--name', 'yard')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error USAGE: 'yard' is the name of a data set/) as string });
  });

  test('interrupted in the middle of a pass and resumed, makes the very same weights', async () => {
    const straight = await train(...data, ...FINE, '--out', 'straight');
    expect(straight.exitCode).toBe(0);
    const child = spawn(process.execPath, [MAIN, 'train', '--store', rig.store.folder, ...data, ...FINE, '--json'], { cwd: rig.folder });
    let stdout = '', stderr = '';
    child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => {
      // Six steps a pass: the second pass has begun when the first is told of.
      if (!stderr.includes('pass  1') && (stderr += chunk.toString()).includes('pass  1')) child.kill('SIGINT');
    });
    const [exitCode] = await once(child, 'close') as [number];
    expect(exitCode).toBe(1);
    const { state, run } = JSON.parse(stdout) as Trained;
    expect(state).toBe('stopped');
    expect(rig.store.run(run).state).toBe('stopped');
    expect(readdirSync(join(rig.store.folder, 'checkpoints', run)).toSorted()).toEqual(['best-1.onnx', 'checkpoint.bin']);
    const resumed = await train('--resume', run, '--out', 'resumed');
    expect(resumed.exitCode).toBe(0);
    expect(resumed.stderr).not.toContain('pass  1');
    expect(sha256Of(join(rig.folder, 'resumed', 'model.onnx'))).toBe(sha256Of(join(rig.folder, 'straight', 'model.onnx')));
    expect(await train('--resume', run)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('STORE_REFUSED') as string });
  });

  test('learns from a better model, and trains on from one', async () => {
    const recipe = ['--recipe', 'recipe.yaml', '--epoch-qty', '3', '--no-transform-horz'];
    const taught = await train(...data, ...recipe, '--name', 'taught', '--teacher', 'straight', '--out', 'taught', '--json');
    expect(taught.exitCode).toBe(0);
    expect(readFileSync(join(rig.folder, 'taught', 'manifest.json'), 'utf8')).toContain('taught by straight');
    // Otherwise as `first`, untaught.
    expect(sha256Of(join(rig.folder, 'taught', 'model.onnx'))).not.toBe(sha256Of(join(rig.folder, 'first', 'model.onnx')));
    // Next to nothing is learned, so that what comes out is what went in.
    const { accuracy } = JSON.parse((await train('--data', data[1]!, '--backbone', 'straight', ...FINE, '--epoch-qty', '1', '--learn-rate', '1e-8', '--json')).stdout) as Trained;
    const { metrics } = JSON.parse(readFileSync(join(rig.folder, 'straight', 'manifest.json'), 'utf8')) as { metrics: { validationAccuracy: number } };
    expect(accuracy).toBe(metrics.validationAccuracy);
    const { stderr } = await train(...data, ...HEAD, '--name', 'z', '--teacher', 'nowhere');
    expect(stderr).toMatch(/error STORE_NOT_FOUND/);
  });

  test('ends with the reason where training diverges', async () => {
    const { exitCode, stderr } = await train(...data, ...FINE, '--optimiser', 'sgd', '--learn-rate', '10', '--clip-norm', '0', '--warmup-epochs', '0', '--no-relative-steps', '--no-linear-start');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error TRAIN_DIVERGED: training diverged in step \d+: .*lower learn_rate/);
  });

  test('names the picture that cannot be read, before anything is trained', async () => {
    const broken = join(data[1]!, 'paper', '9.jpg');
    writeFileSync(broken, Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xd9), Buffer.alloc(64)]));
    writeFileSync(join(rig.folder, 'some.txt'), 'paper/9.jpg\nglass/1.jpg\n');
    writeFileSync(join(rig.folder, 'others.txt'), 'glass/2.jpg\n');
    const { exitCode, stderr } = await train(...data, ...HEAD, '--train-list', 'some.txt', '--val-list', 'others.txt');
    rmSync(broken);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(broken)]);
    expect(stderr).toContain('IMAGE_UNREADABLE');
  });
});

describe('its settings', () => {
  test('are all in the help, with an example', async () => {
    const { stdout, exitCode } = await train('--help');
    expect(exitCode).toBe(0);
    for (const name of Object.keys(hyperparameters.shape)) expect(stdout).toContain(`--${name.replaceAll('_', '-')}`);
    expect(stdout).toContain('$ sortline train --data');
  });

  test.each([
    ['a misspelt key of a recipe', 'learn_rte: 0.1\n', /recipe\.yaml:1:1 CONFIG_UNKNOWN_KEY learn_rte.*did you mean `learn_rate`/],
    ['a value out of range', 'batch_size: 0\n', /recipe\.yaml:1:13 CONFIG_NOT_ALLOWED batch_size.*from 1 to 512/],
    ['shares that do not add up', 'train_ratio: 0.9\n', /DATA_SPLIT_INVALID.*1\.3/],
  ])('refuse %s', async (_, text, problem) => {
    writeFileSync(join(rig.folder, 'recipe.yaml'), text);
    const { exitCode, stderr } = await train(...data, '--recipe', 'recipe.yaml');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(problem);
  });

  test.each([
    ['no data', [], /USAGE: what to train on is missing/],
    ['a misspelt flag', ['--lern-rate', '1'], /USAGE: unknown option.*\n?.*--learn-rate/],
    ['a bad value', ['--learn-rate', 'fast'], /USAGE: .*Found 'fast'; allowed is a number from/],
    ['a list without its partner', ['--data', '.', '--train-list', 'x'], /USAGE: lists were given/],
    ['no backbone', ['--data', '.', '--store', 'empty'], /USAGE: training starts from a pretrained backbone/],
  ])('are wrong usage with %s', async (_, argv, problem) => {
    const { exitCode, stderr } = await train(...argv);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(problem)]);
  });
});
