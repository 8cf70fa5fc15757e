// Networks as other people's exporters write them, made from a random backbone: other names, batch normalisation, a classifier.
import { createRandom } from '../../../src/base/random.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../../src/onnx/onnx-graph.ts';
import { float, int } from '../../../src/onnx/onnx-graph.ts';
import type { Backbone } from '../../../src/learning/network/import-backbone.ts';

const plain = { domain: '', attributes: {} };

/** The same network with every name replaced, so that only its shape can tell what it is. */
export function renamed({ graph }: Pick<Backbone, 'graph'>): OnnxGraph {
  const names = new Map<string, string>();
  const nameOf = (name: string): string => {
    if (name === '') return name;
    if (!names.has(name)) names.set(name, `onnx::value_${names.size}`);
    return names.get(name)!;
  };
  return {
    ...graph,
    nodes: graph.nodes.map((node, index) => ({ ...node, name: `/node_${index}`, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) })),
    initialisers: new Map([...graph.initialisers].map(([name, tensor]) => [nameOf(name), tensor])),
    inputs: graph.inputs.map((value) => ({ ...value, name: nameOf(value.name) })), outputs: graph.outputs.map((value) => ({ ...value, name: nameOf(value.name) })),
  };
}

/** Each convolution without its bias, and with batch normalisation behind it, as an export in training mode has it. */
export function withBatchNorm({ graph }: Backbone, seed: number): OnnxGraph {
  const random = createRandom(seed);
  const initialisers = new Map<string, OnnxTensor>(graph.initialisers);
  const nodes = graph.nodes.flatMap((node): OnnxNode[] => {
    if (node.type !== 'Conv') return [node];
    const channels = graph.initialisers.get(node.inputs[1]!)!.shape[0]!, [output] = node.outputs as [string];
    const inputs = ['scale', 'shift', 'mean', 'variance'].map((part) => {
      initialisers.set(`${output}/${part}`, { shape: [channels], data: Float32Array.from({ length: channels }, () => (part === 'mean' || part === 'shift' ? random.gaussian() / 5 : random.between(0.5, 1.5))) });
      return `${output}/${part}`;
    });
    initialisers.delete(node.inputs[2]!);
    return [
      { ...node, inputs: node.inputs.slice(0, 2), outputs: [`${output}/raw`] },
      { ...plain, type: 'BatchNormalization', name: `${output}/norm`, inputs: [`${output}/raw`, ...inputs], outputs: [output], attributes: { epsilon: float(1e-5) } },
    ];
  });
  return { ...graph, nodes, initialisers };
}

/** With a fully connected layer for `classes` behind the features. */
export function withClassifier(graph: OnnxGraph, classes: number): OnnxGraph {
  const [features] = graph.outputs, width = features!.shape[1] as number;
  return {
    ...graph,
    nodes: [...graph.nodes, { ...plain, type: 'Gemm', name: 'fc', inputs: [features!.name, 'fc.weight', 'fc.bias'], outputs: ['classes'], attributes: { transB: int(1) } }],
    initialisers: new Map([...graph.initialisers, ['fc.weight', { shape: [classes, width], data: new Float32Array(classes * width).fill(0.01) }], ['fc.bias', { shape: [classes], data: new Float32Array(classes) }]]),
    outputs: [{ name: 'classes', type: 'float32', shape: ['n', classes] }],
  };
}
