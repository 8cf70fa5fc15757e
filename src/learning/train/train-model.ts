// A training from data to a model in the store: opens what it needs, records what it does, and builds the model from the best
// weights. It can be stopped at any step and taken up again by its run's id.
//
//   data, backbone ─▶ (renderings) ─▶ learner ─▶ loop ─▶ build model ─▶ artifact, with what it was made from
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { PartLists } from '../data/part-pictures.ts';
import { keepEvaluation } from '../evaluate/kept-evaluation.ts';
import { mistakePictures } from '../evaluate/mistake-pictures.ts';
import type { Artifact, LearningStore, RunRecorder } from '../store/learning-store.ts';
import type { BuiltModel } from './build-model.ts';
import { buildModel } from './build-model.ts';
import { CheckpointFolder } from './checkpoint-folder.ts';
import { epochMetrics } from './epoch-metrics.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { hyperparameters as hyperparametersSchema } from './hyperparameters.ts';
import type { JudgedPart, TrainingPictures } from './learner.ts';
import { checkModelName } from './model-name.ts';
import type { Machine } from './open-learner.ts';
import { openLearner } from './open-learner.ts';
import type { TrainingBackbone } from './training-backbone.ts';
import { trainingBackbone } from './training-backbone.ts';
import type { TrainingData } from './training-data.ts';
import { openTrainingData } from './training-data.ts';
import { drawnPictures } from './drawn-pictures.ts';
import type { EpochReport, LoopEnd, StepReport } from './train-loop.ts';
import { trainLoop } from './train-loop.ts';

/** What is trained from what: all that a run must know again to be taken up. */
export interface TrainRequest {
  /** Of the run and of the model's artifact. */
  readonly name: string;
  readonly source: string;
  readonly lists?: PartLists | undefined;
  /** File or artifact; undefined for the newest fitting one in the store. */
  readonly backbone: string | undefined;
  readonly hyperparameters: Hyperparameters;
  readonly weightsAs: 'float16' | 'float32';
}

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

interface Opened {
  readonly request: TrainRequest;
  readonly data: TrainingData;
  readonly backbone: TrainingBackbone;
}

/** Trains anew. Throws DATA_, IMAGE_, MODEL_, STORE_ and TRAIN_ codes; the run is then recorded as failed. */
export async function trainModel(request: TrainRequest, deps: TrainDeps): Promise<TrainOutcome> {
  const opened = await open(request, deps.store);
  const run = deps.store.startRun({ kind: 'train', name: request.name, config: configOf(opened), ...(deps.sweepId !== undefined && { sweepId: deps.sweepId }) });
  for (const artifact of [...opened.data.artifacts, opened.backbone.artifact]) if (artifact !== undefined) run.use(artifact);
  return recorded(run, opened, deps);
}

/** Takes up a run that was stopped or crashed. Throws also STORE_NOT_FOUND, STORE_BUSY, STORE_REFUSED, TRAIN_CHECKPOINT_INVALID. */
export async function resumeTraining(reference: string, deps: TrainDeps): Promise<TrainOutcome> {
  const { id, kind, config } = deps.store.run(reference);
  const settings = config['resume'] as { request: TrainRequest; dataDigest: string; backboneSha256: string } | undefined;
  if (kind !== 'train' || settings === undefined) throw new SortlineError('USAGE', `run ${id} is no training that could be gone on with: it is of kind ${kind}`, { context: { id, kind } });
  // Hyperparameters that this version added have their defaults, which change nothing.
  const request = { ...settings.request, hyperparameters: hyperparametersSchema.parse(settings.request.hyperparameters) };
  const opened = await open(request, deps.store);
  const changed = opened.data.digest !== settings.dataDigest ? `the pictures of ${settings.request.source}` : opened.backbone.sha256 !== settings.backboneSha256 ? `the backbone ${opened.backbone.title}` : undefined;
  if (changed !== undefined) throw new SortlineError('TRAIN_CHECKPOINT_INVALID', `${changed} changed since run ${id} began: bring back what was there, or train anew`, { context: { id } });
  return recorded(deps.store.resumeRun(id), opened, deps);
}

async function open(request: TrainRequest, store: LearningStore): Promise<Opened> {
  checkModelName(request.name, store);
  const backbone = trainingBackbone(request.backbone, request.hyperparameters.architecture, store);
  return { request, backbone, data: await openTrainingData(request, request.hyperparameters, store) };
}

/** Does `run` and records how it ends, whichever way. */
async function recorded(run: RunRecorder, opened: Opened, deps: TrainDeps): Promise<TrainOutcome> {
  deps.observer.onRun(run.id);
  const note = (text: string): void => {
    run.say(text);
    deps.observer.onNote(text);
  };
  try {
    const outcome = await train(run, opened, { ...deps, observer: { ...deps.observer, onNote: note } });
    run.end(outcome.kind === 'trained' ? 'finished' : 'stopped');
    return outcome;
  } catch (error) {
    run.end('failed', reasonOf(error));
    throw error;
  }
}

async function train(run: RunRecorder, opened: Opened, deps: TrainDeps): Promise<TrainOutcome> {
  const { request: { hyperparameters }, data, backbone } = opened;
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
  observer.onNote(picturesText(pictures, opened, drawn.train.length));
  const learner = await openLearner({
    pictures, hyperparameters, backbone: backbone.backbone, head: backbone.head, machine: deps.machine, signal,
    onNote: observer.onNote, onFeatures: (done, total) => observer.onPreparing('features', done, total),
  });
  if (learner === undefined) return stopped(null);
  const end = await trainLoop({
    learner, pictures, hyperparameters, checkpoints, identity: identityOf(opened, drawn.digest), signal, clock: deps.clock, onStep: observer.onStep,
    onEpoch: (report) => {
      const values = epochMetrics(report);
      run.log({ step: report.step, epoch: report.epoch }, values);
      observer.onMetrics(values);
      observer.onEpoch(report);
    },
  }).finally(() => learner.close());
  if (!end.isComplete) return stopped(end.best);
  return publish({ run, opened, deps, checkpoints, best: end.best!, pictures });
}

interface Publication {
  readonly run: RunRecorder;
  readonly opened: Opened;
  readonly deps: TrainDeps;
  readonly checkpoints: CheckpointFolder;
  readonly best: NonNullable<LoopEnd['best']>;
  readonly pictures: TrainingPictures;
}

/** Builds the model and stores it; the checkpoint is not needed any more. */
async function publish({ run, opened, deps, checkpoints, best, pictures }: Publication): Promise<TrainOutcome> {
  const { renderingsAccuracy } = best;
  const { request, data, backbone } = opened;
  const { hyperparameters } = request;
  const drawings = pictures.train.length - data.train.length;
  const built = await buildModel({
    weights: checkpoints.readBest(best.epoch), weightsAs: request.weightsAs, val: pictures.val, purity: hyperparameters.purity, threads: deps.machine.threads, log: deps.log,
    about: {
      trainedOn: `${data.train.length} pictures of ${request.name}${drawings > 0 ? ` and ${drawings} drawings of the virtual belt` : ''}, mode ${hyperparameters.mode}, best of ${hyperparameters.epoch_qty} passes: ${best.epoch}; selected on ${data.val.length} validation pictures`,
      dataSetDigest: data.digest, howDigested: 'SHA-256 over part, name and SHA-256 of every picture, one line each, as `sortline train` writes it',
      training: { runId: run.id, architecture: hyperparameters.architecture, seed: hyperparameters.seed, backbone: { name: backbone.title.split(/[/\\]/).at(-1)!, sha256: backbone.sha256 }, hyperparameters },
    },
    metrics: renderingsAccuracy === undefined ? {} : { renderingsAccuracy },
  });
  keepEvaluation(run, built, mistakePictures(built.verdicts, pictures.val));
  run.summarise({ bestEpoch: best.epoch, temperature: built.manifest.temperature, ...(renderingsAccuracy !== undefined && { renderingsAccuracy }) });
  const artifact = await deps.store.addArtifact({
    type: 'model', name: request.name, runId: run.id,
    files: [...built.files].map(([path, content]) => ({ path, content })),
    metadata: { kind: 'classifier', sha256: built.manifest.sha256, trainedOn: built.manifest.trainedOn, metrics: built.manifest.metrics },
  });
  checkpoints.remove();
  return { kind: 'trained', runId: run.id, artifact, built, bestEpoch: best.epoch };
}

function picturesText(pictures: TrainingPictures, { data }: Opened, drawings: number): string {
  const counts: Readonly<Record<JudgedPart, number>> = { val: pictures.val.length, renderings: pictures.renderings.length };
  return `training on ${data.train.length} pictures${drawings > 0 ? ` and ${drawings} drawings` : ''}, selecting by ${counts.val} (${data.origin})${counts.renderings > 0 ? `, watching ${counts.renderings} other drawings` : ''}`;
}

/** Hyperparameters flat, for comparison and charts; what resuming needs under a key of its own. */
function configOf({ request, data, backbone }: Opened): Record<string, unknown> {
  return {
    ...request.hyperparameters,
    data: request.source, pictures: data.train.length, backbone: backbone.title,
    resume: { request, dataDigest: data.digest, backboneSha256: backbone.sha256 },
  };
}

function identityOf({ request, data, backbone }: Opened, renderings: string): string {
  return createHash('sha256').update(JSON.stringify([request.hyperparameters, data.digest, data.train.length, backbone.sha256, renderings])).digest('hex');
}
