import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { importBackbone } from '../../../src/learning/network/import-backbone.ts';
import { inferenceGraph } from '../../../src/learning/network/inference-graph.ts';
import { createNetwork } from '../../../src/learning/network/network.ts';
import type { Network } from '../../../src/learning/network/network.ts';
import { featureGraph } from '../../../src/learning/train/head-graph.ts';
import { backboneOfModel, withHead } from '../../../src/learning/train/model-backbone.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { storeWeightsAsFloat16 } from '../../../src/onnx/store-float16.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { tinyBackbone } from '../sweep/tiny-backbone.ts';

const SHAPE = { height: 64, width: 64 };
const backbone = importBackbone(tinyBackbone(), 'tiny');
const network = createNetwork(backbone, { architecture: 'resnet18', materials: MATERIALS.length, seed: 1 });
const model = storeWeightsAsFloat16(writeGraph(inferenceGraph(network, new Map(), SHAPE)), 'tiny').model;
const manifest = (labels: readonly string[]): string => JSON.stringify({
  labels, input: { name: 'image', layout: 'NHWC', type: 'uint8', channels: 'RGB', ...SHAPE, preprocess: 'none' }, output: { name: 'logits' },
  sha256: '0'.repeat(64), trainedOn: 'nothing', metrics: {},
});

async function logitsOf(bytes: Uint8Array): Promise<Float32Array> {
  const random = createRandom(2);
  const session = await openRuntimeSession(bytes, { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
  const data = Uint8Array.from({ length: 3 * 64 * 64 * 3 }, () => random.integer(0, 255));
  const { outputs } = await session.run({ image: { data, shape: [3, 64, 64, 3] } }, { logits: undefined });
  await session.close();
  return outputs['logits']!;
}

function startedFrom(labels: readonly string[]): Network {
  const started = backboneOfModel(model, manifest(labels), 'tiny model');
  return withHead(createNetwork(started.backbone, { architecture: 'resnet18', materials: MATERIALS.length, seed: 99 }), started.head);
}

describe('training on from a model', () => {
  test('begins with what the model says', async () => {
    const expected = await logitsOf(model);
    const found = await logitsOf(writeGraph(inferenceGraph(startedFrom(MATERIALS), new Map(), SHAPE)));
    found.forEach((logit, at) => expect(logit).toBeCloseTo(expected[at]!, 5));
  });

  test('takes the labels of the model in whatever order they are', async () => {
    const shuffled = MATERIALS.toReversed();
    const expected = await logitsOf(model);
    const found = await logitsOf(writeGraph(inferenceGraph(startedFrom(shuffled), new Map(), SHAPE)));
    found.forEach((logit, at) => expect(logit).toBeCloseTo(expected[6 * Math.floor(at / 6) + shuffled.indexOf(MATERIALS[at % 6]!)]!, 5));
  });

  test('is refused where there is no whole network, or another one', () => {
    const refused = { code: 'MODEL_MISMATCH' };
    expect(() => backboneOfModel(writeGraph(featureGraph({ backbone, mixtures: new Map() }, SHAPE)), manifest(MATERIALS), 'head model')).toThrow(expect.objectContaining(refused) as Error);
    expect(() => backboneOfModel(model, manifest(['glass']), 'other labels')).toThrow(expect.objectContaining(refused) as Error);
    expect(() => withHead(network, { weight: new Float32Array(6), bias: new Float32Array(6) })).toThrow(expect.objectContaining(refused) as Error);
  });
});
