// Head mode: what a frozen backbone sees in the pictures is computed once, and only a classifier is trained on it, a linear one or
// one that compares with what it knows.
import { SortlineError } from '../../base/errors.ts';
import type { Backbone } from '../network/import-backbone.ts';
import type { TargetOptions } from './batch-targets.ts';
import { channelMixtures } from './channel-mixtures.ts';
import type { FeaturesRequest } from './head-features.ts';
import { headFeatures } from './head-features.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { openKernelLearner } from './kernel-learner.ts';
import type { Learner } from './learner.ts';
import { LinearLearner } from './linear-learner.ts';
import { plainPictures } from './plain-batches.ts';

export interface HeadRequest extends Omit<FeaturesRequest, 'frozen' | 'copies'> {
  readonly backbone: Backbone;
  readonly hyperparameters: Hyperparameters;
  readonly targets: TargetOptions;
  /** Something a person should know. */
  onNote(text: string): void;
}

/** Samples that a kernel classifier compares with each other: a table of their number squared, 256 MiB. */
const MOST_COMPARED = 8192;

/**
 * Computes all features; undefined where `signal` fired on the way. Loader and teacher are closed: they are not needed any more when
 * this settles. Throws USAGE for settings that exclude each other, IMAGE_UNREADABLE, TRAIN_LOADER_FAILED and what the runtime throws.
 */
export async function openHeadLearner(request: HeadRequest): Promise<Learner | undefined> {
  try {
    checkKernel(request);
    return await withFeatures(request);
  } finally {
    await Promise.all([request.loader.close(), request.teacher?.close()]);
  }
}

async function withFeatures(request: HeadRequest): Promise<Learner | undefined> {
  const { pictures, backbone, shape, loader, signal, open, targets } = request;
  const { classifier, copies, optimiser, dropout, weight_decay } = request.hyperparameters;
  const mixtures = await channelMixtures({ backbone, shape, pictures: plainPictures(pictures.train, 0), loader, signal, open });
  if (mixtures === undefined) return undefined;
  const frozen = { backbone, mixtures };
  const features = await headFeatures({ ...request, frozen, copies });
  if (features === undefined) return undefined;
  if (classifier === 'linear') return new LinearLearner({ pictures, features, frozen, shape, optimiser, dropout, targets });
  request.onNote(`comparing ${pictures.train.length * copies} samples with each other`);
  return openKernelLearner({ pictures, features, frozen, shape, ridge: weight_decay * copies, targets, open });
}

function checkKernel({ pictures, hyperparameters: { classifier, mixup, dropout, copies } }: HeadRequest): void {
  if (classifier !== 'kernel') return;
  const refuse = (problem: string): SortlineError => new SortlineError('USAGE', `the classifier \`kernel\` ${problem}, or take \`classifier: linear\``, { context: { mixup, dropout, copies } });
  if (mixup > 0) throw refuse('compares pictures as they are: leave mixup at 0');
  if (dropout > 0) throw refuse('has no weights of features that could be dropped: leave dropout at 0');
  const samples = pictures.train.length * copies;
  if (samples > MOST_COMPARED) throw refuse(`compares each sample with every other, at most ${MOST_COMPARED} of them, and there are ${samples}, ${pictures.train.length} pictures in ${copies} copies: take fewer copies`);
}
