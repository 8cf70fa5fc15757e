// The TrainingSession port on ONNX Runtime: one graph for a whole step (gradient/training-graph.ts), run again and again. Weights,
// moments and averages live in two sets of arrays: a step reads one and writes the other, and they change places when its loss is
// a number. A step that went wrong so leaves everything as it was.
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { createRandom } from '../../base/random.ts';
import type { RuntimeSession, RuntimeTensor } from '../../onnx/runtime.ts';
import { openRuntimeSession } from '../../onnx/runtime.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import { DROPOUT_MASK } from '../gradient/dropout.ts';
import type { Shape } from '../gradient/operator.ts';
import type { OptimiserKind } from '../gradient/step-scalars.ts';
import { stepScalars } from '../gradient/step-scalars.ts';
import type { TrainedWeight, TrainingGraph } from '../gradient/training-graph.ts';
import { createTrainingGraph, STATE_KINDS } from '../gradient/training-graph.ts';
import { inferenceGraph } from '../network/inference-graph.ts';
import type { Network } from '../network/network.ts';
import type { StepRates, StepResult, TrainingBatch, TrainingSession, TrainingState } from './training-session.ts';
import { checkedState } from './training-state.ts';
import { turned, turnedBack } from './turned-kernels.ts';

export interface TrainingSessionOptions {
  readonly network: Network;
  readonly optimiser: OptimiserKind;
  /** See TrainingGraphOptions. */
  readonly relativeSteps: boolean;
  /** Share of the features dropped, 0 to below 1. */
  readonly dropout: number;
  /** Stages of the backbone that are trained, from the last one: 0 to 5. */
  readonly trainable: number;
  /** Pictures a step has room for; a step of fewer costs as much. */
  readonly batchSize: number;
  /** Of the pictures of a step, px. */
  readonly trainSize: number;
  /** Of those that the averaged weights are run on, px. */
  readonly height: number;
  readonly width: number;
  readonly provider: string;
  /** `intraOp` 0: one per core. */
  readonly threads: { readonly intraOp: number; readonly spinning: boolean };
}

/** Arrays by name of the graph's input: `<weight>`, `average/<weight>`, `first/<weight>`, `second/<weight>`. */
type Values = ReadonlyMap<string, { readonly data: Float32Array; readonly shape: Shape }>;

/** Throws TRAIN_OPERATOR_UNKNOWN for a network that cannot be trained, TRAIN_STEP_FAILED where the provider cannot take its graph. */
export async function openTrainingSession(options: TrainingSessionOptions): Promise<TrainingSession> {
  const { provider, threads } = options;
  const training = createTrainingGraph(options.network, { ...options, height: options.trainSize, width: options.trainSize, drops: options.dropout > 0, layout: provider === 'cpu' ? 'pixels' : 'channels' });
  try {
    return new OnnxTrainingSession(options, training, await openRuntimeSession(writeGraph(training.graph), { provider, threads, plansMemory: false }));
  } catch (cause) {
    throw failed(`cannot load the training step of ${options.network.architecture} on ${provider}`, cause);
  }
}

class OnnxTrainingSession implements TrainingSession {
  readonly #options: TrainingSessionOptions;
  readonly #training: TrainingGraph;
  readonly #session: RuntimeSession;
  #current: Values;
  #next: Values;
  /** Of the averaged weights; undefined when a step has changed them since. */
  #inference: RuntimeSession | undefined;
  /** Whether the averages were replaced since `#inference` was opened. */
  #isInferenceOld = false;

  constructor(options: TrainingSessionOptions, training: TrainingGraph, session: RuntimeSession) {
    this.#options = options;
    this.#training = training;
    this.#session = session;
    this.#current = this.#emptyValues();
    this.#next = this.#emptyValues();
    for (const weight of training.trained) {
      const data = intoGraph(weight, options.network.graph.initialisers.get(weight.name)!.data as Float32Array);
      this.#current.get(weight.name)!.data.set(data);
      this.#current.get(`average/${weight.name}`)!.data.set(data);
    }
  }

  async step(batch: TrainingBatch, rates: StepRates): Promise<StepResult> {
    const { batchSize, network: { materials }, optimiser } = this.#options;
    if (batch.count < 1 || batch.count > batchSize) throw new RangeError(`a batch has 1 to ${batchSize} pictures, not ${batch.count}`);
    const scalars = stepScalars(optimiser, rates, batch.count, this.#training.stages);
    const feeds: Record<string, RuntimeTensor> = {
      ...this.#batchFeeds(batch),
      ...Object.fromEntries([...scalars].map(([name, value]) => [name, { data: Float32Array.of(value), shape: [] }])),
      ...Object.fromEntries(this.#current),
    };
    const into = { loss: undefined, norm: undefined, logits: undefined, ...Object.fromEntries([...this.#next].map(([name, values]) => [outputOf(name), values])) };
    const { outputs, durationMs } = await this.#session.run(feeds, into).catch((cause: unknown) => { throw failed(`step ${rates.step} failed`, cause); });
    const loss = outputs['loss']![0]!, gradientNorm = outputs['norm']![0]!;
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) {
      [this.#current, this.#next] = [this.#next, this.#current];
      await this.#dropInference();
    }
    return { loss, gradientNorm, logits: outputs['logits']!.slice(0, batch.count * materials), durationMs };
  }

  async predict(images: Uint8Array, count: number): Promise<Float32Array> {
    const { height, width } = this.#options;
    try {
      if (this.#isInferenceOld) await this.#dropInference();
      this.#inference ??= await openRuntimeSession(this.exportModel(), this.#options);
      const { outputs } = await this.#inference.run({ image: { data: images.subarray(0, count * height * width * 3), shape: [count, height, width, 3] } }, { logits: undefined });
      return outputs['logits']!;
    } catch (cause) {
      throw failed(`the averaged weights cannot be run on ${count} pictures`, cause);
    }
  }

  state(): TrainingState {
    const copies = (prefix: string): [string, Float32Array][] => this.#training.trained.map((weight) => [weight.name, outOfGraph(weight, this.#current.get(prefix + weight.name)!.data)]);
    const kinds = STATE_KINDS[this.#options.optimiser].slice(2);
    const moments = kinds.flatMap((kind) => copies(`${kind}/`).map(([name, data]): [string, Float32Array] => [`${kind}/${name}`, data]));
    return { weights: new Map(copies('')), averages: new Map(copies('average/')), moments: new Map(moments) };
  }

  restore(state: TrainingState): void {
    const values = checkedState(state, new Map([...this.#current].map(([name, { data }]) => [name, data.length])));
    for (const weight of this.#training.trained) {
      for (const name of ['', 'average/', 'first/', 'second/'].map((prefix) => prefix + weight.name)) {
        const data = values.get(name);
        if (data !== undefined) this.#current.get(name)!.data.set(intoGraph(weight, data));
      }
    }
    this.#isInferenceOld = true;
  }

  exportModel(): Uint8Array {
    const averages = new Map(this.#training.trained.map((weight) => [weight.name, outOfGraph(weight, this.#current.get(`average/${weight.name}`)!.data)]));
    return writeGraph(inferenceGraph(this.#options.network, averages, this.#options));
  }

  async close(): Promise<void> {
    await this.#dropInference();
    await this.#session.close();
  }

  /** Pictures, labels and weights, filled up with pictures that weigh nothing. */
  #batchFeeds(batch: TrainingBatch): Record<string, RuntimeTensor> {
    const { batchSize, trainSize, network: { materials, features }, dropout } = this.#options;
    const filled = <T extends Float32Array | Uint8Array>(data: T, whole: T): T => {
      if (data.length >= whole.length) return data.subarray(0, whole.length) as T;
      whole.set(data);
      return whole;
    };
    const used = batch.count;
    const pixels = trainSize * trainSize * 3;
    const images = filled(batch.images.subarray(0, used * pixels), new Uint8Array(used < batchSize ? batchSize * pixels : used * pixels));
    const labels = filled(batch.labels.subarray(0, used * materials), new Float32Array(batchSize * materials));
    const weights = filled(batch.weights.subarray(0, used), new Float32Array(batchSize));
    return {
      image: { data: images, shape: [batchSize, trainSize, trainSize, 3] },
      labels: { data: labels, shape: [batchSize, materials] },
      weights: { data: weights, shape: [batchSize] },
      ...(dropout > 0 ? { [DROPOUT_MASK]: { data: dropoutMask(batch.seed, dropout, batchSize * features), shape: [batchSize, features] } } : {}),
    };
  }

  #emptyValues(): Values {
    const kinds = STATE_KINDS[this.#options.optimiser];
    return new Map(this.#training.trained.flatMap(({ name, shape }) => kinds.map((kind) => {
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      return [kind === 'weight' ? name : `${kind}/${name}`, { data, shape }] as const;
    })));
  }

  async #dropInference(): Promise<void> {
    const session = this.#inference;
    this.#inference = undefined;
    this.#isInferenceOld = false;
    await session?.close();
  }
}

function intoGraph({ shape, isTurned }: TrainedWeight, data: Float32Array): Float32Array {
  return isTurned ? turned(data, shape) : data;
}

/** A copy. */
function outOfGraph({ shape, isTurned }: TrainedWeight, data: Float32Array): Float32Array {
  return isTurned ? turnedBack(data, shape) : data.slice();
}

/** The graph's output that replaces an input. */
function outputOf(input: string): string {
  return /^(average|first|second)\//.test(input) ? `new/${input}` : `new/weight/${input}`;
}

/** 0 for what is dropped, and for the rest what keeps the sum the same on average. */
function dropoutMask(seed: number, ratio: number, count: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: count }, () => (random.next() < ratio ? 0 : 1 / (1 - ratio)));
}

function failed(what: string, cause: unknown): SortlineError {
  return new SortlineError('TRAIN_STEP_FAILED', `${what}: ${reasonOf(cause).trim().split('\n')[0]}; try a smaller batch_size, or provider cpu`, { cause });
}
