// The TrainingSession on ONNX Runtime: same seed same bits, nothing lost or changed by a failed step, and models that say what it says.
import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { createNetwork } from '../../../src/learning/network/network.ts';
import { randomBackbone } from '../../../src/learning/network/random-backbone.ts';
import { inferenceGraph } from '../../../src/learning/network/inference-graph.ts';
import type { TrainingSessionOptions } from '../../../src/learning/train/onnx-training-session.ts';
import { openTrainingSession } from '../../../src/learning/train/onnx-training-session.ts';
import type { StepRates, StepResult, TrainingBatch, TrainingSession, TrainingState } from '../../../src/learning/train/training-session.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { readGraph } from '../../../src/onnx/read-graph.ts';
import { relativeError } from '../reference/compare.ts';
import { randomBatch } from '../gradient/step-rig.ts';

const SIZE = 32, BATCH = 4;
const network = createNetwork(randomBackbone({ architecture: 'resnet18', seed: 1, width: 4 }), { architecture: 'resnet18', materials: 6, seed: 2 });

function open(options: Partial<TrainingSessionOptions> = {}): Promise<TrainingSession> {
  return openTrainingSession({
    network, optimiser: 'adamw', relativeSteps: true, dropout: 0.2, trainable: 5, batchSize: BATCH, trainSize: SIZE, height: SIZE, width: SIZE, provider: 'cpu', threads: { intraOp: 2, spinning: false }, ...options,
  });
}

function batchOf(seed: number, count = BATCH): TrainingBatch {
  return { count, seed, ...randomBatch(network, count, SIZE, seed) };
}

function ratesOf(step: number, more: Partial<StepRates> = {}): StepRates {
  return { step, rateByStage: [1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3], weightDecay: 0.01, clipNorm: 1, emaDecay: 0.9, ...more };
}

async function steps(session: TrainingSession, from: number, to: number): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (let step = from; step <= to; step++) results.push(await session.step(batchOf(step), ratesOf(step)));
  return results;
}

/** All bits of a state, by name of the array: toEqual of the arrays themselves takes seconds. */
function bitsOf({ weights, averages, moments }: TrainingState): Record<string, string> {
  const named = (kind: string, arrays: ReadonlyMap<string, Float32Array>): [string, string][] => [...arrays].map(([name, { buffer }]) => [`${kind} ${name}`, hash('sha256', new Uint8Array(buffer as ArrayBuffer))]);
  return Object.fromEntries([...named('weight', weights), ...named('average', averages), ...named('moment', moments)]);
}

// Opening a session takes thirty times as long as a step, so that tests share them, each from the state that all began with.
const opened = new Map<string, Promise<{ session: TrainingSession; begun: TrainingState }>>();
afterAll(async () => {
  for (const { session } of await Promise.all(opened.values())) await session.close();
});

/** A session of these options, no other than one just opened. */
async function begun(options: Partial<TrainingSessionOptions> = {}): Promise<TrainingSession> {
  const key = JSON.stringify(options);
  if (!opened.has(key)) opened.set(key, open(options).then((session) => ({ session, begun: session.state() })));
  const { session, begun: state } = await opened.get(key)!;
  session.restore(state);
  return session;
}

const ON_ONE_THREAD: Partial<TrainingSessionOptions> = { threads: { intraOp: 1, spinning: false } };

describe('same seed', () => {
  test.each(['adamw', 'sgd'] as const)('twice gives the same weights, averages and moments, bit for bit: %s', async (optimiser) => {
    const run = async (): Promise<Record<string, string>> => {
      const session = await begun(optimiser === 'sgd' ? { optimiser } : {});
      await steps(session, 1, 4);
      return bitsOf(session.state());
    };
    expect(await run()).toEqual(await run());
  });

  test('gives them in another session, and on one thread as on two', async () => {
    const [two, one] = [await begun(), await begun(ON_ONE_THREAD)];
    for (const session of [two, one]) await steps(session, 1, 3);
    expect(bitsOf(one.state())).toEqual(bitsOf(two.state()));
  });

  test('another seed of the step drops other features', async () => {
    const losses: number[] = [];
    for (const seed of [1, 2]) losses.push((await (await begun()).step({ ...batchOf(1), seed }, ratesOf(1))).loss);
    expect(losses[0]).not.toBe(losses[1]);
  });
});

describe('a checkpoint', () => {
  test('taken after two steps and restored elsewhere goes on to the same bits as four steps in one go', async () => {
    const here = await begun(), elsewhere = await begun(ON_ONE_THREAD);
    await steps(here, 1, 2);
    const half = here.state();
    await steps(here, 3, 4);
    elsewhere.restore(half);
    await steps(elsewhere, 3, 4);
    expect(bitsOf(elsewhere.state())).toEqual(bitsOf(here.state()));
  });

  test('is a copy: later steps leave it alone, and so does writing to it', async () => {
    const session = await begun();
    const before = session.state(), bits = bitsOf(before);
    await steps(session, 1, 1);
    expect(bitsOf(before)).toEqual(bits);
    const after = session.state();
    after.weights.get('head.weight')!.fill(0);
    expect(session.state().weights.get('head.weight')).not.toEqual(after.weights.get('head.weight'));
  });

  test('has kernels as the network has them', async () => {
    const { weights, averages, moments } = (await begun()).state();
    for (const [name, { data }] of network.graph.initialisers) {
      expect(weights.get(name), name).toEqual(data);
      expect(averages.get(name), name).toEqual(data);
    }
    expect([...moments.keys()].length).toBe(2 * network.graph.initialisers.size);
  });

  test('of other stages, another optimiser or another network is refused, naming the first difference', async () => {
    const { weights, averages, moments } = (await begun()).state();
    const refused = async (options: Partial<TrainingSessionOptions>, state: TrainingState): Promise<unknown> => {
      const session = await begun(options), before = bitsOf(session.state());
      let error: unknown;
      try { session.restore(state); } catch (caught) { error = caught; }
      expect(bitsOf(session.state())).toEqual(before);
      return error;
    };
    expect(await refused({ trainable: 1 }, { weights, averages, moments })).toMatchObject({ code: 'TRAIN_CHECKPOINT_INVALID', message: expect.stringContaining('stem.weight belongs to no weight') });
    expect(await refused({ optimiser: 'sgd' }, { weights, averages, moments })).toMatchObject({ code: 'TRAIN_CHECKPOINT_INVALID', message: expect.stringContaining('second/') });
    expect(await refused({}, { weights, averages, moments: new Map() })).toMatchObject({ message: expect.stringContaining('first/stem.weight is missing') });
    expect(await refused({}, { averages, moments, weights: new Map([...weights, ['head.bias', new Float32Array(7)]]) })).toMatchObject({ message: expect.stringContaining('head.bias has 7 values and the network needs 6') });
  });
});

describe('a loss that is no number', () => {
  test('is told, and leaves weights, averages and moments as they were', async () => {
    const session = await begun();
    await steps(session, 1, 2);
    const before = bitsOf(session.state());
    const { loss } = await session.step({ ...batchOf(3), weights: Float32Array.of(1, Infinity, 1, 1) }, ratesOf(3));
    expect(Number.isFinite(loss)).toBe(false);
    expect(bitsOf(session.state())).toEqual(before);
    const [next] = await steps(session, 3, 3);
    expect(Number.isFinite(next!.loss)).toBe(true);
    expect(bitsOf(session.state())).not.toEqual(before);
  });
});

describe('a batch of fewer pictures', () => {
  test('is worth as much as in a session made for it', async () => {
    const few = batchOf(1, 3), large = await begun({ dropout: 0 }), fitting = await begun({ dropout: 0, batchSize: 3 });
    const inLarge = await large.step(few, ratesOf(1)), inFitting = await fitting.step(few, ratesOf(1));
    expect(inLarge.logits).toHaveLength(18);
    expect(inLarge.loss).toBeCloseTo(inFitting.loss, 5);
    expect(inLarge.gradientNorm / inFitting.gradientNorm).toBeCloseTo(1, 4);
    const { moments } = large.state();
    for (const [name, values] of fitting.state().moments) expect(relativeError(moments.get(name)!, values), name).toBeLessThan(1e-3);
  });

  test('of none, or too many, is a mistake of the caller', async () => {
    const session = await begun();
    await expect(session.step(batchOf(1, 5), ratesOf(1))).rejects.toThrow(RangeError);
    await expect(session.step({ ...batchOf(1), count: 0 }, ratesOf(1))).rejects.toThrow('1 to 4 pictures');
  });
});

describe('training', () => {
  test('learns a batch by heart', async () => {
    const session = await begun({ dropout: 0 }), batch = batchOf(1), labels = new Float32Array(BATCH * 6);
    for (let picture = 0; picture < BATCH; picture++) labels[picture * 6 + picture] = 1;
    const losses: number[] = [];
    for (let step = 1; step <= 30; step++) losses.push((await session.step({ ...batch, labels }, ratesOf(step, { emaDecay: 0.5 }))).loss);
    expect(losses.at(-1)!).toBeLessThan(0.1 * losses[0]!);
    const logits = await session.predict(batch.images, BATCH);
    for (let picture = 0; picture < BATCH; picture++) expect(logits.subarray(picture * 6, picture * 6 + 6).indexOf(Math.max(...logits.subarray(picture * 6, picture * 6 + 6)))).toBe(picture);
  });

  test('leaves frozen stages as they were, in the model too', async () => {
    const session = await begun({ trainable: 1 });
    await steps(session, 1, 2);
    const { initialisers } = readGraph(session.exportModel(), 'model');
    for (const [name, { data }] of network.graph.initialisers) {
      const isSame = expect(initialisers.get(name)!.data, name);
      if (/^(stem|layer[123])/.test(name)) isSame.toEqual(data); else isSame.not.toEqual(data);
    }
  });
});

describe('the model', () => {
  let session: TrainingSession, logits: Float32Array;
  const batch = batchOf(9);
  beforeAll(async () => {
    session = await begun();
    await steps(session, 1, 3);
    logits = await session.predict(batch.images, BATCH);
  });

  test('loads in ONNX Runtime, takes uint8 pictures, any number, and says what predict says', async () => {
    const runtime = await openRuntimeSession(session.exportModel(), { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
    expect(runtime.inputs).toMatchObject([{ name: 'image', type: 'uint8', shape: ['n', SIZE, SIZE, 3] }]);
    expect(runtime.outputs).toMatchObject([{ name: 'logits', type: 'float32', shape: ['n', 6] }]);
    for (const count of [1, 4]) {
      const { outputs } = await runtime.run({ image: { data: batch.images.subarray(0, count * SIZE * SIZE * 3), shape: [count, SIZE, SIZE, 3] } }, { logits: undefined });
      expect(relativeError(outputs['logits']!, logits.subarray(0, count * 6))).toBeLessThan(1e-5);
    }
    await runtime.close();
  });

  test('holds the averages, not the weights', async () => {
    const { averages, weights } = session.state();
    const of = async (values: ReadonlyMap<string, Float32Array>): Promise<Float32Array> => {
      const runtime = await openRuntimeSession(writeGraph(inferenceGraph(network, values, { height: SIZE, width: SIZE })), { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
      const { outputs } = await runtime.run({ image: { data: batch.images, shape: [BATCH, SIZE, SIZE, 3] } }, { logits: undefined });
      await runtime.close();
      return outputs['logits']!;
    };
    expect(relativeError(await of(averages), logits)).toBeLessThan(1e-5);
    expect(relativeError(await of(weights), logits)).toBeGreaterThan(1e-3);
  });

  test('predict follows the next step, and a state restored', async () => {
    const before = session.state();
    await steps(session, 4, 4);
    expect(relativeError(await session.predict(batch.images, BATCH), logits)).toBeGreaterThan(1e-6);
    session.restore(before);
    expect(await session.predict(batch.images, BATCH)).toEqual(logits);
  });
});

describe('opening', () => {
  test('a provider that is not there is named', async () => {
    await expect(open({ provider: 'cuda' })).rejects.toMatchObject({ code: 'TRAIN_STEP_FAILED', message: expect.stringContaining('cuda') });
  });
});
