// What a step makes of the gradient: AdamW, momentum, decay, clipping and the moving average, against the formulas in float64.
import { afterAll, describe, expect, test } from 'vitest';
import type { StepRates } from '../../../src/learning/train/training-session.ts';
import { channelScales } from '../../../src/learning/gradient/channel-scale.ts';
import { createNetwork } from '../../../src/learning/network/network.ts';
import { randomBackbone } from '../../../src/learning/network/random-backbone.ts';
import { STAGES, stageOf } from '../../../src/learning/network/stages.ts';
import { relativeError } from '../reference/compare.ts';
import { randomBatch, StepRig } from './step-rig.ts';

const network = createNetwork(randomBackbone({ architecture: 'resnet18', seed: 1, width: 4 }), { architecture: 'resnet18', materials: 6, seed: 2 });
const SIZE = 32;
const rig = new StepRig(network, randomBatch(network, 2, SIZE, 3), SIZE);
afterAll(() => rig[Symbol.asyncDispose]());
const names = [...network.graph.initialisers.keys()];
const rates: StepRates = { step: 1, rateByStage: STAGES.map((_, stage) => 0.001 * (stage + 1)), weightDecay: 0.1, clipNorm: 0, emaDecay: 0.9 };

async function gradients(before?: ReadonlyMap<string, Float32Array>): Promise<ReadonlyMap<string, Float32Array>> {
  const { after } = await rig.step({ layout: 'pixels', ...(before === undefined ? {} : { before: new Map([...before].filter(([name]) => name.startsWith('weight/'))) }) });
  return new Map(names.map((name) => [name, after.get(`first/${name}`)!]));
}

/** Loshchilov and Hutter, 2019, algorithm 2. */
function adamw(state: Record<'weight' | 'average' | 'first' | 'second', Float64Array>, gradient: ArrayLike<number>, step: number, rate: number, decay: number, ema: number): void {
  state.weight.forEach((weight, index) => {
    const first = 0.9 * state.first[index]! + 0.1 * gradient[index]!, second = 0.999 * state.second[index]! + 0.001 * gradient[index]! ** 2;
    const corrected = first / (1 - 0.9 ** step) / (Math.sqrt(second / (1 - 0.999 ** step)) + 1e-8);
    const next = weight - rate * (corrected + decay * weight);
    state.weight[index] = next;
    state.first[index] = first;
    state.second[index] = second;
    state.average[index] = ema * state.average[index]! + (1 - ema) * next;
  });
}

describe('AdamW', () => {
  test('three steps follow the formulas, with a rate for each stage and no decay of biases', async () => {
    let before = new Map<string, Float32Array>();
    const states = new Map(names.map((name) => {
      const initial = Float64Array.from(network.graph.initialisers.get(name)!.data as Float32Array);
      return [name, { weight: initial, average: initial.slice(), first: new Float64Array(initial.length), second: new Float64Array(initial.length) }];
    }));
    for (let step = 1; step <= 3; step++) {
      const gradient = await gradients(before);
      const { after } = await rig.step({ layout: 'pixels', optimiser: 'adamw', rates: { ...rates, step }, before });
      for (const name of names) {
        const state = states.get(name)!;
        adamw(state, gradient.get(name)!, step, rates.rateByStage[stageOf(name)]!, name.endsWith('bias') ? 0 : 0.1, 0.9);
        for (const kind of ['weight', 'average', 'first', 'second'] as const) expect(relativeError(after.get(`${kind}/${name}`)!, state[kind]), `${kind}/${name} after step ${step}`).toBeLessThan(2e-5);
      }
      before = new Map(after);
    }
  });
});

describe('momentum', () => {
  test('follows v ← 0.9 v + g, w ← w - rate (v + decay w)', async () => {
    const gradient = await gradients();
    const velocity = new Map(names.map((name) => [`first/${name}`, Float32Array.from(gradient.get(name)!, (value) => 2 * value)]));
    const { after } = await rig.step({ layout: 'channels', rates, before: velocity });
    for (const name of names) {
      const weights = network.graph.initialisers.get(name)!.data as Float32Array, rate = rates.rateByStage[stageOf(name)]!, decay = name.endsWith('bias') ? 0 : 0.1;
      const expected = Float64Array.from(weights, (weight, index) => weight - rate * (2.8 * gradient.get(name)![index]! + decay * weight));
      expect(relativeError(after.get(`weight/${name}`)!, expected), name).toBeLessThan(2e-5);
    }
  });
});

describe('relative steps', () => {
  test.each([['adamw', 'pixels', 1], ['adamw', 'channels', 1], ['sgd', 'pixels', 2]] as const)('%s in %s: each output channel moves in proportion to its size, to the power %i', async (optimiser, layout, power) => {
    const options = { layout, optimiser, rates: { weightDecay: 0 } };
    const absolute = await rig.step(options), relative = await rig.step({ ...options, relativeSteps: true });
    for (const name of names) {
      const before = network.graph.initialisers.get(name)!.data as Float32Array, scales = channelScales(name, network.graph.initialisers);
      const perChannel = before.length / scales.length;
      const expected = Float64Array.from(absolute.after.get(`weight/${name}`)!, (after, at) => (after - before[at]!) * scales[Math.floor(at / perChannel)]! ** power);
      expect(relativeError(relative.after.get(`weight/${name}`)!.map((after, at) => after - before[at]!), expected), name).toBeLessThan(1e-3);
    }
  });

  test('a channel\'s size is that of its kernel, with a floor, for its bias as well', () => {
    const weights = new Map([
      ['a.weight', { shape: [3, 2, 1, 1], data: Float32Array.of(3, 4, 0.3, 0.4, 0, 0) }], ['a.bias', { shape: [3], data: new Float32Array(3) }],
      ['b.weight', { shape: [2, 8], data: new Float32Array(16) }],
    ]);
    const common = Math.sqrt((12.5 + 0.125) / 3);
    expect([...channelScales('a.weight', weights)]).toEqual([Math.sqrt(12.5), Math.sqrt(0.125), 0.1 * common].map(Math.fround));
    expect(channelScales('a.bias', weights)).toEqual(channelScales('a.weight', weights));
    expect([...channelScales('b.weight', weights)]).toEqual([0.05, 0.05].map(Math.fround));
  });
});

describe('clipping', () => {
  test('scales the whole gradient to the limit, and reports the norm before', async () => {
    const gradient = await gradients(), { norm } = await rig.step({ layout: 'pixels' });
    const clipped = await rig.step({ layout: 'pixels', rates: { clipNorm: norm / 4 } });
    expect(clipped.norm).toBe(norm);
    for (const name of names) expect(relativeError(clipped.after.get(`first/${name}`)!, Float64Array.from(gradient.get(name)!, (value) => value / 4)), name).toBeLessThan(1e-5);
  });

  test('leaves a gradient below the limit alone, to the bit', async () => {
    const free = await rig.step({ layout: 'pixels' });
    const loose = await rig.step({ layout: 'pixels', rates: { clipNorm: 2 * free.norm } });
    expect(loose.after).toEqual(free.after);
  });
});

describe('moving average', () => {
  test('without memory it is the weights themselves', async () => {
    const { after } = await rig.step({ layout: 'pixels', rates: { emaDecay: 0 } });
    for (const name of names) expect(after.get(`average/${name}`)).toEqual(after.get(`weight/${name}`));
  });
});
