// ResNet-34 out of ResNet-18: the same stages with more blocks. The blocks added compute the identity to begin with: their first
// kernels are drawn at random, their second are zero.
import type { Random } from '../../base/random.ts';
import type { OnnxNode, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { ints } from '../../onnx/onnx-graph.ts';
import type { Backbone } from './import-backbone.ts';
import { heValues } from './he-values.ts';

/** Blocks of each layer of ResNet-34; ResNet-18 has two of each. */
const BLOCKS = [3, 4, 6, 3];
const BLOCKS_BEFORE = 2;

/** `backbone` is a ResNet-18. Its weights are kept as they are. */
export function deepen(backbone: Backbone, random: Random): Backbone {
  const weights = new Map(backbone.graph.initialisers);
  const nodes: OnnxNode[] = [];
  const replaced = new Map<string, string>();
  for (const original of backbone.graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((input) => replaced.get(input) ?? input) };
    nodes.push(node);
    const ended = endedLayer(node, nodes);
    if (ended === undefined) continue;
    let value = node.outputs[0]!;
    const channels = weights.get(`layer${ended}.1.conv2.weight`)!.shape[0]!;
    for (let block = BLOCKS_BEFORE; block < BLOCKS[ended - 1]!; block++) {
      const name = `layer${ended}.${block}`;
      addWeights(weights, name, channels, random);
      nodes.push(...identityBlock(name, value));
      value = `${name}/out`;
    }
    replaced.set(node.outputs[0]!, value);
  }
  return { architecture: 'resnet34', graph: { ...backbone.graph, nodes, initialisers: weights } };
}

/** The layer whose last block ends with this Relu: the one after the Add of block 1. */
function endedLayer(node: OnnxNode, before: readonly OnnxNode[]): number | undefined {
  if (node.type !== 'Relu') return undefined;
  const add = before.find((other) => other.outputs[0] === node.inputs[0] && other.type === 'Add');
  const branch = before.find((other) => other.type === 'Conv' && add?.inputs.includes(other.outputs[0]!) === true && other.name.endsWith('.1.conv2'));
  return branch === undefined ? undefined : Number(/^layer(\d)/.exec(branch.name)![1]);
}

function addWeights(weights: Map<string, OnnxTensor>, name: string, channels: number, random: Random): void {
  const shape = [channels, channels, 3, 3];
  weights.set(`${name}.conv1.weight`, { shape, data: heValues(shape, random) });
  weights.set(`${name}.conv2.weight`, { shape, data: new Float32Array(channels * channels * 9) });
  for (const conv of ['conv1', 'conv2']) weights.set(`${name}.${conv}.bias`, { shape: [channels], data: new Float32Array(channels) });
}

function identityBlock(name: string, input: string): OnnxNode[] {
  const node = (type: string, part: string, inputs: string[], attributes: OnnxNode['attributes'] = {}): OnnxNode => ({ type, domain: '', name: `${name}.${part}`, inputs, outputs: [`${name}/${part}`], attributes });
  const conv = (part: string, value: string): OnnxNode => node('Conv', part, [value, `${name}.${part}.weight`, `${name}.${part}.bias`], {
    kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]), strides: ints([1, 1]), dilations: ints([1, 1]),
  });
  return [
    conv('conv1', input), node('Relu', 'relu', [`${name}/conv1`]), conv('conv2', `${name}/relu`),
    node('Add', 'add', [`${name}/conv2`, input]), { ...node('Relu', 'relu2', [`${name}/add`]), outputs: [`${name}/out`] },
  ];
}
