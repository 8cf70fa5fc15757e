// A model that was trained before as the start of another training: its network without the nodes that prepare pictures, and its
// last layer, so that a line's new pictures teach the model that already knows the old ones.
import { SortlineError } from '../../base/errors.ts';
import { labelOrder, parseManifest } from '../../classify/manifest.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { OnnxGraph, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { readGraph } from '../../onnx/read-graph.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import type { Backbone } from '../network/import-backbone.ts';
import { importBackbone } from '../network/import-backbone.ts';
import type { Network } from '../network/network.ts';
import { simplifyGraph } from '../network/simplify-graph.ts';
import { gatherRows } from './gather-rows.ts';

/** A trained last layer, rows in the order of MATERIALS. */
export interface TrainedHead {
  /** (materials, features) */
  readonly weight: Float32Array;
  /** (materials) */
  readonly bias: Float32Array;
}

/** The network of a model folder's contents. Throws MODEL_UNREADABLE, MODEL_MANIFEST_INVALID, MODEL_MISMATCH where it is no whole residual network (a model of head mode is none). */
export function backboneOfModel(model: Uint8Array, manifestText: string, what: string): { backbone: Backbone; head: TrainedHead } {
  const order = labelOrder(parseManifest(manifestText, `${what}: manifest.json`), what);
  const graph = simplifyGraph(readGraph(model, what));
  const network = withoutPreparation(graph, what);
  return { backbone: importBackbone(writeGraph(network), what), head: headOf(graph, order, what) };
}

/** `network` with `head` as its last layer. Throws MODEL_MISMATCH where it does not fit. */
export function withHead(network: Network, head: TrainedHead): Network {
  if (head.weight.length !== network.materials * network.features) {
    throw new SortlineError('MODEL_MISMATCH', `the model's last layer has ${head.weight.length} weights, ${network.architecture} needs ${network.materials * network.features}: train from a model of the same architecture`, { context: { architecture: network.architecture } });
  }
  const layer: readonly (readonly [string, OnnxTensor])[] = [
    ['head.weight', { shape: [network.materials, network.features], data: head.weight }], ['head.bias', { shape: [network.materials], data: head.bias }],
  ];
  return { ...network, graph: { ...network.graph, initialisers: new Map([...network.graph.initialisers, ...layer]) } };
}

/** What the first convolution reads becomes the input; the nodes before it cast, order and normalise pixels. */
function withoutPreparation(graph: OnnxGraph, what: string): OnnxGraph {
  const first = graph.nodes.find(({ type }) => type === 'Conv');
  if (first === undefined) throw new SortlineError('MODEL_MISMATCH', `${what} holds no convolution: train from a model of Sortline, or from a pretrained ResNet`, { context: { what } });
  const input = first.inputs[0]!;
  const before = new Set([input]);
  const nodes = graph.nodes.toReversed().filter((node) => {
    const isBefore = node.outputs.some((output) => before.has(output));
    if (isBefore) for (const each of node.inputs) before.add(each);
    return !isBefore;
  }).reverse();
  const read = new Set(nodes.flatMap((node) => node.inputs));
  return {
    ...graph, nodes, inputs: [{ name: input, type: 'float32', shape: ['n', 3, 'height', 'width'] }],
    initialisers: new Map([...graph.initialisers].filter(([name]) => read.has(name))),
  };
}

/** Weight and bias of the fully connected layer that gives the logits. */
function headOf(graph: OnnxGraph, order: readonly number[], what: string): TrainedHead {
  const gemm = graph.nodes.findLast(({ type }) => type === 'Gemm');
  const weight = graph.initialisers.get(gemm?.inputs[1] ?? ''), bias = graph.initialisers.get(gemm?.inputs[2] ?? '');
  const isTransposed = gemm?.attributes['transB']?.kind === 'int' && gemm.attributes['transB'].value === 1;
  if (!isTransposed || weight?.shape[0] !== MATERIALS.length || bias === undefined) {
    throw new SortlineError('MODEL_MISMATCH', `${what} does not end in a fully connected layer for ${MATERIALS.length} materials: train from a model of Sortline, or from a pretrained ResNet`, { context: { what } });
  }
  const features = weight.shape[1]!;
  return { weight: gatherRows(weight.data as Float32Array, order, features), bias: Float32Array.from(order, (label) => (bias.data as Float32Array)[label]!) };
}
