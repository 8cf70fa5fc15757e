import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { CheckpointFolder } from '../../../src/learning/train/checkpoint-folder.ts';
import type { Hyperparameters } from '../../../src/learning/train/hyperparameters.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';
import type { EpochReport, LoopEnd, StepReport } from '../../../src/learning/train/train-loop.ts';
import { trainLoop } from '../../../src/learning/train/train-loop.ts';
import type { ScriptedOptions } from './scripted-learner.ts';
import { ScriptedLearner, scriptedPictures } from './scripted-learner.ts';

const root = mkdtempSync(join(tmpdir(), 'sortline-loop-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

interface Ran {
  readonly end: LoopEnd;
  readonly learner: ScriptedLearner;
  readonly steps: StepReport[];
  readonly epochs: EpochReport[];
}

const newFolder = (): CheckpointFolder => new CheckpointFolder(join(root, String(folders++)));

interface RunOptions {
  readonly checkpoints?: CheckpointFolder;
  readonly learner?: ScriptedOptions;
  readonly parameters?: Partial<Hyperparameters>;
  readonly stopAfterStep?: number;
  readonly identity?: string;
}

/** 10 samples in batches of 3: three steps a pass. */
async function run({ checkpoints = newFolder(), learner: scripted, parameters, stopAfterStep, identity = 'a' }: RunOptions = {}): Promise<Ran> {
  const stop = new AbortController();
  const learner = new ScriptedLearner(scripted);
  const steps: StepReport[] = [], epochs: EpochReport[] = [];
  const end = await trainLoop({
    learner, pictures: scriptedPictures, hyperparameters: hyperparameters.parse({ epoch_qty: 4, batch_size: 3, ...parameters }), checkpoints, identity, signal: stop.signal,
    clock: new ManualClock(),
    onStep: (report) => {
      steps.push(report);
      if (report.step === stopAfterStep) stop.abort();
    },
    onEpoch: (report) => epochs.push(report),
  });
  return { end, learner, steps, epochs };
}

describe('the training loop', () => {
  test('takes every step once and judges after each pass', async () => {
    const { end, steps, epochs } = await run();
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 3], [2, 6], [3, 9], [4, 12]]);
    expect(epochs[1]!.loss).toBeCloseTo((1 / 4 + 1 / 5 + 1 / 6) / 3, 12);
    expect(epochs[0]!.validation.accuracy).toBe(0.5);
    expect(end.isComplete).toBe(true);
  });

  test('stopped after any step and taken up again, comes to the same numbers as in one go', async () => {
    const straight = await run();
    await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 11 }), { maxLength: 4 }), async (stops) => {
      const checkpoints = newFolder();
      const parts: Ran[] = [];
      for (const stopAfterStep of stops.sort((a, b) => a - b)) parts.push(await run({ checkpoints, stopAfterStep }));
      parts.push(await run({ checkpoints }));
      expect(parts.at(-1)!.learner.state()).toEqual(straight.learner.state());
      expect(parts.at(-1)!.end).toEqual(straight.end);
      expect(parts.flatMap(({ steps }) => steps.map(({ step, loss }) => [step, loss]))).toEqual(straight.steps.map(({ step, loss }) => [step, loss]));
      expect(parts.flatMap(({ epochs }) => epochs.map(({ epoch, loss, learnRate }) => [epoch, loss, learnRate]))).toEqual(straight.epochs.map(({ epoch, loss, learnRate }) => [epoch, loss, learnRate]));
    }), { numRuns: 15 });
  });

  test('a crash loses the pass it happened in, and nothing of the numbers', async () => {
    const straight = await run();
    const checkpoints = newFolder();
    await expect(run({ checkpoints, learner: { afterStep: (step) => { if (step === 8) throw new RangeError('power cut'); } } })).rejects.toThrow('power cut');
    const rest = await run({ checkpoints });
    expect(rest.steps[0]!.step).toBe(7);
    expect(rest.learner.state()).toEqual(straight.learner.state());
  });

  test('keeps the best weights by accuracy, then by likelihood, and no others', async () => {
    const checkpoints = newFolder();
    // Right answers after each pass: 1, 3, 3, 2; surer in the third than in the second.
    const { end, epochs } = await run({ checkpoints, learner: { rightOf: (steps) => [1, 3, 3, 2][steps / 3 - 1]!, sureness: (steps) => (steps === 9 ? 2.7 : 1) } });
    expect(epochs.map(({ isBest }) => isBest)).toEqual([true, true, true, false]);
    expect(end.best).toMatchObject({ epoch: 3, accuracy: 0.75 });
    expect(readFileSync(join(checkpoints.path, 'best-3.onnx'), 'utf8')).toBe('9');
    expect(readdirSync(checkpoints.path).toSorted()).toEqual(['best-3.onnx', 'checkpoint.bin']);
  });

  test('ends with the reason where the loss is no number, and keeps the last good checkpoint', async () => {
    const checkpoints = newFolder();
    await expect(run({ checkpoints, learner: { lossOf: (step) => (step === 5 ? NaN : 1) }, parameters: { learn_rate: 0.5 } })).rejects.toMatchObject({
      code: 'TRAIN_DIVERGED', message: expect.stringMatching(/step 5.*NaN.*learn_rate \(now 0.5\)/) as string, context: expect.objectContaining({ step: 5 }) as object,
    });
    expect(checkpoints.read()!.position).toMatchObject({ epoch: 1, stepsInEpoch: 0 });
  });

  test('refuses a checkpoint of other settings', async () => {
    const checkpoints = newFolder();
    await run({ checkpoints, stopAfterStep: 4 });
    await expect(run({ checkpoints, identity: 'b' })).rejects.toMatchObject({ code: 'TRAIN_CHECKPOINT_INVALID' });
  });

  test('says when it cannot write, and leaves the earlier checkpoint whole', async () => {
    const checkpoints = newFolder();
    await run({ checkpoints, stopAfterStep: 4 });
    const before = checkpoints.read();
    const blocked = new CheckpointFolder(join(checkpoints.path, 'checkpoint.bin', 'inside'));
    await expect(run({ checkpoints: blocked })).rejects.toMatchObject({ code: 'TRAIN_WRITE_FAILED' });
    expect(checkpoints.read()).toEqual(before);
  });

  test('on a full disk keeps the earlier checkpoint, and goes on when there is room', async (context) => {
    const mountPoint = mkdtempSync(join(root, 'disk-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mountPoint]).status !== 0) return context.skip('needs the right to mount a file system');
    try {
      const checkpoints = new CheckpointFolder(join(mountPoint, 'run'));
      await run({ checkpoints, stopAfterStep: 4 });
      const filler = join(mountPoint, 'filler');
      expect(() => writeFileSync(filler, Buffer.alloc(100_000))).toThrow('ENOSPC');
      await expect(run({ checkpoints })).rejects.toMatchObject({ code: 'TRAIN_WRITE_FAILED', message: expect.stringContaining('the disk is full') as string });
      expect(checkpoints.read()!.position).toMatchObject({ epoch: 1, stepsInEpoch: 1 });
      rmSync(filler);
      expect((await run({ checkpoints })).learner.state()).toEqual((await run()).learner.state());
    } finally {
      spawnSync('umount', [mountPoint]);
    }
  });
});

describe('a checkpoint', () => {
  test('is refused wherever it is cut off or one byte of it differs', async () => {
    const checkpoints = newFolder();
    await run({ checkpoints, stopAfterStep: 4 });
    const path = join(checkpoints.path, 'checkpoint.bin');
    const whole = readFileSync(path);
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, isCut) => {
      const damaged = Buffer.from(isCut ? whole.subarray(0, at) : whole);
      if (!isCut) damaged[at]! ^= change;
      writeFileSync(path, damaged);
      expect(() => checkpoints.read()).toThrow(expect.objectContaining({ code: 'TRAIN_CHECKPOINT_INVALID' }) as Error);
    }));
    writeFileSync(path, whole);
    expect(checkpoints.read()!.position.stepsInEpoch).toBe(1);
  });

  test('leaves no temporary file behind', async () => {
    const checkpoints = newFolder();
    await run({ checkpoints });
    expect(existsSync(checkpoints.path)).toBe(true);
    expect(readdirSync(checkpoints.path).filter((name) => name.endsWith('.part'))).toEqual([]);
    checkpoints.remove();
    expect(existsSync(checkpoints.path)).toBe(false);
  });
});
