// Head mode: features of every augmented copy are computed once, by a backbone that stays as it is, and only a linear classifier
// is trained on them.
import type { CropShape } from '../../classify/classifier.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { RuntimeSession } from '../../onnx/runtime.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import type { PictureLoader } from '../augment/picture-loader.ts';
import type { Backbone } from '../network/import-backbone.ts';
import type { TargetOptions } from './batch-targets.ts';
import { batchTargets } from './batch-targets.ts';
import { headFeatureCount, headModelGraph } from './head-graph.ts';
import type { JudgedPart, Learner, StepOutcome, StepPlan, TrainingPictures } from './learner.ts';
import type { PictureBatch } from './plain-batches.ts';
import { pictureBatches, plainPictures } from './plain-batches.ts';
import type { FeatureScale } from './softmax-head.ts';
import { bringToScale, scaleOf, SoftmaxHead } from './softmax-head.ts';
import type { Teacher } from './teacher.ts';
import { blendTaught } from './teacher.ts';
import type { TrainingState } from './training-session.ts';

export interface HeadDeps {
  readonly pictures: TrainingPictures;
  readonly loader: PictureLoader;
  /** Of `featureGraph(backbone)`. */
  readonly session: RuntimeSession;
  readonly teacher: Teacher | undefined;
  readonly backbone: Backbone;
  readonly shape: CropShape;
  readonly copies: number;
  readonly optimiser: 'adamw' | 'sgd';
  readonly dropout: number;
  readonly targets: TargetOptions;
  /** Checked between batches: features take minutes. */
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
}

/** Rows of features of the samples and of what is judged, all brought to scale. */
interface Features extends Readonly<Record<JudgedPart, Float32Array>> {
  readonly train: Float32Array;
  /** What the teacher says of the samples, (samples, materials); undefined without one. */
  readonly taught: Float32Array | undefined;
  readonly scale: FeatureScale;
}

/**
 * Computes all features; undefined where `signal` fired on the way. Loader, session and teacher are closed: they are not needed
 * any more when this settles. Throws IMAGE_UNREADABLE, TRAIN_LOADER_FAILED and what the runtime throws.
 */
export async function openHeadLearner(deps: HeadDeps): Promise<Learner | undefined> {
  try {
    const features = await computeFeatures(deps);
    return features === undefined ? undefined : new HeadLearner(deps, features);
  } finally {
    await Promise.all([deps.loader.close(), deps.session.close(), deps.teacher?.close()]);
  }
}

class HeadLearner implements Learner {
  readonly sampleCount: number;
  readonly #deps: HeadDeps;
  readonly #features: Features;
  readonly #head: SoftmaxHead;
  readonly #featureCount: number;

  constructor(deps: HeadDeps, features: Features) {
    this.#deps = deps;
    this.#features = features;
    this.#featureCount = headFeatureCount(deps.backbone);
    this.sampleCount = deps.pictures.train.length * deps.copies;
    this.#head = new SoftmaxHead({ featureCount: this.#featureCount, optimiser: deps.optimiser, dropout: deps.dropout });
  }

  async *steps(plans: readonly StepPlan[]): AsyncGenerator<StepOutcome> {
    for (const plan of plans) yield { plan, ...this.#step(plan) };
  }

  logits(part: JudgedPart): Promise<Float32Array> {
    return Promise.resolve(this.#head.logits(this.#features[part], this.#deps.pictures[part].length));
  }

  state(): TrainingState {
    return this.#head.state();
  }

  restore(state: TrainingState): void {
    this.#head.restore(state);
  }

  exportModel(): Uint8Array {
    return writeGraph(headModelGraph(this.#deps.backbone, this.#head.linear(this.#features.scale), this.#deps.shape));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #step({ samples, rates }: StepPlan): { loss: number; gradientNorm: number } {
    const { pictures, targets } = this.#deps;
    const width = this.#featureCount;
    const features = new Float32Array(samples.length * width);
    for (const [row, sample] of samples.entries()) features.set(this.#features.train.subarray(sample * width, (sample + 1) * width), row * width);
    // Sample s is picture s modulo their number, in its copy s divided by it.
    const { labels, weights, seed, mix } = batchTargets(samples.map((sample) => pictures.train[sample % pictures.train.length]!.material), rates.step, targets);
    const { taught } = this.#features;
    if (taught !== undefined) {
      const said = new Float32Array(labels.length);
      for (const [row, sample] of samples.entries()) said.set(taught.subarray(sample * MATERIALS.length, (sample + 1) * MATERIALS.length), row * MATERIALS.length);
      mix(said);
      blendTaught(labels, said, targets.hyperparameters.teacher_share);
    }
    mix(features);
    return this.#head.step({ count: samples.length, features, labels, weights, seed }, rates);
  }
}

async function computeFeatures(deps: HeadDeps): Promise<Features | undefined> {
  const { pictures, copies, backbone } = deps;
  const width = headFeatureCount(backbone);
  // The first copy is the picture itself.
  const samples = Array.from({ length: copies }, (_, copy) => plainPictures(pictures.train, 0).map((picture) => (copy === 0 ? picture : { ...picture, epoch: copy }))).flat();
  const val = plainPictures(pictures.val, pictures.train.length);
  const renderings = plainPictures(pictures.renderings, pictures.train.length + pictures.val.length);
  const all = [...samples, ...val, ...renderings];
  const rows = new Float32Array(all.length * width);
  const taught = deps.teacher === undefined ? undefined : new Float32Array(samples.length * MATERIALS.length);
  let done = 0;
  for await (const batch of pictureBatches(deps.loader, all)) {
    if (deps.signal.aborted) return undefined;
    rows.set(await runBackbone(deps, batch), done * width);
    const trainedOn = Math.min(batch.count, samples.length - done);
    if (taught !== undefined && trainedOn > 0) taught.set(await deps.teacher!.probabilities(batch.images, trainedOn), done * MATERIALS.length);
    done += batch.count;
    deps.onProgress(done, all.length);
  }
  const part = (from: number, count: number): Float32Array => rows.subarray(from * width, (from + count) * width);
  const train = part(0, samples.length);
  const scale = scaleOf(train, width);
  bringToScale(rows, scale);
  return { train, taught, val: part(samples.length, val.length), renderings: part(samples.length + val.length, renderings.length), scale };
}

async function runBackbone({ session, shape }: HeadDeps, { images, count }: PictureBatch): Promise<Float32Array> {
  const { outputs } = await session.run({ image: { data: images, shape: [count, shape.height, shape.width, 3] } }, { features: undefined });
  return outputs['features']!;
}
