// Trials as trainings: each is a run of its own in the learning store, with the sweep's pictures, backbone and recipe and the trial's
// hyperparameters. What a trial's parameters are to blame for is told apart from what no other parameters would mend.
import { join } from 'node:path';
import { z } from 'zod';
import type { SortlineErrorCode } from '../../base/errors.ts';
import { isSortlineError, SortlineError } from '../../base/errors.ts';
import { CheckpointFolder } from '../train/checkpoint-folder.ts';
import { hyperparameters, recipe } from '../train/hyperparameters.ts';
import type { TrainDeps, TrainObserver } from '../train/train-model.ts';
import { trainModel } from '../train/train-model.ts';
import type { TrainRequest } from '../train/training-sources.ts';
import type { Parameters } from './sweep-config.ts';
import type { SweepTask } from './sweep-store.ts';
import type { TrialResult, TrialRun, TrialRunner } from './trial-runner.ts';

/** What all trials of a sweep train on, as the store keeps it. Paths are absolute. */
export const trainingTask = z.strictObject({
  /** Of the runs and of the models' artifact. */
  name: z.string(),
  source: z.string(),
  lists: z.strictObject({ train: z.string().optional(), val: z.string(), test: z.string().optional() }).optional(),
  backbone: z.string().optional(),
  weightsAs: z.enum(['float16', 'float32']),
  /** Hyperparameters that no trial changes. */
  recipe,
});
export type TrainingTask = z.output<typeof trainingTask>;

export interface TrainingRunnerDeps extends Omit<TrainDeps, 'signal' | 'observer' | 'sweepId' | 'isResumable'> {
  /** Watches one trial. */
  readonly observe: () => TrainObserver;
}

/** The runner throws SWEEP_REFUSED for a sweep whose task is none of a training, and what training throws. */
export function createTrainingRunner(deps: TrainingRunnerDeps): TrialRunner {
  return { run: (trial) => runTrial(trial, deps) };
}

async function runTrial(trial: TrialRun, deps: TrainingRunnerDeps): Promise<TrialResult> {
  const request = requestOf(trial.task, trial.parameters, trial.sweepId);
  if ('reason' in request) return { state: 'failed', reason: request.reason };
  // A trial that lost its agent is begun anew, by whoever took it over: what that agent kept to go on with is of no use.
  for (const id of trial.formerRunIds) new CheckpointFolder(join(deps.store.folder, 'checkpoints', id)).remove();
  const observer = deps.observe();
  try {
    const { kind } = await trainModel(request, {
      ...deps, signal: trial.signal, sweepId: trial.sweepId, isResumable: false,
      observer: {
        ...observer, onMetrics: trial.onMetrics,
        onRun: (runId) => {
          trial.onRun(runId);
          observer.onRun(runId);
        },
      },
    });
    return { state: kind === 'trained' ? 'finished' : 'ended' };
  } catch (error) {
    if (!isSortlineError(error) || !isParametersFault(error.code, trial.parameters)) throw error;
    return { state: 'failed', reason: error.message };
  }
}

/** What to train; the reason where these parameters make no training. */
function requestOf(given: SweepTask, parameters: Parameters, sweepId: string): TrainRequest | { readonly reason: string } {
  const task = trainingTask.safeParse(given);
  if (!task.success) throw new SortlineError('SWEEP_REFUSED', `sweep ${sweepId} was begun by another version of Sortline, which trained from other inputs: begin a new one`, { context: { sweep: sweepId }, cause: task.error });
  const all = hyperparameters.safeParse({ ...task.data.recipe, ...parameters });
  if (!all.success) return { reason: all.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
  const { name, source, lists, backbone, weightsAs } = task.data;
  return { name, source, lists, backbone, weightsAs, hyperparameters: all.data };
}

/** Failures that other hyperparameters may mend, each with those to blame; without any it is whichever were searched. */
const BLAME: Partial<Record<SortlineErrorCode, readonly string[]>> = {
  TRAIN_DIVERGED: [],
  DATA_SPLIT_INVALID: ['train_ratio', 'val_ratio', 'test_ratio'],
  TRAIN_STEP_FAILED: ['architecture', 'batch_size', 'mode', 'trainable'],
};

function isParametersFault(code: SortlineErrorCode, parameters: Parameters): boolean {
  const blamed = BLAME[code];
  return blamed !== undefined && (blamed.length === 0 || blamed.some((name) => name in parameters));
}
