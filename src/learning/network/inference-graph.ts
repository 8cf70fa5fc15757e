// A network as the line runs it: `image` (N,H,W,3) uint8 RGB in, float32 out, weights inside, normalisation in the graph.
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { withoutDropout } from '../gradient/dropout.ts';
import type { Network } from './network.ts';
import { addNormalisation } from './normalise.ts';

const OPSET = 13;

export interface InferenceOptions {
  readonly height: number;
  readonly width: number;
}

/** `weights` replace those of the network by name. Output `logits` (N, materials). */
export function inferenceGraph(network: Network, weights: ReadonlyMap<string, Float32Array>, { height, width }: InferenceOptions): OnnxGraph {
  const builder = new GraphBuilder();
  builder.input('image', 'uint8', ['n', height, width, 3]);
  addNormalisation(builder, 'image', 'input');
  for (const [name, tensor] of network.graph.initialisers) builder.initialiser(name, replaced(tensor, weights.get(name)));
  for (const node of withoutDropout(network.graph.nodes)) builder.copy(node);
  builder.output('logits', 'logits', 'float32', ['n', network.materials]);
  return builder.build(network.architecture, OPSET);
}

function replaced(tensor: OnnxTensor, data: Float32Array | undefined): OnnxTensor {
  return data === undefined ? tensor : { shape: tensor.shape, data };
}
