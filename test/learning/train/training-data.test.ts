import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';
import type { TrainingData } from '../../../src/learning/train/training-data.ts';
import { openTrainingData } from '../../../src/learning/train/training-data.ts';
import { jpegOf, writeFiles } from '../data/drawn-pictures.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { storeRig } from '../store/store-rig.ts';

/** Two training pictures and a validation picture of each material, in lists; `more` replaces or adds files. */
function dataFolder(rig: StoreRig, { more = {}, train = [] as string[], val = [] as string[] } = {}): string {
  const trained = MATERIALS.flatMap((material) => [`${material}/a.jpg`, `${material}/b.jpg`]), judged = MATERIALS.map((material) => `${material}/c.jpg`);
  const pictures = Object.fromEntries([...trained, ...judged].map((name, seed) => [`images/${name}`, jpegOf(seed)]));
  writeFiles(rig.folder, { ...pictures, ...more, 'train.txt': [...trained, ...train].join('\n'), 'val.txt': [...judged, ...val].join('\n') });
  return join(rig.folder, 'images');
}

const open = (rig: StoreRig, source: string): Promise<TrainingData> => openTrainingData({ source }, hyperparameters.parse({}), rig.store);

describe('training data', () => {
  test('are the listed pictures, with nothing to be said', async () => {
    using rig = storeRig();
    const data = await open(rig, dataFolder(rig));
    expect([data.train.length, data.val.length, data.notes]).toEqual([12, 6, []]);
    expect(data.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('hold no picture by which the weights are selected, whatever it is called', async () => {
    using rig = storeRig();
    // 14 is the seed of metal/c.jpg, a validation picture.
    const source = dataFolder(rig, { more: { 'images/glass/twin.jpg': jpegOf(14) }, train: ['glass/twin.jpg'] });
    const data = await open(rig, source);
    expect(data.train.map(({ name }) => name)).not.toContain('glass/twin.jpg');
    expect(data.val).toHaveLength(6);
    expect(data.notes).toEqual([expect.stringMatching(/glass\/twin\.jpg is the same picture as metal\/c\.jpg/)]);
  });

  test('may show one picture under two labels, which is said', async () => {
    using rig = storeRig();
    const data = await open(rig, dataFolder(rig, { more: { 'images/glass/b.jpg': jpegOf(4) } }));
    expect(data.train).toHaveLength(12);
    expect(data.notes).toEqual([expect.stringContaining('glass/b.jpg = metal/a.jpg')]);
  });

  test('may lack a material, which is said', async () => {
    using rig = storeRig();
    const source = dataFolder(rig);
    writeFiles(rig.folder, { 'train.txt': MATERIALS.slice(0, 5).map((material) => `${material}/a.jpg`).join('\n') });
    expect((await open(rig, source)).notes).toEqual(['no training picture shows trash: the model will hardly ever recognise it']);
  });

  test('are refused where nothing is left to select by, or to train on', async () => {
    using rig = storeRig();
    const source = dataFolder(rig);
    writeFiles(rig.folder, { 'val.txt': '# none\n' });
    await expect(open(rig, source)).rejects.toMatchObject({ code: expect.stringMatching(/^DATA_/) as string });
    writeFiles(rig.folder, { 'train.txt': 'glass/twin.jpg', 'val.txt': 'metal/c.jpg', 'images/glass/twin.jpg': jpegOf(14) });
    await expect(open(rig, source)).rejects.toMatchObject({ code: 'DATA_SPLIT_INVALID', message: expect.stringContaining('nothing is left to train on') as string });
  });
});
