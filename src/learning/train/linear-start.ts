// How fine-tuning begins: the new last layer alone is trained on what the pretrained network makes of the pictures, before
// gradients reach that network. A last layer of random values would send it gradients that say nothing, and spoil in the first
// hundred steps what was pretrained (Kumar et al., 2022: linear probing, then fine-tuning).
import type { CropShape } from '../../classify/classifier.ts';
import type { RuntimeSession } from '../../onnx/runtime.ts';
import type { PictureLoader } from '../augment/picture-loader.ts';
import { evaluateVerdicts } from '../evaluate/evaluate-verdicts.ts';
import type { TargetOptions } from './batch-targets.ts';
import { batchTargets } from './batch-targets.ts';
import { epochBatches, stepsInEpoch } from './epoch-plan.ts';
import { gatherRows } from './gather-rows.ts';
import { verdictsOf } from './judge-logits.ts';
import type { TrainingPictures } from './learner.ts';
import type { TrainedHead } from './model-backbone.ts';
import { pictureBatches, plainPictures } from './plain-batches.ts';
import type { Schedule } from './schedule.ts';
import { ratesAt } from './schedule.ts';
import type { FeatureScale } from './softmax-head.ts';
import { bringToScale, scaleOf, SoftmaxHead } from './softmax-head.ts';

export interface LinearStartDeps {
  readonly pictures: TrainingPictures;
  /** Stays the caller's, as does the session. */
  readonly loader: PictureLoader;
  /** `image` to `features` of the network as it came. */
  readonly session: RuntimeSession;
  readonly shape: CropShape;
  readonly featureCount: number;
  readonly targets: TargetOptions;
  /** Checked between batches. */
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
  /** Something a person should know. */
  onNote(text: string): void;
}

const EPOCHS = 20, BATCH = 32;
/** Head mode's own defaults, at a rate that converges in these passes. */
const OPTIONS: Schedule['options'] = { mode: 'head', trainable: 0, learn_rate: 2e-3, schedule: 'cosine', warmup_epochs: 1, layer_decay: 1, weight_decay: 0.01, clip_norm: 1, ema_decay: 0.99 };

/** The last layer for features as the network gives them; undefined where `signal` fired. Throws IMAGE_UNREADABLE, TRAIN_LOADER_FAILED and what the runtime throws. */
export async function linearStart(deps: LinearStartDeps): Promise<TrainedHead | undefined> {
  const { pictures, featureCount, targets } = deps;
  const all = await featuresOf(deps);
  if (all === undefined) return undefined;
  const samples = pictures.train.length;
  const features = all.subarray(0, samples * featureCount);
  const scale = evenScale(scaleOf(features, featureCount));
  bringToScale(all, scale);
  const head = new SoftmaxHead({ featureCount, optimiser: 'adamw', dropout: 0 });
  const { seed } = targets.hyperparameters;
  const stepsPerEpoch = stepsInEpoch(samples, BATCH);
  const schedule: Schedule = { stepsPerEpoch, totalSteps: EPOCHS * stepsPerEpoch, options: OPTIONS };
  let step = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const batch of epochBatches(samples, { seed, epoch, batchSize: BATCH })) {
      step++;
      const { labels, weights, seed: stepSeed, mix } = batchTargets(batch.map((sample) => pictures.train[sample]!.material), step, targets);
      const rows = gatherRows(features, batch, featureCount);
      mix(rows);
      head.step({ count: batch.length, features: rows, labels, weights, seed: stepSeed }, ratesAt(step, schedule));
    }
  }
  const verdicts = verdictsOf(pictures.val, head.logits(all.subarray(samples * featureCount), pictures.val.length));
  deps.onNote(`the last layer alone: ${(100 * evaluateVerdicts(verdicts, 0).accuracy).toFixed(1)} % of validation`);
  return head.linear(scale);
}

/**
 * One deviation for all features. Each brought to its own would give those that hardly vary large weights, through which the
 * gradients of the first steps would tear at the network.
 */
function evenScale({ mean, deviation }: FeatureScale): FeatureScale {
  const common = Math.sqrt(deviation.reduce((sum, value) => sum + value * value, 0) / deviation.length);
  return { mean, deviation: deviation.map(() => common) };
}

/** (training pictures and those of validation, features) float32. */
async function featuresOf({ pictures, loader, session, shape, featureCount, signal, onProgress }: LinearStartDeps): Promise<Float32Array | undefined> {
  const wanted = [...plainPictures(pictures.train, 0), ...plainPictures(pictures.val, pictures.train.length)];
  const features = new Float32Array(wanted.length * featureCount);
  let done = 0;
  for await (const { images, count } of pictureBatches(loader, wanted)) {
    if (signal.aborted) return undefined;
    const { outputs } = await session.run({ image: { data: images, shape: [count, shape.height, shape.width, 3] } }, { features: undefined });
    features.set(outputs['features']!, done * featureCount);
    done += count;
    onProgress(done, wanted.length);
  }
  return features;
}
