// What a trial's parameters are to blame for, and what not. Whole trainings are in test/cli/sweep-command.test.ts.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { TrainingTask } from '../../../src/learning/sweep/training-runner.ts';
import { createTrainingRunner } from '../../../src/learning/sweep/training-runner.ts';
import type { Parameters } from '../../../src/learning/sweep/sweep-config.ts';
import type { TrialResult } from '../../../src/learning/sweep/trial-runner.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { storeRig } from '../store/store-rig.ts';
import { writeTinyInputs } from './tiny-backbone.ts';

const nothing = (): void => undefined;

function run(rig: StoreRig, task: object, parameters: Parameters, formerRunIds: readonly string[] = []): Promise<TrialResult> {
  const observer = { onRun: nothing, onNote: nothing, onPreparing: nothing, onStep: nothing, onEpoch: nothing, onMetrics: nothing };
  const runner = createTrainingRunner({ store: rig.store, clock: rig.clock, log: silentLogger, machine: { threads: 1, provider: 'cpu' }, observe: () => observer });
  return runner.run({ sweepId: 'sweep-1', number: 0, parameters, formerRunIds, task: task as TrainingTask, signal: AbortSignal.abort(), onRun: nothing, onMetrics: nothing });
}

function taskOf(rig: StoreRig): TrainingTask {
  const { backbone, pictures } = writeTinyInputs(rig.folder, 3);
  return { name: 'tiny', source: pictures, backbone, weightsAs: 'float16', recipe: { architecture: 'resnet18', copies: 1, epoch_qty: 1 } };
}

describe('a trial', () => {
  test('that is to end at once ends, as a run of its sweep', async () => {
    using rig = storeRig();
    expect(await run(rig, taskOf(rig), { learn_rate: 0.01 })).toEqual({ state: 'ended' });
    expect(rig.store.runs({ sweepId: 'sweep-1' })).toMatchObject([{ state: 'stopped', config: { learn_rate: 0.01, copies: 1 } }]);
  });

  test('fails by parameters that make no training', async () => {
    using rig = storeRig();
    expect(await run(rig, taskOf(rig), { batch_size: 0 })).toEqual({ state: 'failed', reason: expect.stringMatching(/^batch_size: /) as string });
    expect(await run(rig, taskOf(rig), { train_ratio: 0.9 })).toEqual({ state: 'failed', reason: expect.stringContaining('1.3') as string });
  });

  test('does not fail by what no parameters would mend', async () => {
    using rig = storeRig();
    const task = taskOf(rig);
    await expect(run(rig, { ...task, source: join(rig.folder, 'gone') }, { learn_rate: 0.01 })).rejects.toMatchObject({ code: 'DATA_UNREADABLE' });
    await expect(run(rig, { ...task, recipe: { ...task.recipe, train_ratio: 0.9 } }, { learn_rate: 0.01 })).rejects.toMatchObject({ code: 'DATA_SPLIT_INVALID' });
    await expect(run(rig, { pictures: 'of another version' }, {})).rejects.toMatchObject({ code: 'SWEEP_REFUSED' });
  });

  test('that is taken over leaves nothing of the attempt before', async () => {
    using rig = storeRig();
    const left = join(rig.store.folder, 'checkpoints', 'dead-run');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'checkpoint.bin'), 'x');
    await run(rig, taskOf(rig), { learn_rate: 0.01 }, ['dead-run']);
    expect(existsSync(left)).toBe(false);
  });
});
