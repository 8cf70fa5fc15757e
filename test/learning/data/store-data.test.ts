import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DATA_PARTS } from '../../../src/image/labelled-pictures.ts';
import type { Imported } from '../../../src/learning/data/import-pictures.ts';
import { importPictures } from '../../../src/learning/data/import-pictures.ts';
import type { DataSet, DataSetRequest } from '../../../src/learning/data/open-data-set.ts';
import { openDataSet } from '../../../src/learning/data/open-data-set.ts';
import { picturesOfArtifact } from '../../../src/learning/data/picture-index.ts';
import type { SplitData, SplitRequest } from '../../../src/learning/data/split-data.ts';
import { splitData } from '../../../src/learning/data/split-data.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { scratchFolder, storeRig } from '../store/store-rig.ts';
import { jpegOf, writeFiles } from './drawn-pictures.ts';

const RATIOS = { train: 0.6, val: 0.2, test: 0.2 };

let root: string;
let rig: StoreRig;
beforeEach(() => {
  root = scratchFolder('data');
  rig = storeRig();
  const scenes = Object.fromEntries(Array.from({ length: 20 }, (_, seed) => [`${seed < 10 ? 'glass' : 'metal'}/${seed}.jpg`, jpegOf(seed)]));
  // glass/0 and glass/copy look the same; metal/19 and paper/wrong are the same under two labels.
  writeFiles(join(root, 'yard/images'), { ...scenes, 'glass/copy.jpg': jpegOf(0, { quality: 60 }), 'paper/wrong.jpg': jpegOf(19), 'paper/30.jpg': jpegOf(30), 'wood/40.jpg': jpegOf(40), 'metal/bad.jpg': 'no picture' });
});
afterEach(() => {
  rig[Symbol.dispose]();
  rmSync(root, { recursive: true });
});

const importYard = (name?: string): Promise<Imported> => importPictures({ dir: join(root, 'yard'), name }, rig);
const split = (request: Partial<SplitRequest> = {}): Promise<SplitData> => splitData({ source: 'yard', ratios: RATIOS, seed: 7, ...request }, rig);
const open = (request: DataSetRequest): Promise<DataSet> => openDataSet(request, rig);
const namesOf = (pictures: readonly { name: string }[]): string[] => pictures.map(({ name }) => name);
const list = (name: string, ...lines: string[]): string => {
  writeFiles(root, { [name]: `${lines.join('\n')}\n` });
  return join(root, name);
};

describe('importPictures', () => {
  test('stores the good pictures as an artifact named after the folder, made by a run that names the others', async () => {
    const { artifact, isNew, perMaterial, leftOut, otherFolders } = await importYard();
    expect(artifact).toMatchObject({ type: 'raw_data', name: 'yard', version: 0, metadata: { pictures: 23, leftOut: 1, perMaterial } });
    expect({ isNew, otherFolders, leftOut: namesOf(leftOut), perMaterial }).toEqual({ isNew: true, otherFolders: ['wood'], leftOut: ['metal/bad.jpg'], perMaterial: { cardboard: 0, glass: 11, metal: 10, paper: 2, plastic: 0, trash: 0 } });
    const [run] = rig.store.runs({ kind: 'import' });
    expect(run).toMatchObject({ id: artifact.runId, state: 'finished', name: 'yard' });
    expect(rig.store.consoleOf(run!.id).map(({ line }) => line)).toEqual([expect.stringMatching(/^left out metal\/bad\.jpg: /), 'left out folder wood: it names no material']);
    expect(readFileSync(rig.store.pathOf(rig.store.filesOf(artifact).find(({ path }) => path === 'glass/3.jpg')!))).toEqual(jpegOf(3));
  });

  test('the index gives back what was seen, and without it the pictures are looked at again', async () => {
    const { artifact, pictures } = await importYard();
    const withoutFile = pictures.map(({ file: _, ...rest }) => rest);
    const bare = await rig.store.addArtifact({ type: 'raw_data', name: 'bare', files: pictures.map(({ name, file }) => ({ path: name, content: { file } })) });
    for (const each of [artifact, bare]) expect((await picturesOfArtifact(each, rig.store)).pictures.map(({ file: _, ...rest }) => rest)).toEqual(withoutFile);
  });

  test('the same pictures again are the same version; one more is another', async () => {
    await importYard();
    expect(await importYard()).toMatchObject({ isNew: false, artifact: { version: 0 } });
    writeFiles(join(root, 'yard/images'), { 'glass/50.jpg': jpegOf(50) });
    expect(await importYard()).toMatchObject({ isNew: true, artifact: { version: 1 } });
  });

  test.each([
    ['an empty material', { 'glass/a.jpg': jpegOf(1) }, 'DATA_EMPTY', 'metal (empty)'],
    ['a material with bad pictures only', { 'glass/a.jpg': jpegOf(1), 'metal/b.jpg': 'x' }, 'DATA_EMPTY', 'metal (1 left out, such as metal/b.jpg: '],
    ['no material', { 'wood/a.jpg': jpegOf(1) }, 'DATA_EMPTY', 'found wood'],
  ])('refuses %s, stores nothing, and its run says why', async (what, files, code, named) => {
    writeFiles(join(root, 'other'), files);
    if (what !== 'no material') mkdirSync(join(root, 'other/metal'), { recursive: true });
    await expect(importPictures({ dir: join(root, 'other') }, rig)).rejects.toMatchObject({ code, message: expect.stringContaining(named) });
    expect(rig.store.artifacts()).toEqual([]);
    expect(rig.store.runs()).toMatchObject([{ state: 'failed', failure: expect.stringContaining(named) }]);
  });

  test('refuses a name that can be none', async () => {
    await expect(importYard('a b')).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  });
});

describe('splitData', () => {
  test('makes an artifact of each part, through a run that read the whole', async () => {
    const { artifact } = await importYard();
    const { parts, runId, leftOut, conflicts, unused } = await split();
    expect(DATA_PARTS.map((part) => [parts[part]!.artifact.name, parts[part]!.artifact.type, parts[part]!.pictures])).toEqual([['yard-train', 'split_data', 13], ['yard-val', 'split_data', 4], ['yard-test', 'split_data', 4]]);
    expect({ leftOut: namesOf(leftOut), conflicts: conflicts.length, unused }).toEqual({ leftOut: ['metal/19.jpg', 'paper/wrong.jpg'], conflicts: 1, unused: 0 });
    expect(rig.store.inputsOf(runId)).toEqual([artifact]);
    expect(rig.store.outputsOf(runId).map(({ name }) => name)).toEqual(['yard-train', 'yard-val', 'yard-test']);
    const partOf = new Map(DATA_PARTS.flatMap((part) => rig.store.filesOf(parts[part]!.artifact).map(({ path }) => [path, part])));
    expect(partOf.get('glass/0.jpg')).toBe(partOf.get('glass/copy.jpg'));
  });

  test('the same seed makes the same versions, another seed others', async () => {
    await importYard();
    const first = await split();
    expect((await split()).parts.train).toEqual(first.parts.train);
    expect((await split({ seed: 8 })).parts.train!.artifact.version).toBe(1);
  });

  test('imports a folder first', async () => {
    const { raw, parts } = await split({ source: join(root, 'yard/images'), name: 'court' });
    expect([raw.name, parts.val!.artifact.name]).toEqual(['court', 'court-val']);
  });

  test('takes lists at their word and names what is wrong with them', async () => {
    await importYard();
    const lists = { train: list('train.txt', 'glass/0.jpg', 'metal/19.jpg', 'metal/10.jpg'), val: list('val.txt', '# chosen by hand', 'glass/copy.jpg', '', 'paper/wrong.jpg') };
    const { parts, conflicts, straddling, leftOut, unused } = await split({ lists });
    expect([parts.train?.pictures, parts.val?.pictures, parts.test]).toEqual([3, 2, undefined]);
    expect(straddling).toEqual([[{ name: 'glass/0.jpg', part: 'train' }, { name: 'glass/copy.jpg', part: 'val' }]]);
    expect([conflicts.length, leftOut, unused]).toEqual([1, [], 18]);
  });

  test.each([
    ['ratios that do not add up', { ratios: { train: 0.6, val: 0.2, test: 0.1 } }, 'DATA_SPLIT_INVALID', 'add up to 0.9'],
    ['an unknown data set', { source: 'nothing' }, 'STORE_NOT_FOUND', 'nothing'],
    ['a missing folder', { source: 'no/where' }, 'DATA_UNREADABLE', 'no/where'],
  ])('refuses %s', async (_, request, code, named) => {
    await importYard();
    await expect(split(request)).rejects.toMatchObject({ code, message: expect.stringContaining(named) });
  });

  test.each([
    ['wrong lines', ['glass/0.jpg', 'wood/1.jpg', 'glass/0.jpg', 'metal/bad.jpg', 'glass/../metal/10.jpg'], [/line 2 is 'wood\/1\.jpg'/, /line 3 names glass\/0\.jpg as line 1 did/, /line 4 names metal\/bad\.jpg, which is not in yard:v0/, /line 5 is/]],
    ['a picture in two lists', ['metal/10.jpg'], [/metal\/10\.jpg stand in two of the lists/]],
  ])('refuses lists with %s and names each', async (_, lines, messages) => {
    await importYard();
    const lists = { train: list('train.txt', ...lines), val: list('val.txt', 'metal/10.jpg') };
    for (const message of messages) await expect(split({ lists })).rejects.toMatchObject({ code: 'DATA_LIST_INVALID', message: expect.stringMatching(message) });
    expect(rig.store.runs({ kind: 'split' })[0]).toMatchObject({ state: 'failed' });
  });

  test('refuses to split a part', async () => {
    await importYard();
    await split();
    await expect(split({ source: 'yard-train' })).rejects.toMatchObject({ code: 'DATA_SPLIT_INVALID', message: expect.stringContaining('yard-train:v0 is itself a part') });
  });
});

describe('openDataSet', () => {
  test('a folder without lists is split by chance, as its artifact is', async () => {
    const fromFolder = await open({ source: join(root, 'yard'), seed: 7 });
    expect(DATA_PARTS.map((part) => fromFolder[part].length)).toEqual([13, 4, 4]);
    expect(fromFolder.leftOut).toEqual(['metal/bad.jpg', 'metal/19.jpg', 'paper/wrong.jpg']);
    await importYard();
    const fromArtifact = await open({ source: 'yard', seed: 7 });
    expect(DATA_PARTS.map((part) => namesOf(fromArtifact[part]))).toEqual(DATA_PARTS.map((part) => namesOf(fromFolder[part])));
    expect([fromArtifact.digest, fromArtifact.artifacts.map(({ name }) => name)]).toEqual([fromFolder.digest, ['yard']]);
    for (const { file, name } of fromArtifact.train) expect(readFileSync(file)).toEqual(readFileSync(join(root, 'yard/images', name)));
  });

  test('any part of a split opens all of it', async () => {
    await importYard();
    const { parts } = await split();
    const byChance = await open({ source: 'yard', seed: 7 });
    for (const source of ['yard-train', 'yard-val:v0', parts.test!.artifact.digest.slice(0, 12)]) {
      const opened = await open({ source });
      expect(DATA_PARTS.map((part) => namesOf(opened[part]))).toEqual(DATA_PARTS.map((part) => namesOf(byChance[part])));
      expect([opened.digest, opened.artifacts.map(({ name }) => name)]).toEqual([byChance.digest, ['yard-train', 'yard-val', 'yard-test']]);
    }
  });

  test('lists beside the folder are found, given ones come first', async () => {
    writeFiles(join(root, 'yard'), { 'train.txt': 'glass/1.jpg\nmetal/11.jpg\n', 'val.txt': 'glass/2.jpg\n' });
    for (const source of ['yard', 'yard/images']) {
      const { train, val, test: kept, origin } = await open({ source: join(root, source) });
      expect([namesOf(train), namesOf(val), kept]).toEqual([['glass/1.jpg', 'metal/11.jpg'], ['glass/2.jpg'], []]);
      expect(origin).toContain('val.txt');
    }
    const given = await open({ source: join(root, 'yard'), lists: { val: list('other.txt', 'metal/11.jpg') } });
    expect([given.train.length, namesOf(given.val)]).toEqual([23, ['metal/11.jpg']]);
  });

  test('lists apply to an artifact as well', async () => {
    await importYard();
    const { train, val, artifacts } = await open({ source: 'yard', lists: { val: list('val.txt', 'metal/11.jpg') } });
    expect([train.length, namesOf(val), artifacts.length]).toEqual([22, ['metal/11.jpg'], 1]);
  });

  test.each([
    ['a model', 'net', 'USAGE', 'is a model'],
    ['no artifact', 'nothing', 'STORE_NOT_FOUND', 'nothing'],
    ['no folder', './nowhere', 'DATA_UNREADABLE', 'nowhere'],
  ])('refuses %s', async (_, source, code, named) => {
    await rig.store.addArtifact({ type: 'model', name: 'net', files: [{ path: 'model.onnx', content: new Uint8Array(3) }] });
    await expect(open({ source })).rejects.toMatchObject({ code, message: expect.stringContaining(named) });
  });

  test('without a store a name cannot be opened', async () => {
    await expect(openDataSet({ source: 'yard' }, { store: undefined })).rejects.toMatchObject({ code: 'DATA_UNREADABLE', message: expect.stringContaining('no learning store') });
  });
});
