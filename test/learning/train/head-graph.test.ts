import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { importBackbone } from '../../../src/learning/network/import-backbone.ts';
import { featureGraph, headFeatureCount, headModelGraph } from '../../../src/learning/train/head-graph.ts';
import { takenValues } from '../../../src/learning/train/taken-values.ts';
import { bringToScale, scaleOf, SoftmaxHead } from '../../../src/learning/train/softmax-head.ts';
import type { OnnxGraph } from '../../../src/onnx/onnx-graph.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { tinyBackbone } from '../sweep/tiny-backbone.ts';

const SHAPE = { height: 64, width: 64 };
const COUNT = 5;
const backbone = importBackbone(tinyBackbone(), 'tiny');
const axes = createRandom(5);
const mixtures = new Map(takenValues(backbone.graph, SHAPE).filter(({ mixtures }) => mixtures > 0)
  .map(({ value, channels, mixtures }) => [value, Float32Array.from({ length: mixtures * channels }, () => axes.gaussian())] as const));
const frozen = { backbone, mixtures };

/** The covariance's root by five rounds of Newton and Schulz, in doubles and plain loops; the upper triangle. */
function rootOf(planes: readonly number[][], axes: Float32Array, count: number): number[] {
  const mixed = Array.from({ length: count }, (_, row) => planes[0]!.map((_, place) => planes.reduce((sum, plane, channel) => sum + axes[row * planes.length + channel]! * plane[place]!, 0)));
  const product = (a: number[][], b: number[][]): number[][] => a.map((row) => row.map((_, column) => row.reduce((sum, value, at) => sum + value * b[at]![column]!, 0)));
  const covariance = mixed.map((a) => mixed.map((b) => a.reduce((sum, value, at) => sum + value * b[at]!, 0) / a.length));
  const trace = covariance.reduce((sum, row, at) => sum + row[at]!, 0);
  let root = covariance.map((row) => row.map((value) => value / trace));
  let inverse = root.map((row, at) => row.map((_, other): number => (at === other ? 1 : 0)));
  for (let round = 0; round < 5; round++) {
    const step = product(inverse, root).map((row, at) => row.map((value, other) => (at === other ? 1.5 : 0) - value / 2));
    [root, inverse] = [product(root, step), product(step, inverse)];
  }
  return root.flatMap((row, at) => row.slice(at).map((value) => value * Math.sqrt(trace)));
}

async function runOn(graph: OnnxGraph, images: Uint8Array, output: string): Promise<Float32Array> {
  const session = await openRuntimeSession(writeGraph(graph), { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
  try {
    const { outputs } = await session.run({ image: { data: images, shape: [COUNT, SHAPE.height, SHAPE.width, 3] } }, { [output]: undefined });
    return outputs[output]!;
  } finally {
    await session.close();
  }
}

describe('the graphs of head mode', () => {
  const random = createRandom(3);
  const images = Uint8Array.from({ length: COUNT * SHAPE.height * SHAPE.width * 3 }, () => random.integer(0, 255));

  test('give means from layer 1 to the first block of layer 4, how spread the first two are, and how values go together', async () => {
    const graph = featureGraph(frozen, SHAPE);
    const features = await runOn(graph, images, 'features');
    const expected: number[][] = Array.from({ length: COUNT }, () => []);
    for (const [block, hasRms] of [['layer2.0', true], ['layer3.0', true], ['layer3.1', false], ['layer4.0', false], ['layer4.1', false]] as const) {
      const reader = backbone.graph.nodes.find(({ name }) => name === `${block}.conv1`)!;
      const value = reader.inputs[0]!, channels = backbone.graph.initialisers.get(reader.inputs[1]!)!.shape[1]!;
      const values = await runOn({ ...graph, outputs: [{ name: value, type: 'float32', shape: ['n', channels, 'h', 'w'] }] }, images, value);
      const places = values.length / COUNT / channels;
      for (let row = 0; row < COUNT; row++) {
        const planes = Array.from({ length: channels }, (_, channel) => [...values.subarray((row * channels + channel) * places, (row * channels + channel + 1) * places)]);
        expected[row]!.push(...planes.map((plane) => plane.reduce((sum, each) => sum + each, 0) / places));
        if (hasRms) expected[row]!.push(...planes.map((plane) => Math.sqrt(plane.reduce((sum, each) => sum + each * each, 0) / places)));
        const mixing = mixtures.get(value);
        if (mixing !== undefined) expected[row]!.push(...rootOf(planes, mixing, mixing.length / channels));
      }
    }
    expect(headFeatureCount(backbone, SHAPE)).toBe(expected[0]!.length);
    for (const [at, value] of expected.flat().entries()) expect(features[at]).toBeCloseTo(value, 3);
  });

  test('keep none of the blocks behind what they take', () => {
    const graph = featureGraph(frozen, SHAPE);
    expect(graph.nodes.some(({ name }) => name.startsWith('layer4.0'))).toBe(true);
    expect(graph.nodes.some(({ name }) => name.startsWith('layer4.1'))).toBe(false);
    expect([...graph.initialisers.keys()].some((name) => name.startsWith('layer4.1'))).toBe(false);
  });

  test('give in one model what features and classifier give one after the other', async () => {
    const features = await runOn(featureGraph(frozen, SHAPE), images, 'features');
    const width = headFeatureCount(backbone, SHAPE);
    expect(features).toHaveLength(COUNT * width);
    expect(new Set(features).size).toBeGreaterThan(COUNT);
    const head = new SoftmaxHead({ featureCount: width, optimiser: 'sgd', dropout: 0 });
    const values = Float32Array.from({ length: (width + 1) * 6 }, () => random.gaussian());
    const zeros = new Float32Array(values.length);
    head.restore({ weights: new Map([['head', values]]), averages: new Map([['head', values]]), moments: new Map([['first/head', zeros], ['second/head', zeros]]) });
    const scale = scaleOf(features, width);
    const logits = await runOn(headModelGraph(frozen, head.linear(scale), SHAPE), images, 'logits');
    bringToScale(features, scale);
    const expected = head.logits(features, COUNT);
    logits.forEach((logit, at) => expect(logit).toBeCloseTo(expected[at]!, 3));
  });
});
