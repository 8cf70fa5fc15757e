// The last layer that fine-tuning begins with: a real backbone of random weights, pictures of one colour per material.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import type { LabelledPicture } from '../../../src/image/labelled-pictures.ts';
import { encodeJpeg } from '../../../src/image/decode.ts';
import { PictureLoader } from '../../../src/learning/augment/picture-loader.ts';
import { createNetwork } from '../../../src/learning/network/network.ts';
import { randomBackbone } from '../../../src/learning/network/random-backbone.ts';
import { pooledFeatureGraph } from '../../../src/learning/train/head-graph.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';
import { linearStart } from '../../../src/learning/train/linear-start.ts';
import { withHead } from '../../../src/learning/train/model-backbone.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { inferenceGraph } from '../../../src/learning/network/inference-graph.ts';
import { plainPicture } from '../../image/plain-picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-linear-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHAPE = { height: 32, width: 32 }, PER_MATERIAL = 6, THREADS = { intraOp: 1, spinning: false };
const options = hyperparameters.parse({ mode: 'fine-tune', label_smoothing: 0 });
const network = createNetwork(randomBackbone({ architecture: 'resnet18', seed: 1, width: 8 }), { architecture: 'resnet18', materials: MATERIALS.length, seed: 2 });
/** BGR, one for each material. */
const COLOURS = [[30, 30, 30], [220, 40, 40], [40, 220, 40], [40, 40, 220], [220, 220, 40], [240, 240, 240]] as const;
const train: LabelledPicture[] = MATERIALS.flatMap((material, label) => Array.from({ length: PER_MATERIAL }, (_, index) => {
  const [blue, green, red] = COLOURS[label]!;
  const mat = plainPicture({ width: 40, height: 40 }, [Math.max(0, blue - 3 * index), green, red]);
  const file = join(folder, `${material}-${index}.jpg`);
  writeFileSync(file, encodeJpeg(mat));
  mat.release();
  return { name: `${material}/${index}.jpg`, file, material };
}));
const deps = {
  pictures: { train, val: train.slice(0, 8), renderings: [] }, shape: SHAPE, featureCount: network.features,
  targets: { hyperparameters: options, weightOf: Object.fromEntries(MATERIALS.map((material) => [material, 1])) as Record<typeof MATERIALS[number], number> },
};

let loader: PictureLoader;
afterEach(() => loader.close());

function openLoader(): PictureLoader {
  loader = new PictureLoader({ seed: 1, shape: SHAPE, augmentedShape: SHAPE, augment: options, processes: 1, cacheBytes: 0, ahead: 1 });
  return loader;
}

describe('the linear start of fine-tuning', { timeout: 60_000 }, () => {
  test('is the last layer with which the untrained network tells the pictures apart; the same every time', async () => {
    const session = await openRuntimeSession(writeGraph(pooledFeatureGraph(network, SHAPE)), { provider: 'cpu', threads: THREADS });
    const done: number[] = [], notes: string[] = [];
    const start = (): ReturnType<typeof linearStart> => linearStart({ ...deps, loader, session, signal: new AbortController().signal, onProgress: (count) => done.push(count), onNote: (text) => notes.push(text) });
    openLoader();
    const head = (await start())!;
    expect(await start()).toEqual(head);
    expect(done.at(-1)).toBe(train.length + 8);
    expect(notes).toEqual(Array(2).fill('the last layer alone: 100.0 % of validation'));
    await session.close();

    const model = await openRuntimeSession(writeGraph(inferenceGraph(withHead(network, head), new Map(), SHAPE)), { provider: 'cpu', threads: THREADS });
    for await (const images of loader.batches([train.map(({ file }, index) => ({ file, index, epoch: undefined }))])) {
      const { outputs } = await model.run({ image: { data: images, shape: [train.length, 32, 32, 3] } }, { logits: undefined });
      const said = train.map((_, row) => {
        const logits = [...outputs['logits']!.subarray(row * 6, row * 6 + 6)];
        return MATERIALS[logits.indexOf(Math.max(...logits))];
      });
      expect(said).toEqual(train.map(({ material }) => material));
    }
    await model.close();
  });

  test('ends without a layer when it is told to stop', async () => {
    const session = await openRuntimeSession(writeGraph(pooledFeatureGraph(network, SHAPE)), { provider: 'cpu', threads: THREADS });
    expect(await linearStart({ ...deps, loader: openLoader(), session, signal: AbortSignal.abort(), onProgress: () => undefined, onNote: () => undefined })).toBeUndefined();
    await session.close();
  });
});
