// The end of a training: the model built from the best weights, kept with its run and stored as a version of its name.
import { basename, dirname } from 'node:path';
import type { Logger } from '../../base/logger.ts';
import { keepEvaluation } from '../evaluate/kept-evaluation.ts';
import { mistakePictures } from '../evaluate/mistake-pictures.ts';
import type { Artifact, LearningStore, RunRecorder } from '../store/learning-store.ts';
import type { BuiltModel } from './build-model.ts';
import { buildModel } from './build-model.ts';
import type { Position } from './checkpoint.ts';
import type { TrainingSources } from './training-sources.ts';

export interface Publication {
  readonly run: RunRecorder;
  readonly sources: TrainingSources;
  /** Drawings that were trained on, count. */
  readonly drawings: number;
  readonly best: NonNullable<Position['best']>;
  /** ONNX, float32. */
  readonly weights: Uint8Array;
  readonly store: LearningStore;
  /** Of the trial run; 0 for one per core. */
  readonly threads: number;
  readonly log: Logger;
}

export interface Published {
  readonly artifact: Artifact;
  readonly built: BuiltModel;
}

/** Throws MODEL_ and STORE_ codes. */
export async function publishModel({ run, sources, drawings, best, weights, store, threads, log }: Publication): Promise<Published> {
  const { request, data, backbone } = sources;
  const { hyperparameters, weightsAs, name } = request;
  const built = await buildModel({
    weights, weightsAs, val: data.val, purity: hyperparameters.purity, threads, log,
    about: {
      trainedOn: trainedOn(sources, drawings, best.epoch),
      dataSetDigest: data.digest, howDigested: 'SHA-256 over part, name and SHA-256 of every picture, one line each, as `sortline train` writes it',
      training: { runId: run.id, architecture: hyperparameters.architecture, seed: hyperparameters.seed, backbone: { name: shortName(backbone.title), sha256: backbone.sha256 }, hyperparameters },
    },
    metrics: best.renderingsAccuracy === undefined ? {} : { renderingsAccuracy: best.renderingsAccuracy },
  });
  keepEvaluation(run, built, mistakePictures(built.verdicts, data.val));
  run.summarise({ bestEpoch: best.epoch, temperature: built.manifest.temperature, ...(best.renderingsAccuracy !== undefined && { renderingsAccuracy: best.renderingsAccuracy }) });
  const { sha256, trainedOn: text, metrics } = built.manifest;
  const artifact = await store.addArtifact({
    type: 'model', name, runId: run.id, files: [...built.files].map(([path, content]) => ({ path, content })), metadata: { kind: 'classifier', sha256, trainedOn: text, metrics },
  });
  return { artifact, built };
}

function trainedOn({ request, data, teacher }: TrainingSources, drawings: number, bestEpoch: number): string {
  const { mode, epoch_qty } = request.hyperparameters;
  return [
    `${data.train.length} pictures of ${shortName(request.source)}${drawings > 0 ? ` and ${drawings} drawings of the virtual belt` : ''}`,
    `mode ${mode}${teacher === undefined ? '' : `, taught by ${teacher.name}`}`,
    `best of ${epoch_qty} passes: ${bestEpoch}; selected on ${data.val.length} validation pictures`,
  ].join(', ');
}

/** `trashnet` for `…/trashnet/images`, the name for an artifact: nobody else's folders are told. */
function shortName(path: string): string {
  return basename(path) === 'images' ? basename(dirname(path)) : basename(path);
}
