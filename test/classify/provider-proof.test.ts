import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { doubtOf, ProfileFolder } from '../../src/classify/provider-proof.ts';
import { tinyModel } from './tiny-model.ts';

describe('which provider computes', () => {
  it('is read from a real profile, which is removed', async () => {
    const profile = new ProfileFolder();
    const session = await ort.InferenceSession.create(tinyModel(), { executionProviders: ['cpu'], enableProfiling: true, profileFilePrefix: profile.prefix });
    await session.run({ image: new ort.Tensor('uint8', new Uint8Array(768), [1, 16, 16, 3]) });
    session.endProfiling();
    const counts = profile.take();
    expect(Object.keys(counts)).toEqual(['CPUExecutionProvider']);
    expect(counts['CPUExecutionProvider']).toBeGreaterThanOrEqual(2);
    expect(doubtOf(counts)).toMatch(/(\d) of \1 nodes of the model ran on the CPU/);
    expect(existsSync(dirname(profile.prefix))).toBe(false);
    await session.release();
  });

  it.each([
    [{ CUDAExecutionProvider: 27, CPUExecutionProvider: 2 }, undefined],
    [{ CUDAExecutionProvider: 27 }, undefined],
    [{ CUDAExecutionProvider: 2, CPUExecutionProvider: 27 }, '27 of 29'],
    [{}, 'no profile'],
  ])('%j', (counts, doubt) => {
    if (doubt === undefined) expect(doubtOf(counts)).toBeUndefined();
    else expect(doubtOf(counts)).toContain(doubt);
  });
});
