// Head mode from pictures to a model, with both classifiers: a real backbone of random weights, a dozen pictures.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import type { LabelledPicture } from '../../../src/image/labelled-pictures.ts';
import { PictureLoader } from '../../../src/learning/augment/picture-loader.ts';
import { importBackbone } from '../../../src/learning/network/import-backbone.ts';
import { epochBatches } from '../../../src/learning/train/epoch-plan.ts';
import { openHeadLearner } from '../../../src/learning/train/head-learner.ts';
import type { Recipe } from '../../../src/learning/train/hyperparameters.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';
import type { Learner } from '../../../src/learning/train/learner.ts';
import { pictureBatches, plainPictures } from '../../../src/learning/train/plain-batches.ts';
import type { RuntimeSession } from '../../../src/onnx/runtime.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { tinyBackbone, writeTinyInputs } from '../sweep/tiny-backbone.ts';

const SHAPE = { height: 64, width: 64 }, PER_MATERIAL = 4;
const folder = mkdtempSync(join(tmpdir(), 'sortline-head-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const backbone = importBackbone(tinyBackbone(), 'tiny');
const { pictures: root } = writeTinyInputs(folder, PER_MATERIAL);
const pictures: LabelledPicture[] = MATERIALS.flatMap((material) => readdirSync(join(root, material)).map((name) => ({ name: `${material}/${name}`, file: join(root, material, name), material })));
const weightOf = Object.fromEntries(MATERIALS.map((material) => [material, 1])) as Record<typeof MATERIALS[number], number>;

const open = (graph: Uint8Array): Promise<RuntimeSession> => openRuntimeSession(graph, { provider: 'cpu', threads: { intraOp: 1, spinning: false } });

function openLoader(settings: Recipe): PictureLoader {
  return new PictureLoader({ seed: 1, shape: SHAPE, augmentedShape: SHAPE, augment: hyperparameters.parse(settings), processes: 1, cacheBytes: 0, ahead: 1 });
}

function openLearner(settings: Recipe, more: { signal?: AbortSignal; train?: LabelledPicture[] } = {}): Promise<Learner | undefined> {
  const options = hyperparameters.parse(settings);
  return openHeadLearner({
    pictures: { train: more.train ?? pictures, val: pictures, renderings: [] }, loader: openLoader(settings), teacher: undefined, backbone, shape: SHAPE, hyperparameters: options,
    targets: { hyperparameters: options, weightOf }, signal: more.signal ?? new AbortController().signal, open, onProgress: () => {}, onNote: () => {},
  });
}

async function train(learner: Learner, epochs: number): Promise<void> {
  let step = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const plans = epochBatches(learner.sampleCount, { seed: 1, epoch, batchSize: 8 })
      .map((samples) => ({ epoch, samples, rates: { step: ++step, rateByStage: [0, 0, 0, 0, 0, 0.01], weightDecay: 0, clipNorm: 0, emaDecay: 0 } }));
    for await (const { loss } of learner.steps(plans)) expect(loss).toBeGreaterThanOrEqual(0);
  }
}

/** What the exported model makes of the pictures. */
async function modelLogits(model: Uint8Array): Promise<number[]> {
  const session = await open(model);
  const loader = openLoader({});
  const logits: number[] = [];
  for await (const { images, count } of pictureBatches(loader, plainPictures(pictures, 0))) {
    const { outputs } = await session.run({ image: { data: images, shape: [count, SHAPE.height, SHAPE.width, 3] } }, { logits: undefined });
    logits.push(...outputs['logits']!);
  }
  await Promise.all([session.close(), loader.close()]);
  return logits;
}

describe('head mode', { timeout: 60_000 }, () => {
  test.each(['linear', 'kernel'] as const)('with a %s classifier knows the pictures it was shown, as does the model it exports', async (classifier) => {
    const learner = (await openLearner({ classifier, copies: 2 }))!;
    expect(learner.sampleCount).toBe(2 * pictures.length);
    await train(learner, 20);
    const logits = await learner.logits('val');
    const right = pictures.filter(({ material }, at) => {
      const row = [...logits.subarray(6 * at, 6 * at + 6)];
      return MATERIALS[row.indexOf(Math.max(...row))] === material;
    });
    expect(right.length).toBeGreaterThan(0.9 * pictures.length);
    const exported = await modelLogits(learner.exportModel());
    exported.forEach((logit, at) => expect(logit).toBeCloseTo(logits[at]!, 1));
    const again = (await openLearner({ classifier, copies: 2 }))!;
    await train(again, 20);
    expect(await again.logits('val')).toEqual(logits);
  });

  test('is refused with a kernel where settings need weights of features, or there are too many samples', async () => {
    for (const settings of [{ mixup: 0.2 }, { dropout: 0.1 }]) await expect(openLearner({ classifier: 'kernel', ...settings })).rejects.toMatchObject({ code: 'USAGE' });
    const many = Array.from({ length: 4100 }, () => pictures[0]!);
    await expect(openLearner({ classifier: 'kernel', copies: 2 }, { train: many })).rejects.toThrow(/4100 pictures in 2 copies/);
  });

  test('ends without a learner where it is stopped on the way', async () => {
    expect(await openLearner({ classifier: 'kernel' }, { signal: AbortSignal.abort() })).toBeUndefined();
  });
});
