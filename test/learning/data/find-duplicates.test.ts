import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import { decodeImage } from '../../../src/image/decode.ts';
import { cv, MatScope } from '../../../src/image/opencv.ts';
import { checkData } from '../../../src/learning/data/check-data.ts';
import { DEFAULT_DUPLICATES } from '../../../src/learning/data/find-duplicates.ts';
import { scratchFolder } from '../store/store-rig.ts';
import { drawnScene, jpegOf, writeFiles } from './drawn-pictures.ts';

const TRASHNET = fileURLToPath(new URL('../../../../shared/trashnet/', import.meta.url));

let root: string;
beforeEach(() => { root = scratchFolder('duplicates'); });
afterEach(() => rmSync(root, { recursive: true }));

const check = (options = DEFAULT_DUPLICATES): ReturnType<typeof checkData> => checkData(root, options, { store: undefined });

/** The scene of `seed`, mirrored left to right. */
function mirrored(seed: number): Buffer {
  using scope = new MatScope();
  return cv.imencode('.jpg', scope.own(scope.own(drawnScene(seed)).flip(1)));
}

describe('checkData', () => {
  test('finds nothing where all differ, and says how the materials are balanced', async () => {
    writeFiles(root, Object.fromEntries(Array.from({ length: 9 }, (_, seed) => [`${seed < 6 ? 'glass' : seed < 8 ? 'metal' : 'paper'}/${seed}.jpg`, jpegOf(seed)])));
    expect(await check()).toMatchObject({
      source: root, pictures: 9, exactDuplicates: [], nearDuplicates: [], conflicts: [], redundant: 0,
      balance: { largest: 'glass', smallest: 'paper', ratio: 6, absent: ['cardboard', 'plastic', 'trash'], perMaterial: { glass: 6, metal: 2, paper: 1, trash: 0 } },
    });
  });

  test('finds the same bytes, and the same picture compressed, halved and lit anew', async () => {
    using scope = new MatScope();
    const half = scope.own(scope.own(decodeImage(jpegOf(1), 'x')).resize(36, 48, 0, 0, cv.INTER_AREA));
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'glass/b.jpg': jpegOf(1), 'glass/c.jpg': jpegOf(1, { quality: 50 }), 'glass/d.jpg': cv.imencode('.jpg', half), 'glass/e.jpg': jpegOf(2), 'metal/f.jpg': jpegOf(3) });
    const { exactDuplicates, nearDuplicates, conflicts, redundant } = await check();
    expect(exactDuplicates).toEqual([{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), pictures: ['glass/a.jpg', 'glass/b.jpg'] }]);
    expect(nearDuplicates.map(({ pictures }) => pictures)).toEqual([['glass/a.jpg', 'glass/c.jpg'], ['glass/a.jpg', 'glass/d.jpg']]);
    expect({ conflicts, redundant }).toEqual({ conflicts: [], redundant: 3 });
  });

  test('finds the same picture under two labels, by its bytes and by its looks', async () => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'metal/b.jpg': jpegOf(1), 'metal/c.jpg': jpegOf(2), 'trash/d.jpg': jpegOf(2, { quality: 50 }) });
    expect((await check()).conflicts).toEqual([
      { kind: 'exact', pictures: ['glass/a.jpg', 'metal/b.jpg'] },
      { kind: 'near', pictures: ['metal/c.jpg', 'trash/d.jpg'] },
    ]);
  });

  test('finds what is linked to a set of identical files under any of its labels', async () => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'metal/b.jpg': jpegOf(1), 'glass/c.jpg': jpegOf(1, { quality: 50 }) });
    expect((await check()).conflicts.at(-1)).toEqual({ kind: 'near', pictures: ['glass/a.jpg', 'metal/b.jpg', 'glass/c.jpg'] });
  });

  test('finds every picture that another label puts in doubt, also where it is linked already', async () => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'glass/b.jpg': jpegOf(1, { quality: 60 }), 'glass/c.jpg': jpegOf(1, { quality: 50 }), 'metal/d.jpg': jpegOf(1, { quality: 50 }) });
    const doubtful = (await check()).conflicts.flatMap(({ pictures }) => pictures);
    expect([...new Set(doubtful)].sort()).toEqual(['glass/a.jpg', 'glass/b.jpg', 'glass/c.jpg', 'metal/d.jpg']);
  });

  test('finds mirrored and turned pictures where that is asked for', async () => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'glass/b.jpg': mirrored(1) });
    expect((await check()).nearDuplicates).toEqual([]);
    expect((await check({ ...DEFAULT_DUPLICATES, isTurnedSame: true })).nearDuplicates).toMatchObject([{ pictures: ['glass/a.jpg', 'glass/b.jpg'], turned: true }]);
  });

  test('keeps to the thresholds', async () => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'glass/b.jpg': jpegOf(1, { quality: 20 }), 'glass/c.jpg': jpegOf(2) });
    expect((await check({ ...DEFAULT_DUPLICATES, minSimilarity: 1 })).nearDuplicates).toEqual([]);
    expect((await check({ maxDistance: 64, minSimilarity: -1, isTurnedSame: false })).nearDuplicates).toHaveLength(2);
  });

  test('many pictures alike cost one comparison each', async () => {
    writeFiles(root, Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`glass/${String(index).padStart(2, '0')}.jpg`, jpegOf(1, { quality: 60 + index })])));
    expect(await check()).toMatchObject({ redundant: 39, nearDuplicates: { length: 39 } });
  });
});

/** Two photographs of one scene each, by material and number; one pair are two dented cans of one brand in one place. */
const ALIKE = [
  ['cardboard', 15, 361], ['cardboard', 386, 72], ['metal', 122, 57], ['metal', 149, 9], ['paper', 101, 108], ['paper', 136, 148], ['paper', 147, 99], ['paper', 176, 549], ['paper', 180, 284],
  ['paper', 185, 390], ['paper', 2, 40], ['paper', 246, 349], ['paper', 305, 308], ['paper', 345, 451], ['paper', 39, 467], ['paper', 459, 466], ['paper', 540, 56],
] as const;
/** What comes nearest to being taken for one: a green bottle, and a tin seen from above. */
const NEARLY = ['glass/glass344.jpg', 'metal/metal272.jpg'];
const TWICE = [['glass/glass115.jpg', 'metal/metal91.jpg'], ['glass/glass389.jpg', 'plastic/plastic332.jpg']];

test.skipIf(!existsSync(TRASHNET))('TrashNet holds two pictures under two labels, and 17 scenes twice', { timeout: 60_000 }, async () => {
  const alike = ALIKE.map(([material, ...numbers]) => numbers.map((number) => `${material}/${material}${number}.jpg`));
  // All that are alike, and every sixth of the others: decoding all 2,096 takes ten seconds.
  const images = join(TRASHNET, 'images'), all = MATERIALS.flatMap((material) => readdirSync(join(images, material)).map((name) => `${material}/${name}`));
  const taken = new Set([...alike.flat(), ...TWICE.flat(), ...NEARLY, ...all.filter((_, index) => index % 6 === 0)]);
  for (const name of taken) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    symlinkSync(join(images, name), join(root, name));
  }
  const { pictures, conflicts, nearDuplicates, leftOut } = await check();
  expect({ pictures, leftOut }).toEqual({ pictures: taken.size, leftOut: [] });
  expect(conflicts).toEqual(TWICE.map((both) => ({ kind: 'exact', pictures: both })));
  expect(nearDuplicates.map((pair) => pair.pictures).toSorted()).toEqual(alike.toSorted());
});
