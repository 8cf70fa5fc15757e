// A pretrained residual network from an ONNX file, whoever exported it: recognised by how its nodes hang together, not by their
// names, and given the names of stages.ts. What comes after the last block (pooling, a classifier of other classes) is dropped.
//
//   input ─▶ Conv ─▶ Relu ─▶ MaxPool ─▶ blocks … ─▶ GlobalAveragePool ─▶ Flatten ─▶ features
//   block: x ─▶ Conv ─▶ Relu ─▶ Conv (─▶ Relu ─▶ Conv) ─▶ Add ─▶ Relu; the other way to Add is x itself or one Conv
import { SortlineError } from '../../base/errors.ts';
import { int } from '../../onnx/onnx-graph.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { readGraph } from '../../onnx/read-graph.ts';
import { operatorOf } from '../gradient/operators.ts';
import { inferShapes } from '../gradient/shapes.ts';
import { BackboneNodes } from './backbone-nodes.ts';
import { simplifyGraph } from './simplify-graph.ts';

export type BackboneArchitecture = 'resnet18' | 'resnet34' | 'resnet50';

/** A residual network without its classifier: `input` (N,3,H,W) float32 normalised RGB to `features` (N,C). */
export interface Backbone {
  readonly architecture: BackboneArchitecture;
  readonly graph: OnnxGraph;
}

/** Variants of operators, groups for one, show when shapes are worked out. */
const TRIAL_SHAPE = [1, 3, 224, 224];

const LAYOUTS: Readonly<Record<string, BackboneArchitecture>> = { '2: 2,2,2,2': 'resnet18', '2: 3,4,6,3': 'resnet34', '3: 3,4,6,3': 'resnet50' };

/**
 * Reads a backbone; `what` names the file in errors. Throws MODEL_UNREADABLE for bytes that are no ONNX model, TRAIN_OPERATOR_UNKNOWN
 * naming an operator that cannot be trained through, and MODEL_MISMATCH for a network that is none of the three.
 */
export function importBackbone(bytes: Uint8Array, what: string): Backbone {
  const graph = simplifyGraph(readGraph(bytes, what));
  const nodes = new BackboneNodes(graph, what);
  const stem = nodes.take(nodes.input, ['Conv', 'Relu', 'MaxPool']);
  nodes.name(stem[0]!, 'stem');
  let value = stem[2]!.outputs[0]!;
  const counts: number[] = [];
  let convolutions = 0;
  for (let block = nodes.blockAfter(value); block !== undefined; block = nodes.blockAfter(value)) {
    // A convolution on the skip path begins a layer; layer 1 of ResNet-18 begins without one.
    if (counts.length === 0 || block.downsample !== undefined) counts.push(0);
    const name = `layer${counts.length}.${counts[counts.length - 1]!++}`;
    block.convolutions.forEach((node, index) => nodes.name(node, `${name}.conv${index + 1}`));
    if (block.downsample !== undefined) nodes.name(block.downsample, `${name}.downsample`);
    convolutions = block.convolutions.length;
    value = block.output;
  }
  nodes.named.forEach(operatorOf);
  const architecture = LAYOUTS[`${convolutions}: ${counts.join()}`];
  if (architecture === undefined) {
    const found = counts.length === 0 ? 'no residual block' : `blocks of ${convolutions} convolutions, ${counts.join(', ')} of them`;
    throw new SortlineError('MODEL_MISMATCH', `${what} is no ResNet-18, ResNet-34 or ResNet-50: after the first pooling it has ${found}; give an export of one of the three`, { context: { what, convolutions, blocks: counts } });
  }
  nodes.checkTail(value);
  const backbone = withPooling(nodes.named, nodes.weights, nodes.input, value);
  inferShapes(backbone.nodes, new Map([...[...backbone.initialisers].map(([name, { shape }]) => [name, shape] as const), ['input', TRIAL_SHAPE]]));
  return { architecture, graph: backbone };
}

/** The nodes named so far, and pooled features as the one output. */
function withPooling(nodes: readonly OnnxNode[], weights: ReadonlyMap<string, OnnxTensor>, input: string, last: string): OnnxGraph {
  const plain = { domain: '', attributes: {} };
  const renamed = nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => (name === input ? 'input' : name)) }));
  const channels = weights.get(renamed.findLast((node) => node.type === 'Conv')!.inputs[1]!)!.shape[0]!;
  return {
    name: 'backbone', opset: 16, initialisers: weights,
    nodes: [
      ...renamed,
      { ...plain, type: 'GlobalAveragePool', name: 'pool', inputs: [last], outputs: ['pooled'] },
      { ...plain, type: 'Flatten', name: 'flatten', inputs: ['pooled'], outputs: ['features'], attributes: { axis: int(1) } },
    ],
    inputs: [{ name: 'input', type: 'float32', shape: ['n', 3, 'height', 'width'] }],
    outputs: [{ name: 'features', type: 'float32', shape: ['n', channels] }],
  };
}
