// The graphs of head mode: a frozen backbone that gives features, and the same with a classifier behind it. Features are averages
// over the picture after two places, before the last blocks, which are specialised on ImageNet's thousand classes (or, in some
// backbones, not pretrained at all): layer 3, and the first block of layer 4. On the TrashNet photographs both together
// recognise two in a hundred more than the latter alone.
//
//   image ─▶ normalise ─▶ … layer3 ─┬─▶ layer4.0 ─▶ average ─┐
//                                   └────────────▶ average ──┴─▶ Concat ─▶ features (─▶ Gemm ─▶ logits)
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph, OnnxNode } from '../../onnx/onnx-graph.ts';
import { int } from '../../onnx/onnx-graph.ts';
import type { CropShape } from '../../classify/classifier.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { Backbone } from '../network/import-backbone.ts';
import type { Network } from '../network/network.ts';
import { addNormalisation } from '../network/normalise.ts';

const OPSET = 13;
/** Stages at whose first block the taken values stop: what layer4.0 reads, and what layer4.1 reads. */
const TAKEN_BEFORE = ['layer4.0.conv1', 'layer4.1.conv1'] as const;

/** The classifier: logits = weight · features + bias. */
export interface LinearHead {
  /** (materials, features) float32. */
  readonly weight: Float32Array;
  /** (materials) float32. */
  readonly bias: Float32Array;
}

/** Values in a row of `features`. */
export function headFeatureCount(backbone: Backbone): number {
  return takenValues(backbone.graph).reduce((sum, { channels }) => sum + channels, 0);
}

/** `image` (N,H,W,3) uint8 to `features` (N, features) float32. */
export function featureGraph(backbone: Backbone, shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addFeatures(builder, backbone, shape);
  builder.output('features', 'features', 'float32', ['n', headFeatureCount(backbone)]);
  return builder.build(`${backbone.architecture}-features`, OPSET);
}

/** `image` (N,H,W,3) uint8 to `features` (N, features) float32: what `network` makes of pictures before its own last layer. */
export function pooledFeatureGraph({ architecture, graph, features }: Network, { height, width }: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  builder.input('image', 'uint8', ['n', height, width, 3]);
  addNormalisation(builder, 'image', 'input');
  copyNodesFor(builder, graph, ['features']);
  builder.output('features', 'features', 'float32', ['n', features]);
  return builder.build(`${architecture}-pooled`, OPSET);
}

/** `image` (N,H,W,3) uint8 to `logits` (N, materials) float32. */
export function headModelGraph(backbone: Backbone, head: LinearHead, shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addFeatures(builder, backbone, shape);
  builder.initialiser('head.weight', { shape: [MATERIALS.length, headFeatureCount(backbone)], data: head.weight });
  builder.initialiser('head.bias', { shape: [MATERIALS.length], data: head.bias });
  builder.add('Gemm', ['features', 'head.weight', 'head.bias'], { transB: int(1) }, 'logits');
  builder.output('logits', 'logits', 'float32', ['n', MATERIALS.length]);
  return builder.build(`${backbone.architecture}-head`, OPSET);
}

function addFeatures(builder: GraphBuilder, { graph }: Backbone, { height, width }: CropShape): void {
  const taken = takenValues(graph);
  builder.input('image', 'uint8', ['n', height, width, 3]);
  addNormalisation(builder, 'image', 'input');
  copyNodesFor(builder, graph, taken.map(({ value }) => value));
  builder.within('head/');
  const rows = taken.map(({ value }) => builder.add('Flatten', [builder.add('GlobalAveragePool', [value])], { axis: int(1) }));
  builder.add('Concat', rows, { axis: int(1) }, 'features');
}

function takenValues(graph: OnnxGraph): { value: string; channels: number }[] {
  return TAKEN_BEFORE.map((name) => {
    const reader = graph.nodes.find((node) => node.name === name);
    if (reader === undefined) throw new RangeError(`a backbone without ${name}: import-backbone.ts names every block`);
    return { value: reader.inputs[0]!, channels: graph.initialisers.get(reader.inputs[1]!)!.shape[1]! };
  });
}

/** Adds to `builder` what `values` are computed by, weights included. */
function copyNodesFor(builder: GraphBuilder, graph: OnnxGraph, values: readonly string[]): void {
  for (const node of nodesFor(graph, values)) {
    for (const name of node.inputs) {
      const tensor = graph.initialisers.get(name);
      if (tensor !== undefined) builder.initialiser(name, tensor);
    }
    builder.copy(node);
  }
}

/** The nodes that `values` are computed by, in order. */
function nodesFor(graph: OnnxGraph, values: readonly string[]): OnnxNode[] {
  const wanted = new Set(values);
  return graph.nodes.toReversed().filter((node) => {
    const isWanted = node.outputs.some((output) => wanted.has(output));
    if (isWanted) for (const input of node.inputs) wanted.add(input);
    return isWanted;
  }).reverse();
}
