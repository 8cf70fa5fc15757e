// The gradient of whole networks against reverse-mode differentiation in float64, which is itself held against differences.
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { importBackbone } from '../../../src/learning/network/import-backbone.ts';
import type { Network } from '../../../src/learning/network/network.ts';
import { createNetwork } from '../../../src/learning/network/network.ts';
import { randomBackbone } from '../../../src/learning/network/random-backbone.ts';
import type { Array64 } from '../reference/array64.ts';
import { relativeError } from '../reference/compare.ts';
import { directionalDifference } from '../reference/finite-differences.ts';
import { lossOf64, pass64, weights64 } from '../reference/network64.ts';
import type { PictureBatch, StepOutcome } from './step-rig.ts';
import { batch64, randomBatch, StepRig } from './step-rig.ts';

const WITHIN = 1e-4;
const PRETRAINED = '../shared/backbones/resnet18-imagenet.onnx';
const isPretrained = existsSync(PRETRAINED);

function networkOf(architecture: 'resnet18' | 'resnet50' | 'resnet50-modnet', width: number): Network {
  return createNetwork(randomBackbone({ architecture: architecture === 'resnet18' ? 'resnet18' : 'resnet50', seed: 5, width }), { architecture, materials: 6, seed: 7 });
}

function sizeOf(gradients: ReadonlyMap<string, Array64>): number {
  return Math.hypot(...[...gradients.values()].map(({ data }) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0))));
}

/** The step of ONNX Runtime in each layout against one pass of the reference. */
async function compare(network: Network, batch: PictureBatch, size: number, layouts: readonly ('pixels' | 'channels')[]): Promise<void> {
  const { loss, logits, gradients } = pass64(network.graph, weights64(network.graph), batch64(batch, network, size)), whole = sizeOf(gradients);
  await using rig = new StepRig(network, batch, size);
  for (const layout of layouts) {
    const computed = await rig.step({ layout });
    expect(computed.loss, layout).toBeCloseTo(loss, 4);
    expect(relativeError(computed.logits, logits), layout).toBeLessThan(WITHIN);
    expect(Math.abs(computed.norm / whole - 1), layout).toBeLessThan(WITHIN);
    for (const [name, { data }] of gradients) expect(relativeError(computed.after.get(`first/${name}`)!, data), `${name} in ${layout}`).toBeLessThan(WITHIN);
  }
}

// A value within rounding of zero before a Relu may be on either side of it, and all gradients before it with it: the seeds here lead
// to no such value.
describe('the gradient', () => {
  test(`of the whole ResNet-18, all its 11 million weights, ${isPretrained ? 'pretrained' : 'random'}, in either layout`, async () => {
    const network = isPretrained ? createNetwork(importBackbone(readFileSync(PRETRAINED), PRETRAINED), { architecture: 'resnet18', materials: 6, seed: 7 }) : networkOf('resnet18', 64);
    const [size, seed] = isPretrained ? [40, 2] : [32, 1];
    await compare(network, randomBatch(network, 1, size, seed), size, ['pixels', 'channels']);
  }, 60_000);

  test('of a narrow ResNet-18 on larger pictures, in either layout', async () => {
    const network = networkOf('resnet18', 8);
    await compare(network, randomBatch(network, 2, 96, 2), 96, ['pixels', 'channels']);
  });

  // The variant differs only behind the pooling, where there are no layouts: the bottlenecks are seen in both.
  test('of a narrow ResNet-50', async () => {
    const network = networkOf('resnet50', 8);
    await compare(network, randomBatch(network, 2, 48, 3), 48, ['pixels']);
  });

  test('of its variant with ReLU, dropout and log-softmax', async () => {
    const network = networkOf('resnet50-modnet', 8);
    const random = createRandom(4);
    const batch = { ...randomBatch(network, 2, 32, 14), mask: Float32Array.from({ length: 2 * network.features }, () => (random.next() < 0.3 ? 0 : 1 / 0.7)) };
    await compare(network, batch, 32, ['channels']);
  });
});

describe('the reference', () => {
  test('agrees with central differences of the loss, along its gradient and across', () => {
    const network = networkOf('resnet18', 4), size = 48;
    const batch = batch64(randomBatch(network, 2, size, 5), network, size), weights = weights64(network.graph);
    const { gradients } = pass64(network.graph, weights, batch), random = createRandom(6);
    const loss = (): number => lossOf64(network.graph, weights, batch), names = [...weights.keys()];
    const size64 = sizeOf(gradients);
    const along = names.map((name) => gradients.get(name)!.data.map((value) => value / size64));
    const across = names.map((name) => gradients.get(name)!.data.map(() => random.gaussian() / 100));
    for (const direction of [along, across]) {
      const slope = names.reduce((sum, name, index) => sum + gradients.get(name)!.data.reduce((part, value, at) => part + value * direction[index]![at]!, 0), 0);
      expect(directionalDifference(names.map((name) => weights.get(name)!), direction, loss) / slope).toBeCloseTo(1, 5);
    }
  });
});

describe('frozen stages', () => {
  const network = networkOf('resnet18', 8), rig = new StepRig(network, randomBatch(network, 2, 64, 8), 64);
  let all: StepOutcome;
  beforeAll(async () => {
    all = await rig.step({ layout: 'pixels' });
    return () => rig[Symbol.asyncDispose]();
  });

  test.each([0, 1, 3])('with %i stages trained the others are constants, and the gradients are the same', async (trainable) => {
    const some = await rig.step({ layout: 'pixels', trainable });
    const trained = [...all.after.keys()].filter((name) => name.startsWith('first/') && (/head/.test(name) || Number(/layer(\d)/.exec(name)?.[1] ?? 0) > 4 - trainable));
    expect([...some.after.keys()].filter((name) => name.startsWith('first/'))).toEqual(trained);
    for (const name of trained) expect(relativeError(some.after.get(name)!, all.after.get(name)!), name).toBeLessThan(1e-5);
  });
});
