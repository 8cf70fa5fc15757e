// Runs training steps of a network on ONNX Runtime, and prepares the same batch for the float64 reference.
import { createRandom } from '../../../src/base/random.ts';
import type { OptimiserKind } from '../../../src/learning/gradient/step-scalars.ts';
import { stepScalars } from '../../../src/learning/gradient/step-scalars.ts';
import type { TrainingGraph, TrainingGraphOptions } from '../../../src/learning/gradient/training-graph.ts';
import { createTrainingGraph, STATE_KINDS } from '../../../src/learning/gradient/training-graph.ts';
import type { Network } from '../../../src/learning/network/network.ts';
import type { StepRates } from '../../../src/learning/train/training-session.ts';
import { turned, turnedBack } from '../../../src/learning/train/turned-kernels.ts';
import type { RuntimeSession, RuntimeTensor } from '../../../src/onnx/runtime.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { array64 } from '../reference/array64.ts';
import type { Batch64 } from '../reference/network64.ts';

export interface PictureBatch {
  readonly images: Uint8Array;
  readonly labels: Float32Array;
  readonly weights: Float32Array;
  readonly mask?: Float32Array;
}

/** Pictures of noise, soft labels, uneven weights. */
export function randomBatch(network: Network, count: number, size: number, seed: number): PictureBatch {
  const random = createRandom(seed);
  const labels = Float32Array.from({ length: count * network.materials }, () => random.next());
  for (let row = 0; row < count; row++) {
    const line = labels.subarray(row * network.materials, (row + 1) * network.materials), sum = line.reduce((a, b) => a + b, 0);
    line.forEach((value, index) => { line[index] = value / sum; });
  }
  return { images: Uint8Array.from({ length: count * size * size * 3 }, () => random.integer(0, 255)), labels, weights: Float32Array.from({ length: count }, () => random.between(0.5, 1.5)) };
}

/** What the reference takes, normalised as ImageNet's pictures are. */
export function batch64({ images, labels, weights, mask }: PictureBatch, network: Network, size: number): Batch64 {
  const count = weights.length, pixels = size * size, mean = [0.485, 0.456, 0.406], deviation = [0.229, 0.224, 0.225];
  const input = array64([count, 3, size, size]);
  input.data.forEach((_, index) => {
    const picture = Math.floor(index / (3 * pixels)), channel = Math.floor(index / pixels) % 3;
    input.data[index] = (images[(picture * pixels + (index % pixels)) * 3 + channel]! / 255 - mean[channel]!) / deviation[channel]!;
  });
  return { input, labels: array64([count, network.materials], labels), weights: array64([count], weights), count, ...(mask === undefined ? {} : { mask: array64([count, network.features], mask) }) };
}

export interface StepOptions {
  readonly layout: 'pixels' | 'channels';
  readonly trainable?: number;
  readonly optimiser?: OptimiserKind;
  readonly relativeSteps?: boolean;
  readonly rates?: Partial<StepRates>;
  /** Values of `first/<weight>` and so on before the step, as the network has its kernels; zeros where absent, the weights for averages. */
  readonly before?: ReadonlyMap<string, Float32Array>;
}

export interface StepOutcome {
  readonly loss: number;
  readonly norm: number;
  readonly logits: Float32Array;
  /** By `weight/<name>`, `average/<name>`, `first/<name>`, `second/<name>`; kernels (K,C,kh,kw). */
  readonly after: ReadonlyMap<string, Float32Array>;
}

/** Steps of one network on one batch. A session stays open for the next step of its graph: opening takes twenty times as long as a step. */
export class StepRig implements AsyncDisposable {
  readonly #network: Network;
  readonly #batch: PictureBatch;
  readonly #size: number;
  readonly #opened = new Map<string, { readonly training: TrainingGraph; readonly session: RuntimeSession }>();

  constructor(network: Network, batch: PictureBatch, size: number) {
    this.#network = network;
    this.#batch = batch;
    this.#size = size;
  }

  /** The gradient itself is `first/<name>` of a step of `sgd` without clipping. */
  async step({ layout, trainable = 5, optimiser = 'sgd', relativeSteps = false, rates = {}, before = new Map() }: StepOptions): Promise<StepOutcome> {
    const { training: { graph, trained, stages }, session } = await this.#open({ layout, trainable, optimiser, relativeSteps });
    const network = this.#network, { images, labels, weights, mask } = this.#batch, count = weights.length;
    const allRates = { step: 1, rateByStage: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1], weightDecay: 0, clipNorm: 0, emaDecay: 0, ...rates };
    const feeds: Record<string, RuntimeTensor> = {
      image: { data: images, shape: [count, this.#size, this.#size, 3] }, labels: { data: labels, shape: [count, network.materials] }, weights: { data: weights, shape: [count] },
      ...(mask === undefined ? {} : { dropout_mask: { data: mask, shape: [count, network.features] } }),
      ...Object.fromEntries([...stepScalars(optimiser, allRates, count, stages)].map(([name, value]) => [name, { data: Float32Array.of(value), shape: [] }])),
    };
    for (const { name, shape, isTurned } of trained) {
      const initial = network.graph.initialisers.get(name)!.data as Float32Array;
      for (const kind of STATE_KINDS[optimiser]) {
        const given = before.get(`${kind}/${name}`) ?? (kind === 'weight' || kind === 'average' ? initial : new Float32Array(initial.length));
        feeds[kind === 'weight' ? name : `${kind}/${name}`] = { data: isTurned ? turned(given, shape) : given, shape };
      }
    }
    const { outputs } = await session.run(feeds, Object.fromEntries(graph.outputs.map(({ name }) => [name, undefined])));
    const after = trained.flatMap(({ name, shape, isTurned }) => STATE_KINDS[optimiser].map((kind) => {
      const values = outputs[`new/${kind}/${name}`]!;
      return [`${kind}/${name}`, isTurned ? turnedBack(values, shape) : values] as const;
    }));
    return { loss: outputs['loss']![0]!, norm: outputs['norm']![0]!, logits: outputs['logits']!, after: new Map(after) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#opened.values()].map(({ session }) => session.close()));
  }

  async #open(options: Pick<TrainingGraphOptions, 'layout' | 'trainable' | 'optimiser' | 'relativeSteps'>): Promise<{ training: TrainingGraph; session: RuntimeSession }> {
    const key = JSON.stringify(options), open = this.#opened.get(key);
    if (open !== undefined) return open;
    const training = createTrainingGraph(this.#network, { ...options, drops: this.#batch.mask !== undefined, batchSize: this.#batch.weights.length, height: this.#size, width: this.#size });
    const opened = { training, session: await openRuntimeSession(writeGraph(training.graph), { provider: 'cpu', threads: { intraOp: 1, spinning: false } }) };
    this.#opened.set(key, opened);
    return opened;
  }
}
