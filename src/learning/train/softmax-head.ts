// The classifier of head mode: one linear layer with softmax, trained by AdamW on features that are brought to mean 0 and
// deviation 1 first. Plain loops over float32 in a fixed order: the same numbers on every machine, an epoch in a fraction of a second.
import { SortlineError } from '../../base/errors.ts';
import { createRandom } from '../../base/random.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { LinearHead } from './head-graph.ts';
import type { StepRates, TrainingState } from './training-session.ts';

const CLASSES = MATERIALS.length;
const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8, MOMENTUM = 0.9;
/** Below it a feature says nothing, and would be blown up to noise. */
const LEAST_DEVIATION = 1e-3;

export interface SoftmaxHeadOptions {
  readonly featureCount: number;
  readonly optimiser: 'adamw' | 'sgd';
  /** Share of the features dropped in a step. */
  readonly dropout: number;
}

export interface FeatureBatch {
  readonly count: number;
  /** (count, features) float32, brought to scale; may be changed. */
  readonly features: Float32Array;
  /** (count, materials) float32: a distribution each. */
  readonly labels: Float32Array;
  /** (count) float32: how much each counts. */
  readonly weights: Float32Array;
  readonly seed: number;
}

/** Mean and deviation of each column. */
export interface FeatureScale {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** One array of values per thing an optimiser keeps, for the weights and the bias behind them. */
interface Values { readonly current: Float32Array; readonly average: Float32Array; readonly first: Float32Array; readonly second: Float32Array }

export class SoftmaxHead {
  readonly #options: SoftmaxHeadOptions;
  /** (features + 1, materials): the last row is the bias. */
  readonly #values: Values;

  constructor(options: SoftmaxHeadOptions) {
    this.#options = options;
    const zeros = (): Float32Array => new Float32Array((options.featureCount + 1) * CLASSES);
    this.#values = { current: zeros(), average: zeros(), first: zeros(), second: zeros() };
  }

  /** The weighted mean loss before the step, and the gradient's norm; a loss that is not finite changes nothing. */
  step(batch: FeatureBatch, rates: StepRates): { loss: number; gradientNorm: number } {
    if (this.#options.dropout > 0) drop(batch.features, this.#options.dropout, batch.seed);
    const { loss, gradient } = this.#gradientOf(batch);
    const gradientNorm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return { loss, gradientNorm };
    const scale = rates.clipNorm > 0 && gradientNorm > rates.clipNorm ? rates.clipNorm / gradientNorm : 1;
    this.#update(gradient, scale, rates);
    return { loss, gradientNorm };
  }

  /** Logits (count, materials) of the averaged weights for features brought to scale. */
  logits(features: Float32Array, count: number): Float32Array {
    return this.#logits(features, count, this.#values.average);
  }

  /** The averaged weights for features as the backbone gives them. */
  linear({ mean, deviation }: FeatureScale): LinearHead {
    const { featureCount } = this.#options;
    const { average } = this.#values;
    const weight = new Float32Array(CLASSES * featureCount);
    const bias = Float32Array.from({ length: CLASSES }, (_, label) => {
      let shift = average[featureCount * CLASSES + label]!;
      for (let feature = 0; feature < featureCount; feature++) {
        const value = average[feature * CLASSES + label]! / deviation[feature]!;
        weight[label * featureCount + feature] = value;
        shift -= value * mean[feature]!;
      }
      return shift;
    });
    return { weight, bias };
  }

  /** A copy. */
  state(): TrainingState {
    const { current, average, first, second } = this.#values;
    return { weights: new Map([['head', current.slice()]]), averages: new Map([['head', average.slice()]]), moments: new Map([['first/head', first.slice()], ['second/head', second.slice()]]) };
  }

  /** Throws TRAIN_CHECKPOINT_INVALID where the state is of another network. */
  restore(state: TrainingState): void {
    const found = [state.weights.get('head'), state.averages.get('head'), state.moments.get('first/head'), state.moments.get('second/head')];
    const { current, average, first, second } = this.#values;
    for (const [index, target] of [current, average, first, second].entries()) {
      const source = found[index];
      if (source?.length !== target.length) throw new SortlineError('TRAIN_CHECKPOINT_INVALID', `the checkpoint holds ${source?.length ?? 0} values of the classifier, expected ${target.length}: it belongs to another backbone`);
      target.set(source);
    }
  }

  #gradientOf({ count, features, labels, weights }: FeatureBatch): { loss: number; gradient: Float32Array } {
    const { featureCount } = this.#options;
    const errors = this.#logits(features, count, this.#values.current);
    let loss = 0;
    for (let row = 0; row < count; row++) loss += weights[row]! * softmaxError(errors.subarray(row * CLASSES, (row + 1) * CLASSES), labels.subarray(row * CLASSES, (row + 1) * CLASSES), weights[row]! / count);
    const gradient = new Float32Array(this.#values.current.length);
    for (let row = 0; row < count; row++) {
      const base = row * featureCount;
      for (let feature = 0; feature <= featureCount; feature++) {
        const value = feature === featureCount ? 1 : features[base + feature]!;
        if (value === 0) continue;
        for (let label = 0, at = feature * CLASSES; label < CLASSES; label++, at++) gradient[at]! += value * errors[row * CLASSES + label]!;
      }
    }
    return { loss: loss / count, gradient };
  }

  #update(gradient: Float32Array, scale: number, { step, rateByStage, weightDecay, emaDecay }: StepRates): void {
    const rate = rateByStage.at(-1)!;
    const { current, average, first, second } = this.#values;
    const correction1 = 1 - BETA1 ** step, correction2 = 1 - BETA2 ** step;
    const decayed = this.#options.featureCount * CLASSES;
    for (let at = 0; at < current.length; at++) {
      const slope = gradient[at]! * scale;
      const decay = at < decayed ? rate * weightDecay * current[at]! : 0;
      if (this.#options.optimiser === 'adamw') {
        first[at] = BETA1 * first[at]! + (1 - BETA1) * slope;
        second[at] = BETA2 * second[at]! + (1 - BETA2) * slope * slope;
        current[at] = current[at]! - decay - (rate * (first[at]! / correction1)) / (Math.sqrt(second[at]! / correction2) + EPSILON);
      } else {
        first[at] = MOMENTUM * first[at]! + slope;
        current[at] = current[at]! - decay - rate * first[at]!;
      }
      average[at] = emaDecay * average[at]! + (1 - emaDecay) * current[at]!;
    }
  }

  #logits(features: Float32Array, count: number, values: Float32Array): Float32Array {
    const { featureCount } = this.#options;
    const logits = new Float32Array(count * CLASSES);
    const sums = new Float64Array(CLASSES);
    for (let row = 0; row < count; row++) {
      sums.set(values.subarray(featureCount * CLASSES));
      for (let feature = 0, at = 0; feature < featureCount; feature++) {
        const value = features[row * featureCount + feature]!;
        for (let label = 0; label < CLASSES; label++, at++) sums[label]! += value * values[at]!;
      }
      logits.set(sums, row * CLASSES);
    }
    return logits;
  }
}

/** Mean and deviation over `rows` of `count` columns each, at least one row. */
export function scaleOf(rows: Float32Array, count: number): FeatureScale {
  const sums = new Float64Array(count), squares = new Float64Array(count);
  for (let at = 0; at < rows.length; at++) {
    sums[at % count]! += rows[at]!;
    squares[at % count]! += rows[at]! ** 2;
  }
  const height = rows.length / count;
  const mean = Float32Array.from(sums, (sum) => sum / height);
  const deviation = Float32Array.from(squares, (square, column) => LEAST_DEVIATION + Math.sqrt(Math.max(0, square / height - (sums[column]! / height) ** 2)));
  return { mean, deviation };
}

/** Brings rows to mean 0 and deviation 1, in place. */
export function bringToScale(rows: Float32Array, { mean, deviation }: FeatureScale): void {
  for (let at = 0; at < rows.length; at++) rows[at] = (rows[at]! - mean[at % mean.length]!) / deviation[at % mean.length]!;
}

/** Turns logits into the slope of the loss by them, times `factor`, in place; gives the cross-entropy. */
function softmaxError(logits: Float32Array, label: Float32Array, factor: number): number {
  const largest = Math.max(...logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  const log = largest + Math.log(sum);
  let loss = 0;
  for (let at = 0; at < logits.length; at++) {
    const logProbability = logits[at]! - log;
    loss -= label[at]! * logProbability;
    logits[at] = (Math.exp(logProbability) - label[at]!) * factor;
  }
  return loss;
}

/** Inverted dropout, in place. */
function drop(features: Float32Array, share: number, seed: number): void {
  const random = createRandom(seed);
  for (let at = 0; at < features.length; at++) features[at] = random.next() < share ? 0 : features[at]! / (1 - share);
}
