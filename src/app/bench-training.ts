// `sortline bench --training`: what a training step costs, in forward passes of the same batch. Forward is the network as the line runs
// it, fully optimised; the step is the whole of it: forward, loss, gradients of all stages, clipping, AdamW, averages. Weights are
// random, for they cost the same. Both are run in turn, on the same threads, so that whatever else the machine does meets both.
import type { Clock } from '../base/clock.ts';
import { NS_PER_MS } from '../base/units.ts';
import { openRuntimeSession } from '../onnx/runtime.ts';
import { writeGraph } from '../onnx/write-graph.ts';
import { inferenceGraph } from '../learning/network/inference-graph.ts';
import { createNetwork } from '../learning/network/network.ts';
import { randomBackbone } from '../learning/network/random-backbone.ts';
import type { Architecture } from '../learning/train/hyperparameters.ts';
import { openTrainingSession } from '../learning/train/onnx-training-session.ts';
import { median } from './order-statistics.ts';

export interface TrainingBenchOptions {
  readonly architecture: Architecture;
  readonly batchSize: number;
  readonly rounds: number;
  readonly clock: Clock;
  onProgress(what: string): void;
}

export interface TrainingBenchReport {
  readonly architecture: Architecture;
  readonly batchSize: number;
  /** Medians over the rounds, of a whole batch. */
  readonly forwardMs: number;
  readonly stepMs: number;
  /** stepMs / forwardMs. */
  readonly ratio: number;
}

const SHAPE = { height: 224, width: 224 };
const MATERIALS = 6;
/** Memory finds its size in the first runs. */
const WARM_UP_ROUNDS = 2;
const RATES = { rateByStage: [1e-4, 1e-4, 1e-4, 1e-4, 1e-4, 1e-4], weightDecay: 0.01, clipNorm: 1, emaDecay: 0.99 };

export async function benchTraining({ architecture, batchSize, rounds, clock, onProgress }: TrainingBenchOptions): Promise<TrainingBenchReport> {
  const threads = { intraOp: 0, spinning: false };
  const network = createNetwork(randomBackbone({ architecture: architecture === 'resnet50-modnet' ? 'resnet50' : architecture, seed: 1 }), { architecture, materials: MATERIALS, seed: 1 });
  const forward = await openRuntimeSession(writeGraph(inferenceGraph(network, new Map(), SHAPE)), { provider: 'cpu', threads });
  const training = await openTrainingSession({ network, optimiser: 'adamw', relativeSteps: true, dropout: 0, trainable: 5, batchSize, trainSize: SHAPE.width, ...SHAPE, provider: 'cpu', threads });
  const images = Uint8Array.from({ length: batchSize * SHAPE.height * SHAPE.width * 3 }, (_, index) => (index * 7919) % 256);
  const labels = Float32Array.from({ length: batchSize * MATERIALS }, (_, index) => (index % MATERIALS === Math.floor(index / MATERIALS) % MATERIALS ? 1 : 0));
  const batch = { count: batchSize, images, labels, weights: new Float32Array(batchSize).fill(1), seed: 1 };
  const input = { image: { data: images, shape: [batchSize, SHAPE.height, SHAPE.width, 3] } };
  const forwardMs: number[] = [], stepMs: number[] = [];
  for (let round = 1; round <= WARM_UP_ROUNDS + rounds; round++) {
    onProgress(round <= WARM_UP_ROUNDS ? 'warming up' : `round ${round - WARM_UP_ROUNDS} of ${rounds}`);
    const forwardDuration = await timed(clock, () => forward.run(input, { logits: undefined }));
    const stepDuration = await timed(clock, () => training.step(batch, { step: round, ...RATES }));
    if (round <= WARM_UP_ROUNDS) continue;
    forwardMs.push(forwardDuration);
    stepMs.push(stepDuration);
  }
  await forward.close();
  await training.close();
  const [forwardMedian, stepMedian] = [median(forwardMs), median(stepMs)];
  return { architecture, batchSize, forwardMs: forwardMedian, stepMs: stepMedian, ratio: stepMedian / forwardMedian };
}

async function timed(clock: Clock, work: () => Promise<unknown>): Promise<number> {
  const startedNs = clock.nowNs();
  await work();
  return (clock.nowNs() - startedNs) / NS_PER_MS;
}
