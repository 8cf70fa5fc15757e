// One ONNX graph for a whole training step. Weights, moments and averages go in and come out; what stays between two steps is the
// session's (train/onnx-training-session.ts). Stages that are not trained are constants, so that the runtime may fold and fuse them.
//
//   image ─▶ normalise ─▶ forward ─▶ logits ─▶ loss ─▶ gradients ─▶ norm, clipping ─▶ new moments, weights, averages
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph, OnnxNode } from '../../onnx/onnx-graph.ts';
import type { Network } from '../network/network.ts';
import { addNormalisation } from '../network/normalise.ts';
import { isTrained, stageOf } from '../network/stages.ts';
import { addBackward } from './backward.ts';
import { addDropout, DROPOUT_MASK, withoutDropout } from './dropout.ts';
import { addLoss } from './loss.ts';
import { withPlaces } from './max-pool.ts';
import type { Shape } from './operator.ts';
import { addClipping, addSharedScalars, addUpdate } from './optimiser.ts';
import { inferShapes } from './shapes.ts';
import type { OptimiserKind } from './step-scalars.ts';
import { STEP_SCALARS, stageScalars } from './step-scalars.ts';

/** ScatterElements adds since 16. */
export const OPSET = 16;

export interface TrainingGraphOptions {
  readonly optimiser: OptimiserKind;
  /** Stages of the backbone that are trained, from the last one: 0 to 5. */
  readonly trainable: number;
  /** Whether features are dropped, by a mask that comes in with the batch. */
  readonly drops: boolean;
  readonly batchSize: number;
  readonly height: number;
  readonly width: number;
}

/** A weight that a step changes. */
export interface TrainedWeight {
  readonly name: string;
  readonly shape: Shape;
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
  const builder = new GraphBuilder();
  const inputs = new Map<string, Shape>([['input', [batchSize, 3, height, width]]]);
  const shapes = inferShapes(graph, inputs);
  const trained = [...graph.initialisers].filter(([name]) => isTrained(name, options.trainable)).map(([name, { shape }]) => ({ name, shape }));
  const stages = [...new Set(trained.map(({ name }) => stageOf(name)))];

  builder.input('image', 'uint8', [batchSize, height, width, 3]);
  builder.input('labels', 'float32', [batchSize, materials]);
  builder.input('weights', 'float32', [batchSize]);
  if (options.drops) builder.input(DROPOUT_MASK, 'float32', [batchSize, network.features]);
  for (const name of [...STEP_SCALARS, ...stages.flatMap((stage) => Object.values(stageScalars(stage)))]) builder.input(name, 'float32', []);

  const trainedNames = new Set(trained.map(({ name }) => name));
  for (const [name, tensor] of graph.initialisers) {
    if (!trainedNames.has(name)) builder.initialiser(name, tensor);
  }
  for (const { name, shape } of trained) builder.input(name, 'float32', shape);
  addNormalisation(builder, 'image', 'input');
  const nodes = options.drops ? graph.nodes : withoutDropout(graph.nodes);
  for (const node of nodes) addForward(builder, node);

  const { loss, gradient } = addLoss(builder, { logits: 'logits', labels: 'labels', weights: 'weights', count: 'count', shape: [batchSize, materials] });
  const gradients = addBackward(builder, { nodes, shapes, trained: trainedNames, gradients: new Map([['logits', gradient]]) });
  const { norm, factor } = addClipping(builder, [...gradients.values()], 'clip_limit');
  const shared = addSharedScalars(builder, optimiser, factor, { epsilon: 'epsilon', emaDecay: 'ema_decay' });
  builder.output('loss', loss, 'float32', []);
  builder.output('norm', norm, 'float32', []);
  builder.output('logits', 'logits', 'float32', [batchSize, materials]);
  for (const { name, shape } of trained) {
    const { rate, keep } = stageScalars(stageOf(name));
    for (const kind of STATE_KINDS[optimiser].slice(1)) builder.input(`${kind}/${name}`, 'float32', shape);
    const names = { weight: `new/weight/${name}`, average: `new/average/${name}`, first: `new/first/${name}`, second: `new/second/${name}` };
    // Biases are one-dimensional, and do not decay.
    const values = { weight: name, gradient: gradients.get(name)!, average: `average/${name}`, first: `first/${name}`, second: `second/${name}`, rate, keep: shape.length === 1 ? builder.scalar(1) : keep };
    addUpdate(builder, optimiser, shared, values, names);
    for (const kind of STATE_KINDS[optimiser]) builder.output(names[kind], names[kind], 'float32', shape);
  }
  return { graph: builder.build('training_step', OPSET), trained, stages };
}

function addForward(builder: GraphBuilder, node: OnnxNode): void {
  if (node.type === 'Dropout') addDropout(builder, node);
  else builder.copy(node.type === 'MaxPool' ? withPlaces(node) : node);
}
