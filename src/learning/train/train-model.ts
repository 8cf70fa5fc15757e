// A training from data to a model in the store: opens what it needs, records what it does, and builds the model from the best
// weights. It can be stopped at any step and taken up again by its run's id.
//
//   data, backbone ─▶ (renderings) ─▶ learner ─▶ loop ─▶ build model ─▶ artifact, with what it was made from
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Artifact, LearningStore, RunRecorder } from '../store/learning-store.ts';
import type { BuiltModel } from './build-model.ts';
import { CheckpointFolder } from './checkpoint-folder.ts';
import { drawnPictures } from './drawn-pictures.ts';
import { epochMetrics } from './epoch-metrics.ts';
import type { TrainingPictures } from './learner.ts';
import type { Machine } from './open-learner.ts';
import { openLearner } from './open-learner.ts';
import { publishModel } from './publish-model.ts';
import type { EpochReport, LoopEnd, StepReport } from './train-loop.ts';
import { trainLoop } from './train-loop.ts';
import type { TrainingData } from './training-data.ts';
import type { TrainRequest, TrainingSources } from './training-sources.ts';
import { configOf, openSources, reopenSources } from './training-sources.ts';

/** What a training tells while it goes on. */
export interface TrainObserver {
  onRun(runId: string): void;
  /** One line for people; the run keeps it as well. */
  onNote(text: string): void;
  onPreparing(what: 'drawings' | 'features', done: number, total: number): void;
  onStep(report: StepReport): void;
  onEpoch(report: EpochReport): void;
  /** The numbers that the run records, as it does. */
  onMetrics(values: Readonly<Record<string, number>>): void;
}

export interface TrainDeps {
  readonly store: LearningStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly machine: Machine;
  /** Ends the training after the step it is in, with a checkpoint. */
  readonly signal: AbortSignal;
  readonly observer: TrainObserver;
  readonly sweepId?: string;
  /** Whether a stopped run may be taken up again; default true. */
  readonly isResumable?: boolean;
}

export type TrainOutcome =
  | { readonly kind: 'trained'; readonly runId: string; readonly artifact: Artifact; readonly built: BuiltModel; readonly bestEpoch: number }
  | { readonly kind: 'stopped'; readonly runId: string; readonly best: LoopEnd['best'] };

/** Trains anew. Throws USAGE, DATA_, IMAGE_, MODEL_, STORE_ and TRAIN_ codes; a run that has begun is recorded as failed. */
export async function trainModel(request: TrainRequest, deps: TrainDeps): Promise<TrainOutcome> {
  using sources = await openSources(request, deps.store);
  const run = deps.store.startRun({ kind: 'train', name: request.name, config: configOf(sources), ...(deps.sweepId !== undefined && { sweepId: deps.sweepId }) });
  for (const artifact of sources.artifacts) run.use(artifact);
  return await recorded(run, sources, deps);
}

/** Takes up a run that was stopped or crashed. Throws also STORE_NOT_FOUND, STORE_BUSY, STORE_REFUSED, TRAIN_CHECKPOINT_INVALID. */
export async function resumeTraining(reference: string, deps: TrainDeps): Promise<TrainOutcome> {
  const run = deps.store.run(reference);
  using sources = await reopenSources(run, deps.store);
  return await recorded(deps.store.resumeRun(run.id), sources, deps);
}

/** Does `run` and records how it ends, whichever way. */
async function recorded(run: RunRecorder, sources: TrainingSources, deps: TrainDeps): Promise<TrainOutcome> {
  deps.observer.onRun(run.id);
  const note = (text: string): void => {
    run.say(text);
    deps.observer.onNote(text);
  };
  try {
    const outcome = await train(run, sources, { ...deps, observer: { ...deps.observer, onNote: note } });
    run.end(outcome.kind === 'trained' ? 'finished' : 'stopped');
    return outcome;
  } catch (error) {
    run.end('failed', reasonOf(error));
    throw error;
  }
}

async function train(run: RunRecorder, sources: TrainingSources, deps: TrainDeps): Promise<TrainOutcome> {
  const { request: { hyperparameters }, data, backbone: { backbone, head } } = sources;
  const { observer, signal } = deps;
  for (const text of data.notes) observer.onNote(text);
  const checkpoints = new CheckpointFolder(join(deps.store.folder, 'checkpoints', run.id));
  const stopped = (best: LoopEnd['best']): TrainOutcome => {
    if (deps.isResumable === false) checkpoints.remove();
    return { kind: 'stopped', runId: run.id, best };
  };
  const drawn = await drawnPictures(run, hyperparameters, { ...deps, onProgress: (done, total) => observer.onPreparing('drawings', done, total) });
  if (drawn === undefined) return stopped(null);
  const pictures: TrainingPictures = { train: [...data.train, ...drawn.train], val: data.val, renderings: drawn.renderings };
  observer.onNote(picturesText(pictures, data));
  const learner = await openLearner({
    pictures, hyperparameters, backbone, head, machine: deps.machine, signal, log: deps.log, teacher: sources.teacher?.folder,
    onNote: observer.onNote, onFeatures: (done, total) => observer.onPreparing('features', done, total),
  });
  if (learner === undefined) return stopped(null);
  const end = await trainLoop({
    learner, pictures, hyperparameters, checkpoints, identity: `${sources.digest} ${drawn.digest}`, signal, clock: deps.clock, onStep: observer.onStep,
    onEpoch: (report) => {
      const values = epochMetrics(report);
      run.log({ step: report.step, epoch: report.epoch }, values);
      observer.onMetrics(values);
      observer.onEpoch(report);
    },
  }).finally(() => learner.close());
  if (!end.isComplete) return stopped(end.best);
  const best = end.best!;
  const published = await publishModel({
    run, sources, drawings: drawn.train.length, best, weights: checkpoints.readBest(best.epoch), store: deps.store, threads: deps.machine.threads, log: deps.log,
  });
  checkpoints.remove();
  return { kind: 'trained', runId: run.id, ...published, bestEpoch: best.epoch };
}

function picturesText({ train, val, renderings }: TrainingPictures, { train: photographs, origin }: TrainingData): string {
  const drawings = train.length - photographs.length;
  return `training on ${photographs.length} pictures${drawings > 0 ? ` and ${drawings} drawings` : ''}, selecting by ${val.length} (${origin})${renderings.length > 0 ? `, watching ${renderings.length} other drawings` : ''}`;
}
