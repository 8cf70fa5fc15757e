// A linear classifier on features of a frozen backbone.
import type { CropShape } from '../../classify/classifier.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import type { TargetOptions } from './batch-targets.ts';
import { gatherRows } from './gather-rows.ts';
import type { HeadFeatures } from './head-features.ts';
import type { FrozenBackbone } from './head-graph.ts';
import { headModelGraph } from './head-graph.ts';
import { sampleTargets } from './head-targets.ts';
import type { JudgedPart, Learner, StepOutcome, StepPlan, TrainingPictures } from './learner.ts';
import type { FeatureScale } from './softmax-head.ts';
import { SoftmaxHead } from './softmax-head.ts';
import type { TrainingState } from './training-session.ts';

export interface LinearOptions {
  readonly pictures: TrainingPictures;
  readonly features: HeadFeatures;
  readonly frozen: FrozenBackbone;
  readonly shape: CropShape;
  readonly optimiser: 'adamw' | 'sgd';
  readonly dropout: number;
  readonly targets: TargetOptions;
}

/** A step of the optimiser moves every weight alike, and what is said by as much as there are features: more than these count less each, so that one learning rate does for all backbones. */
const FEATURES_OF_FULL_SIZE = 2048;

export class LinearLearner implements Learner {
  readonly sampleCount: number;
  readonly #options: LinearOptions;
  readonly #head: SoftmaxHead;
  readonly #scale: FeatureScale;
  readonly #featureCount: number;

  /** Changes the rows of `features`. */
  constructor(options: LinearOptions) {
    this.#options = options;
    const { train, val, renderings, scale } = options.features;
    this.#featureCount = scale.mean.length;
    const size = Math.min(1, FEATURES_OF_FULL_SIZE / this.#featureCount);
    for (const rows of [train, val, renderings]) for (let at = 0; at < rows.length; at++) rows[at]! *= size;
    this.#scale = { mean: scale.mean, deviation: scale.deviation.map((deviation) => deviation / size) };
    this.sampleCount = options.features.train.length / this.#featureCount;
    this.#head = new SoftmaxHead({ featureCount: this.#featureCount, optimiser: options.optimiser, dropout: options.dropout });
  }

  async *steps(plans: readonly StepPlan[]): AsyncGenerator<StepOutcome> {
    for (const plan of plans) yield { plan, ...this.#step(plan) };
  }

  logits(part: JudgedPart): Promise<Float32Array> {
    return Promise.resolve(this.#head.logits(this.#options.features[part], this.#options.pictures[part].length));
  }

  state(): TrainingState {
    return this.#head.state();
  }

  restore(state: TrainingState): void {
    this.#head.restore(state);
  }

  exportModel(): Uint8Array {
    const { frozen, shape } = this.#options;
    return writeGraph(headModelGraph(frozen, this.#head.linear(this.#scale), shape));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #step({ samples, rates }: StepPlan): { loss: number; gradientNorm: number } {
    const { pictures, features: { train, taught }, targets } = this.#options;
    const features = gatherRows(train, samples, this.#featureCount);
    const { labels, weights, seed, mix } = sampleTargets({ pictures: pictures.train, taught, targets }, samples, rates.step);
    mix(features);
    return this.#head.step({ count: samples.length, features, labels, weights, seed }, rates);
  }
}
