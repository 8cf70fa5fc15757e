// Networks put together from backbones: heads, blocks that were not pretrained, and ResNet-34 out of ResNet-18.
import { describe, expect, test } from 'vitest';
import { createNetwork } from '../../../src/learning/network/network.ts';
import { inferenceGraph } from '../../../src/learning/network/inference-graph.ts';
import { randomBackbone } from '../../../src/learning/network/random-backbone.ts';
import { isTrained, STAGES, stageOf } from '../../../src/learning/network/stages.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import type { Network } from '../../../src/learning/network/network.ts';
import type { OnnxGraph } from '../../../src/onnx/onnx-graph.ts';
import { relativeError } from '../reference/compare.ts';

const SIZE = 32;
const resnet18 = randomBackbone({ architecture: 'resnet18', seed: 1, width: 4 });
const resnet50 = randomBackbone({ architecture: 'resnet50', seed: 1, width: 4 });

async function run(graph: OnnxGraph, output: string): Promise<Float32Array> {
  const session = await openRuntimeSession(writeGraph(graph), { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
  const { outputs } = await session.run({ image: { data: Uint8Array.from({ length: 2 * SIZE * SIZE * 3 }, (_, index) => (index * 7919) % 256), shape: [2, SIZE, SIZE, 3] } }, { [output]: undefined });
  await session.close();
  return outputs[output]!;
}

/** Features in a row of two pictures. */
function features(network: Network): Promise<Float32Array> {
  const graph = inferenceGraph(network, new Map(), { height: SIZE, width: SIZE });
  return run({ ...graph, outputs: [{ name: 'features', type: 'float32', shape: ['n', network.features] }] }, 'features');
}

describe('createNetwork', () => {
  test('gives the same weights for the same seed, and others for another', () => {
    const head = (seed: number): unknown => createNetwork(resnet18, { architecture: 'resnet18', materials: 6, seed }).graph.initialisers.get('head.weight');
    expect(head(1)).toEqual(head(1));
    expect(head(1)).not.toEqual(head(2));
  });

  test('resnet18 ends with dropout and a fully connected layer', () => {
    const { graph, features: width, materials } = createNetwork(resnet18, { architecture: 'resnet18', materials: 4, seed: 1 });
    expect(graph.nodes.slice(-2).map(({ type }) => type)).toEqual(['Dropout', 'Gemm']);
    expect([width, materials, graph.initialisers.get('head.weight')!.shape]).toEqual([32, 4, [4, 32]]);
  });

  test('resnet50-modnet ends with ReLU, dropout, a fully connected layer and log-softmax: its values are logarithms of probabilities', async () => {
    const network = createNetwork(resnet50, { architecture: 'resnet50-modnet', materials: 6, seed: 1 });
    expect(network.graph.nodes.slice(-4).map(({ type }) => type)).toEqual(['Relu', 'Dropout', 'Gemm', 'LogSoftmax']);
    const logits = await run(inferenceGraph(network, new Map(), { height: SIZE, width: SIZE }), 'logits');
    for (const row of [logits.subarray(0, 6), logits.subarray(6)]) expect(row.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  test('resnet34 out of resnet18 has 3, 4, 6, 3 blocks, and its features are those of resnet18 to begin with', async () => {
    const shallow = createNetwork(resnet18, { architecture: 'resnet18', materials: 6, seed: 1 }), deep = createNetwork(resnet18, { architecture: 'resnet34', materials: 6, seed: 1 });
    const blocks = [1, 2, 3, 4].map((layer) => new Set([...deep.graph.initialisers.keys()].flatMap((name) => new RegExp(`^layer${layer}\\.(\\d)`).exec(name)?.[1] ?? [])).size);
    expect(blocks).toEqual([3, 4, 6, 3]);
    expect(relativeError(await features(deep), await features(shallow))).toBeLessThan(1e-6);
  });

  test('resnet34 may start from a resnet34', () => {
    expect(createNetwork(randomBackbone({ architecture: 'resnet34', seed: 1, width: 4 }), { architecture: 'resnet34', materials: 6, seed: 1 }).architecture).toBe('resnet34');
  });

  test('a block that was never trained keeps its zeros at the end, and gets kernels at the beginning that gradients can reach', () => {
    const weights = new Map(resnet18.graph.initialisers);
    for (const name of ['layer4.1.conv1.weight', 'layer4.1.conv2.weight']) weights.set(name, { shape: weights.get(name)!.shape, data: new Float32Array(weights.get(name)!.data.length) });
    const { initialisers } = createNetwork({ ...resnet18, graph: { ...resnet18.graph, initialisers: weights } }, { architecture: 'resnet18', materials: 6, seed: 1 }).graph;
    expect((initialisers.get('layer4.1.conv1.weight')!.data as Float32Array).some((value) => value !== 0)).toBe(true);
    expect((initialisers.get('layer4.1.conv2.weight')!.data as Float32Array).every((value) => value === 0)).toBe(true);
  });

  test('a backbone that the architecture cannot start from is refused with both names', () => {
    expect(() => createNetwork(resnet18, { architecture: 'resnet50-modnet', materials: 6, seed: 1 })).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH', message: expect.stringMatching(/resnet18.*resnet50-modnet/) }));
    expect(() => createNetwork(resnet50, { architecture: 'resnet34', materials: 6, seed: 1 })).toThrow(expect.objectContaining({ message: expect.stringContaining('resnet34 or resnet18') }));
  });
});

describe('stages', () => {
  test('are told by the name of a weight', () => {
    expect(['stem.weight', 'layer1.0.conv1.bias', 'layer4.1.downsample.weight', 'head.bias'].map((name) => STAGES[stageOf(name)])).toEqual(['stem', 'layer1', 'layer4', 'head']);
    expect(() => stageOf('fc.weight')).toThrow(RangeError);
  });

  test('are trained from the last one, the head always', () => {
    const trained = (count: number): string[] => ['stem.weight', 'layer1.0.conv1.weight', 'layer4.0.conv1.weight', 'head.weight'].filter((name) => isTrained(name, count));
    expect([0, 1, 4, 5].map((count) => trained(count).length)).toEqual([1, 2, 3, 4]);
  });
});
