import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { createOnnxClassifier } from '../../src/classify/onnx-classifier.ts';
import { classifyOptions } from '../../src/classify/options.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { tinyFolder, tinyWeight } from './tiny-model.ts';

const CROP = 16 * 16 * 3;

/** One session, which is one thread to start instead of two. */
function open(options: Record<string, unknown> = {}, log: Logger = silentLogger): Promise<Classifier> {
  return createOnnxClassifier(classifyOptions.parse({ model: tinyFolder(), providers: ['cpu'], batch: { size: 4 }, threads: { sessions: 1 }, ...options }), log);
}

/** A crop of one colour and what the tiny model must say of it. */
function flatCrop(rgb: readonly [number, number, number]): Uint8Array {
  return Uint8Array.from({ length: CROP }, (_, index) => rgb[index % 3]!);
}

function expectedOf(rgb: readonly [number, number, number]): number[] {
  const powers = MATERIALS.map((_, label) => Math.exp(rgb.reduce((sum, value, channel) => sum + value * tinyWeight(channel, label), 0)));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

describe('createOnnxClassifier', () => {
  it('says what runs, and is warm', async () => {
    const classifier = await open({ threads: {} });
    expect(classifier.cropShape).toEqual({ height: 16, width: 16 });
    expect(classifier.description).toMatchObject({ provider: 'cpu', unavailable: [] });
    expect(classifier.description.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(classifier.description.warmUpMs).toBeGreaterThan(0);
    await classifier.close();
  });

  it('reads crops as RGB, row by row, and gives softmax probabilities in the order of the materials', async () => {
    const classifier = await open();
    const colours = [[255, 0, 0], [10, 200, 90]] as const;
    const { probabilities, inferenceMs } = await classifier.classify(Uint8Array.from(colours.flatMap((rgb) => [...flatCrop(rgb)])), 2);
    colours.forEach((rgb, crop) => expectedOf(rgb).forEach((p, label) => expect(probabilities[crop]![label]).toBeCloseTo(p, 4)));
    expect(inferenceMs).toBeGreaterThanOrEqual(0);
    await classifier.close();
  });

  it('follows the manifest\'s label order and temperature', async () => {
    const plain = await open();
    const turned = await open({ model: tinyFolder({ manifest: { labels: [...MATERIALS].reverse(), temperature: 2 } }) });
    const crop = flatCrop([30, 60, 200]);
    const [straight] = (await plain.classify(crop, 1)).probabilities;
    const [reversed] = (await turned.classify(crop, 1)).probabilities;
    const root = straight!.map(Math.sqrt), sum = root.reduce((a, b) => a + b, 0);
    [...reversed!].reverse().forEach((p, index) => expect(p).toBeCloseTo(root[index]! / sum, 4));
    await plain.close();
    await turned.close();
  });

  it('takes less than the buffer holds, and leaves the buffer alone', async () => {
    const classifier = await open();
    const buffer = new Uint8Array(4 * CROP).fill(77);
    const { probabilities } = await classifier.classify(buffer, 1);
    expect(probabilities).toHaveLength(1);
    expect(buffer.every((byte) => byte === 77)).toBe(true);
    await classifier.close();
  });

  it.each([[0, CROP], [5, 5 * CROP], [1.5, 2 * CROP], [2, CROP]])('refuses %d crops in %d bytes', async (count, bytes) => {
    const classifier = await open();
    await expect(classifier.classify(new Uint8Array(bytes), count)).rejects.toMatchObject({ code: 'MODEL_RUN_FAILED', message: expect.stringContaining('expected 1 to 4 crops of 16x16x3') });
    await classifier.close();
  });
});

describe('a batch', () => {
  it('gives each crop what it gets alone', async () => {
    const classifier = await open();
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: CROP, maxLength: CROP }), { minLength: 1, maxLength: 4 }), async (crops) => {
      const together = await classifier.classify(Uint8Array.from(crops.flatMap((crop) => [...crop])), crops.length);
      for (const [index, crop] of crops.entries()) {
        const alone = await classifier.classify(crop, 1);
        alone.probabilities[0]!.forEach((p, label) => expect(together.probabilities[index]![label]).toBeCloseTo(p, 5));
      }
    }), { numRuns: 25 });
    await classifier.close();
  });
});

describe('providers', () => {
  it('takes the next when one cannot be loaded, and says which and why', async () => {
    const warnings: string[] = [];
    const log = { ...silentLogger, warn: (_: unknown, message?: string) => void warnings.push(message ?? '') };
    // TensorRT's library is never part of a test machine's installation.
    const classifier = await open({ providers: ['tensorrt', 'cpu'] }, log);
    expect(classifier.description.provider).toBe('cpu');
    expect(classifier.description.unavailable).toEqual([{ provider: 'tensorrt', reason: expect.stringMatching(/\w/) }]);
    expect(warnings).toEqual([expect.stringContaining('tensorrt cannot run the model')]);
    await classifier.close();
  });

  it('asks for no provider that is not installed when none is configured', async () => {
    const classifier = await open({ providers: undefined });
    // A machine whose set-up fetched CUDA's library may name it.
    expect(classifier.description.unavailable.map(({ provider }) => provider).filter((name) => name !== 'cuda')).toEqual([]);
    await classifier.close();
  });

  it('refuses to fall back from a required one', async () => {
    await expect(open({ providers: ['tensorrt', 'cpu'], require: 'tensorrt' })).rejects.toMatchObject({
      code: 'MODEL_PROVIDER_UNAVAILABLE', message: expect.stringContaining('classifier.require asks for tensorrt'),
    });
  });

  it('refuses when none of them works', async () => {
    await expect(open({ providers: ['tensorrt'] })).rejects.toMatchObject({ code: 'MODEL_PROVIDER_UNAVAILABLE', message: expect.stringContaining('add cpu') });
  });
});
