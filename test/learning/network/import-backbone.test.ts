// Backbones from other people's exports are recognised by their shape, whatever their names, and compute what they computed.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import type { Backbone } from '../../../src/learning/network/import-backbone.ts';
import { importBackbone } from '../../../src/learning/network/import-backbone.ts';
import { randomBackbone } from '../../../src/learning/network/random-backbone.ts';
import type { OnnxGraph, OnnxNode } from '../../../src/onnx/onnx-graph.ts';
import { int, ints } from '../../../src/onnx/onnx-graph.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { relativeError } from '../reference/compare.ts';
import { renamed, withBatchNorm, withClassifier } from './exported-network.ts';

const SIZE = 32;
const narrow = (architecture: Backbone['architecture']): Backbone => randomBackbone({ architecture, seed: 3, width: 4 });

async function featuresOf(graph: OnnxGraph, output = graph.outputs[0]!.name): Promise<Float32Array> {
  const random = createRandom(1);
  const session = await openRuntimeSession(writeGraph(graph), { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
  const { outputs } = await session.run({ [graph.inputs[0]!.name]: { data: Float32Array.from({ length: 2 * 3 * SIZE * SIZE }, () => random.gaussian()), shape: [2, 3, SIZE, SIZE] } }, { [output]: undefined });
  await session.close();
  return outputs[output]!;
}

function refusal(graph: OnnxGraph): unknown {
  try {
    return importBackbone(writeGraph(graph), 'net.onnx');
  } catch (error) {
    return error;
  }
}

/** The graph with the node at `index` replaced. */
function withNode(graph: OnnxGraph, find: (node: OnnxNode) => boolean, change: (node: OnnxNode) => OnnxNode): OnnxGraph {
  const index = graph.nodes.findIndex(find);
  return { ...graph, nodes: graph.nodes.with(index, change(graph.nodes[index]!)) };
}

describe('what is recognised', () => {
  test.each(['resnet18', 'resnet34', 'resnet50'] as const)('%s under any names, its weights named by stage', async (architecture) => {
    const backbone = narrow(architecture);
    const imported = importBackbone(writeGraph(renamed(backbone)), 'net.onnx');
    expect(imported.architecture).toBe(architecture);
    expect(imported.graph.initialisers).toEqual(backbone.graph.initialisers);
    expect(await featuresOf(imported.graph)).toEqual(await featuresOf(backbone.graph));
  });

  test.each(['resnet18', 'resnet50'] as const)('%s with batch normalisation and a classifier: folded, dropped, same features', async (architecture) => {
    const exported = withBatchNorm(narrow(architecture), 4);
    const imported = importBackbone(writeGraph(withClassifier(renamed({ graph: exported }), 1000)), 'net.onnx');
    expect(imported.architecture).toBe(architecture);
    expect(imported.graph.nodes.map(({ type }) => type)).not.toContain('BatchNormalization');
    expect([...imported.graph.initialisers.keys()].filter((name) => /fc|head/.test(name))).toEqual([]);
    expect(relativeError(await featuresOf(imported.graph), await featuresOf(exported))).toBeLessThan(1e-5);
  });

  test('an export with weights behind Identity and Cast nodes, and pooling as a mean', async () => {
    const { graph } = narrow('resnet18');
    const bias = graph.initialisers.get('layer4.1.conv1.bias')!, weight = graph.initialisers.get('layer2.0.conv1.weight')!;
    const half = { shape: weight.shape, data: Float16Array.from(weight.data as Float32Array) };
    const exported: OnnxGraph = {
      ...graph,
      initialisers: new Map([...graph.initialisers, ['layer4.1.conv1.bias/stored', bias], ['layer2.0.conv1.weight/stored', half]].filter(([name]) => name !== 'layer4.1.conv1.bias' && name !== 'layer2.0.conv1.weight') as [string, typeof bias][]),
      nodes: [
        { type: 'Identity', domain: '', name: '', inputs: ['layer4.1.conv1.bias/stored'], outputs: ['layer4.1.conv1.bias'], attributes: {} },
        { type: 'Cast', domain: '', name: '', inputs: ['layer2.0.conv1.weight/stored'], outputs: ['layer2.0.conv1.weight'], attributes: { to: int(1) } },
        ...graph.nodes.map((node) => (node.type === 'GlobalAveragePool' ? { ...node, type: 'ReduceMean', attributes: { axes: ints([2, 3]), keepdims: int(1) } } : node)),
      ],
    };
    const imported = importBackbone(writeGraph(exported), 'net.onnx');
    expect(imported.graph.initialisers.get('layer4.1.conv1.bias')).toEqual(bias);
    expect(relativeError(imported.graph.initialisers.get('layer2.0.conv1.weight')!.data as Float32Array, weight.data as Float32Array)).toBeLessThan(1e-3);
  });
});

describe('what is refused', () => {
  const { graph } = narrow('resnet18');
  test('an operator that cannot be trained through, by name and node', () => {
    const gelu = withNode(graph, ({ name }) => name.includes('layer2.1/Relu'), (node) => ({ ...node, type: 'Gelu', name: 'the activation' }));
    expect(refusal(gelu)).toMatchObject({ code: 'TRAIN_OPERATOR_UNKNOWN', message: expect.stringMatching(/Gelu of node the activation/) });
  });

  test('grouped convolutions, as ResNeXt has them', () => {
    const grouped = withNode(graph, ({ name }) => name === 'layer1.0.conv2', (node) => ({ ...node, attributes: { ...node.attributes, group: int(2) } }));
    expect(refusal(grouped)).toMatchObject({ code: 'TRAIN_OPERATOR_UNKNOWN', message: expect.stringContaining('layer1.0.conv2') });
  });

  test('an operator behind the last block that is no classifier', () => {
    const odd = withNode(graph, ({ type }) => type === 'Flatten', (node) => ({ ...node, type: 'Loop' }));
    expect(refusal(odd)).toMatchObject({ code: 'TRAIN_OPERATOR_UNKNOWN', message: expect.stringContaining('Loop') });
  });

  test('a network of other depth, saying what was found', () => {
    const short = narrow('resnet18').graph.nodes.filter(({ name }) => !name.startsWith('layer4.1') );
    const end = short.findIndex(({ type }) => type === 'GlobalAveragePool'), last = short[end - 1]!.outputs[0]!;
    const cut = { ...graph, nodes: short.with(end, { ...short[end]!, inputs: [last] }) };
    expect(refusal(cut)).toMatchObject({ code: 'MODEL_MISMATCH', message: expect.stringContaining('blocks of 2 convolutions, 2, 2, 2, 1 of them') });
  });

  test('a model that takes something else than one picture', () => {
    expect(refusal({ ...graph, inputs: [{ name: 'input', type: 'uint8', shape: ['n', 224, 224, 3] }] })).toMatchObject({ code: 'MODEL_MISMATCH', message: expect.stringContaining('(n, 224, 224, 3) uint8') });
    expect(refusal({ ...graph, inputs: [...graph.inputs, { name: 'mask', type: 'float32', shape: [1] }] })).toMatchObject({ code: 'MODEL_MISMATCH', message: expect.stringContaining('mask') });
  });

  test('a file that is no ONNX model', () => {
    expect(() => importBackbone(new TextEncoder().encode('<html>not found</html>'), 'net.onnx')).toThrow(expect.objectContaining({ code: 'MODEL_UNREADABLE', message: expect.stringContaining('net.onnx') }));
  });
});

const folder = '../shared/backbones';

describe('the backbones at hand', () => {
  test.skipIf(!existsSync(folder)).each([['resnet18', 512, 40], ['resnet50', 2048, 106]] as const)('%s', (architecture, channels, weights) => {
    const { graph, ...rest } = importBackbone(readFileSync(`${folder}/${architecture}-imagenet.onnx`), architecture);
    expect(rest.architecture).toBe(architecture);
    expect(graph.outputs[0]!.shape).toEqual(['n', channels]);
    expect(graph.initialisers.size).toBe(weights);
    expect([...graph.initialisers.values()].every(({ data }) => data instanceof Float32Array)).toBe(true);
  });
});
