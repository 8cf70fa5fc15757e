// Takes out of a graph what exports add and training has no use for: Identity and Dropout nodes, Constant nodes, weights stored as
// float16 behind a Cast, and batch normalisation, which is folded into the convolution before it.
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { floatOf } from '../../onnx/onnx-graph.ts';

export function simplifyGraph(graph: OnnxGraph): OnnxGraph {
  const weights = new Map(graph.initialisers);
  const renamed = new Map<string, string>();
  const nodes: OnnxNode[] = [];
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((input) => renamed.get(input) ?? input) };
    const [input, output] = [node.inputs[0] ?? '', node.outputs[0]!];
    const constant = constantOf(node, weights);
    if (constant !== undefined) weights.set(output, constant);
    else if (node.type === 'Identity' || node.type === 'Dropout') renamed.set(output, input);
    else if (node.type === 'BatchNormalization' && foldInto(nodes, node, weights)) renamed.set(output, input);
    else nodes.push(node);
  }
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const outputs = graph.outputs.map((value) => ({ ...value, name: renamed.get(value.name) ?? value.name }));
  return { ...graph, nodes, outputs, initialisers: new Map([...weights].filter(([name]) => read.has(name))) };
}

/** The value of a node that only restates a weight. */
function constantOf(node: OnnxNode, weights: ReadonlyMap<string, OnnxTensor>): OnnxTensor | undefined {
  const value = node.attributes['value'];
  if (node.type === 'Constant' && value?.kind === 'tensor') return value.value;
  const source = weights.get(node.inputs[0] ?? '');
  if (source === undefined) return undefined;
  if (node.type === 'Identity') return source;
  return node.type === 'Cast' && (source.data instanceof Float16Array || source.data instanceof Float64Array) ? { shape: source.shape, data: Float32Array.from(source.data) } : undefined;
}

/** Puts scale and shift into the convolution whose result `node` reads, if nothing else reads it. Whether it could. */
function foldInto(nodes: OnnxNode[], node: OnnxNode, weights: Map<string, OnnxTensor>): boolean {
  const at = nodes.findIndex((other) => other.outputs[0] === node.inputs[0]);
  const conv = nodes[at];
  const [scale, shift, mean, variance] = node.inputs.slice(1).map((name) => weights.get(name)?.data as Float32Array | undefined);
  const kernel = weights.get(conv?.inputs[1] ?? '');
  const isReadTwice = nodes.some((other) => other.inputs.includes(node.inputs[0]!));
  if (conv?.type !== 'Conv' || isReadTwice || kernel === undefined || scale === undefined || shift === undefined || mean === undefined || variance === undefined) return false;
  const bias = weights.get(conv.inputs[2] ?? '')?.data as Float32Array | undefined;
  const epsilon = floatOf(node, 'epsilon', 1e-5);
  const factors = Array.from(scale, (value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  const perChannel = kernel.data.length / factors.length;
  const folded = Float32Array.from(kernel.data as Float32Array, (value, index) => value * factors[Math.floor(index / perChannel)]!);
  const newBias = Float32Array.from(factors, (factor, channel) => ((bias?.[channel] ?? 0) - mean[channel]!) * factor + shift[channel]!);
  const names = [`${conv.outputs[0]}/folded`, `${conv.outputs[0]}/bias`] as const;
  weights.set(names[0], { shape: kernel.shape, data: folded });
  weights.set(names[1], { shape: [newBias.length], data: newBias });
  nodes[at] = { ...conv, inputs: [conv.inputs[0]!, ...names] };
  return true;
}
