// One ONNX graph for a whole training step. Weights, moments and averages go in and come out; what stays between two steps is the
// session's (train/onnx-training-session.ts). Stages that are not trained are constants, so that the runtime may fold and fuse them.
//
//   image ─▶ normalise ─▶ forward ─▶ logits ─▶ loss ─▶ gradients ─▶ norm, clipping ─▶ new moments, weights, averages
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/onnx-graph.ts';
import type { Network } from '../network/network.ts';
import { addNormalisation } from '../network/normalise.ts';
import { isTrained, stageOf } from '../network/stages.ts';
import { arrangePixels } from './arrange-pixels.ts';
import { addBackward } from './backward.ts';
import { channelScales } from './channel-scale.ts';
import { DROPOUT_MASK, withoutDropout } from './dropout.ts';
import { addLoss } from './loss.ts';
import type { Shape } from './operator.ts';
import { operatorOf } from './operators.ts';
import { addClipping, addSharedScalars, addUpdate } from './optimiser.ts';
import { poolFirst } from './pool-first.ts';
import { inferShapes } from './shapes.ts';
import type { OptimiserKind } from './step-scalars.ts';
import { STEP_SCALARS, stageScalars } from './step-scalars.ts';

/** ScatterElements adds since 16. */
const OPSET = 16;

export interface TrainingGraphOptions {
  readonly optimiser: OptimiserKind;
  /** Whether a step is in proportion to the size of what each output channel began with (channel-scale.ts). */
  readonly relativeSteps: boolean;
  /** Stages of the backbone that are trained, from the last one: 0 to 5. */
  readonly trainable: number;
  /** Whether features are dropped, by a mask that comes in with the batch. */
  readonly drops: boolean;
  readonly batchSize: number;
  readonly height: number;
  readonly width: number;
  /** `pixels`: matrix products in pixel order, the fastest on a CPU. `channels`: ONNX's own convolutions, the fastest on a GPU. */
  readonly layout: 'pixels' | 'channels';
}

/** A weight that a step changes. */
export interface TrainedWeight {
  readonly name: string;
  /** As the graph has it. */
  readonly shape: Shape;
  /** Whether it is (kh, kw, C, K) in the graph, where the network has (K, C, kh, kw). */
  readonly isTurned: boolean;
}

export interface TrainingGraph {
  /** Inputs `image`, `labels`, `weights`, scalars of step-scalars.ts, and `<kind>/<weight>`; outputs `loss`, `norm`, `logits`, `new/<kind>/<weight>`. */
  readonly graph: OnnxGraph;
  readonly trained: readonly TrainedWeight[];
  /** Indices of STAGES whose rates are inputs. */
  readonly stages: readonly number[];
}

/** Kinds of values that a step changes; `second` is AdamW's alone. */
export const STATE_KINDS = { adamw: ['weight', 'average', 'first', 'second'], sgd: ['weight', 'average', 'first'] } as const;

/** Throws TRAIN_OPERATOR_UNKNOWN for a network that cannot be trained through. */
export function createTrainingGraph(network: Network, options: TrainingGraphOptions): TrainingGraph {
  const { batchSize, height, width, optimiser } = options;
  const { graph, materials } = network;
  const names = new Set([...graph.initialisers.keys()].filter((name) => isTrained(name, options.trainable)));
  const plain = poolFirst(options.drops ? graph.nodes : withoutDropout(graph.nodes));
  const { nodes, kernels } = options.layout === 'pixels' ? arrangePixels(plain, names) : { nodes: plain, kernels: new Set<string>() };
  const trained = [...names].map((name) => {
    const { shape } = graph.initialisers.get(name)!;
    return { name, shape: kernels.has(name) ? [shape[2]!, shape[3]!, shape[1]!, shape[0]!] : shape, isTurned: kernels.has(name) };
  });
  const stages = [...new Set(trained.map(({ name }) => stageOf(name)))];
  const shapes = inferShapes(nodes, new Map<string, Shape>([
    ...[...graph.initialisers].map(([name, { shape }]) => [name, shape] as const), ...trained.map(({ name, shape }) => [name, shape] as const), ['input', [batchSize, 3, height, width]],
  ]));

  const builder = new GraphBuilder();
  builder.input('image', 'uint8', [batchSize, height, width, 3]);
  builder.input('labels', 'float32', [batchSize, materials]);
  builder.input('weights', 'float32', [batchSize]);
  if (options.drops) builder.input(DROPOUT_MASK, 'float32', [batchSize, network.features]);
  for (const name of [...STEP_SCALARS, ...stages.flatMap((stage) => Object.values(stageScalars(stage)))]) builder.input(name, 'float32', []);
  for (const { name, shape } of trained) builder.input(name, 'float32', shape);
  for (const [name, tensor] of graph.initialisers) {
    if (!names.has(name)) builder.initialiser(name, tensor);
  }

  addNormalisation(builder, 'image', 'input');
  const kept = addForward(builder, nodes, shapes);
  const { loss, gradient } = addLoss(builder, { logits: 'logits', labels: 'labels', weights: 'weights', count: 'count', shape: [batchSize, materials] });
  const gradients = addBackward(builder, { nodes, shapes, kept, trained: names, gradients: new Map([['logits', gradient]]) });
  const norm = addOptimiser(builder, { kind: optimiser, trained, gradients, scales: options.relativeSteps ? graph.initialisers : undefined });
  builder.output('loss', loss, 'float32', []);
  builder.output('norm', norm, 'float32', []);
  builder.output('logits', 'logits', 'float32', [batchSize, materials]);
  return { graph: builder.build('training_step', OPSET), trained, stages };
}

/** The forward nodes; gives what each keeps for its gradient, by its output. */
function addForward(builder: GraphBuilder, nodes: readonly OnnxNode[], shapes: ReadonlyMap<string, Shape>): Map<string, readonly string[]> {
  const kept = new Map<string, readonly string[]>();
  for (const node of nodes) {
    const operator = operatorOf(node), output = node.outputs[0]!;
    builder.within(`forward/${node.name || output}/`);
    if (operator.forward === undefined) builder.copy(node);
    else kept.set(output, operator.forward({ builder, node, inputs: node.inputs.map((input) => shapes.get(input) ?? []), output: shapes.get(output)! }));
  }
  return kept;
}

/** The new weights, averages and moments, as outputs of the graph; gives the name of the gradient's norm. */
function addOptimiser(builder: GraphBuilder, { kind, trained, gradients, scales }: {
  kind: OptimiserKind; trained: readonly TrainedWeight[]; gradients: ReadonlyMap<string, string>; scales: ReadonlyMap<string, OnnxTensor> | undefined;
}): string {
  const { norm, factor } = addClipping(builder, [...gradients.values()], 'clip_limit');
  const shared = addSharedScalars(builder, kind, factor, { epsilon: 'epsilon', emaDecay: 'ema_decay' });
  for (const weight of trained) {
    const { name, shape } = weight;
    const { rate: stageRate, keep } = stageScalars(stageOf(name));
    const rate = scales === undefined ? stageRate : addRelativeRate(builder, kind, stageRate, weight, channelScales(name, scales));
    for (const state of STATE_KINDS[kind].slice(1)) builder.input(`${state}/${name}`, 'float32', shape);
    const names = { weight: `new/weight/${name}`, average: `new/average/${name}`, first: `new/first/${name}`, second: `new/second/${name}` };
    addUpdate(builder, kind, shared, {
      weight: name, gradient: gradients.get(name)!, average: `average/${name}`, first: `first/${name}`, second: `second/${name}`, rate,
      // Biases are one-dimensional, and do not decay.
      keep: shape.length === 1 ? builder.scalar(1) : keep,
    }, names);
    for (const state of STATE_KINDS[kind]) builder.output(names[state], names[state], 'float32', shape);
  }
  return norm;
}

/** A rate per output channel. AdamW's direction knows no size; momentum's is a gradient, which by the chain rule is scaled once more. */
function addRelativeRate(builder: GraphBuilder, kind: OptimiserKind, rate: string, { name, shape, isTurned }: TrainedWeight, scales: Float32Array): string {
  const data = kind === 'sgd' ? scales.map((scale) => scale * scale) : scales;
  const channelShape = shape.map((_, axis) => (axis === (isTurned ? shape.length - 1 : 0) ? data.length : 1));
  builder.within(`optimiser/${name}/`);
  return builder.add('Mul', [rate, builder.constant({ shape: channelShape, data })]);
}
