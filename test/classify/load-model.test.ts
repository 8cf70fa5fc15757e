// Every refusal names the thing and both values: found and expected.
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { loadModel } from '../../src/classify/load-model.ts';
import { createOnnxClassifier } from '../../src/classify/onnx-classifier.ts';
import { classifyOptions } from '../../src/classify/options.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { tinyFolder, tinyModel } from './tiny-model.ts';

async function refusal(folder: string): Promise<{ code: string; message: string }> {
  const options = classifyOptions.parse({ model: folder, providers: ['cpu'], batch: { size: 2 } });
  const error: unknown = await createOnnxClassifier(options, silentLogger).then((classifier) => classifier.close(), (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  return error as { code: string; message: string };
}

describe('a model folder is refused', () => {
  it('when it is not there', async () => {
    expect(await refusal('/nowhere/model')).toMatchObject({ code: 'MODEL_UNREADABLE', message: expect.stringContaining('/nowhere/model/manifest.json') });
  });

  it('when model.onnx is not there', async () => {
    const folder = tinyFolder();
    rmSync(join(folder, 'model.onnx'));
    expect(await refusal(folder)).toMatchObject({ code: 'MODEL_UNREADABLE', message: expect.stringContaining(join(folder, 'model.onnx')) });
  });

  it('when the hash is another, naming both', async () => {
    const { code, message } = await refusal(tinyFolder({ manifest: { sha256: 'ab'.repeat(32) } }));
    expect(code).toBe('MODEL_HASH_MISMATCH');
    expect(message).toContain('ab'.repeat(32));
    expect(message).toMatch(/has SHA-256 (?!(ab){32})[0-9a-f]{64}/);
  });

  it('when model.onnx is truncated, naming both sizes', async () => {
    const folder = tinyFolder();
    const whole = tinyModel().length;
    truncateSync(join(folder, 'model.onnx'), 100);
    expect(await refusal(folder)).toMatchObject({ code: 'MODEL_HASH_MISMATCH', message: expect.stringContaining(`truncated: 100 of ${whole} bytes`) });
  });

  it('when the hash fits but the file is no ONNX model', async () => {
    const bytes = new TextEncoder().encode('not a model');
    const { createHash } = await import('node:crypto');
    const folder = tinyFolder({ bytes, manifest: { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length } });
    expect(await refusal(folder)).toMatchObject({ code: 'MODEL_UNREADABLE', message: expect.stringContaining('ONNX Runtime cannot load') });
  });

  it('when manifest.json is cut off', async () => {
    const folder = tinyFolder();
    writeFileSync(join(folder, 'manifest.json'), '{"labels": ["card');
    expect(await refusal(folder)).toMatchObject({ code: 'MODEL_MANIFEST_INVALID', message: expect.stringContaining('is not JSON') });
  });

  it('when manifest fields are wrong, naming every one with what was found', async () => {
    const input = { name: 'image', layout: 'NCHW', type: 'float32', channels: 'RGB', height: 16, width: 16, preprocess: 'none' };
    const { code, message } = await refusal(tinyFolder({ manifest: { input, temperature: -1, colour: 'red' } }));
    expect(code).toBe('MODEL_MANIFEST_INVALID');
    expect(message).toMatch(/input\.layout: .*"NHWC".*, found "NCHW"/);
    expect(message).toMatch(/input\.type: .*"uint8".*, found "float32"/);
    expect(message).toMatch(/temperature: .*0\.05.*, found -1/);
    expect(message).toContain('"colour"');
  });

  it('when the labels are not the six materials, naming both lists', async () => {
    const { code, message } = await refusal(tinyFolder({ shape: { labels: 5 }, manifest: { labels: MATERIALS.slice(0, 5) } }));
    expect(code).toBe('MODEL_MISMATCH');
    expect(message).toContain('5 labels (cardboard, glass, metal, paper, plastic)');
    expect(message).toContain('6 materials (cardboard, glass, metal, paper, plastic, trash)');
    expect(await refusal(tinyFolder({ manifest: { labels: ['cardboard', 'glass', 'metal', 'paper', 'plastic', 'wood'] } }))).toMatchObject({ code: 'MODEL_MISMATCH', message: expect.stringContaining('wood') });
  });

  it.each([
    ['label count', { labels: 5 }, ['(n, 5)', '(batch, 6)']],
    ['input size', { height: 32 }, ['(n, 32, 16, 3)', '(batch, 16, 16, 3)']],
    ['input type', { type: 'float32' }, ['float32', 'uint8']],
    ['input name', { inputName: 'picture' }, ['"picture"', '"image"']],
    ['output name', { outputName: 'scores' }, ['"scores"', '"logits"']],
    ['batch', { batch: 1 }, ['fixed batch of 1', 'a batch of any size']],
  ] as const)('when the graph has another %s than its manifest, naming both', async (_, shape, both) => {
    const input = { name: 'image', layout: 'NHWC', type: 'uint8', channels: 'RGB', height: 16, width: 16, preprocess: 'none' };
    const { code, message } = await refusal(tinyFolder({ shape, manifest: { input } }));
    expect(code).toBe('MODEL_MISMATCH');
    for (const value of both) expect(message).toContain(value);
  });
});

describe('a good model folder', () => {
  it('is loaded with its labels mapped to the materials', async () => {
    const model = await loadModel(tinyFolder({ manifest: { labels: [...MATERIALS].reverse() } }));
    expect(model.order).toEqual([5, 4, 3, 2, 1, 0]);
  });
});
