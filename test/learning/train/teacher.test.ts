import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { blendTaught, openTeacher } from '../../../src/learning/train/teacher.ts';
import { tinyFolder } from '../../classify/tiny-model.ts';

describe('a teacher', () => {
  test('says of any number of pictures what it says of each', async () => {
    const folder = tinyFolder({ shape: { height: 224, width: 224 }, manifest: { input: { name: 'image', layout: 'NHWC', type: 'uint8', channels: 'RGB', height: 224, width: 224, preprocess: 'none' } } });
    const teacher = await openTeacher(folder, { threads: 1, log: silentLogger });
    const bytes = 224 * 224 * 3, count = 19;
    const images = new Uint8Array(count * bytes);
    for (let at = 0; at < count; at++) images.fill(10 * at, at * bytes, (at + 1) * bytes);
    const all = await teacher.probabilities(images, count);
    expect(all).toHaveLength(6 * count);
    const last = await teacher.probabilities(images.subarray(18 * bytes), 1);
    expect(all.subarray(18 * 6)).toEqual(last);
    expect(last.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    await teacher.close();
  });

  test('is refused where it takes pictures of another size', async () => {
    await expect(openTeacher(tinyFolder(), { threads: 1, log: silentLogger })).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
  });

  test('takes its share of each label', () => {
    const labels = Float32Array.of(1, 0, 0, 1);
    blendTaught(labels, Float32Array.of(0.5, 0.5, 0, 1), 0.5);
    expect([...labels]).toEqual([0.75, 0.25, 0, 1]);
  });
});
