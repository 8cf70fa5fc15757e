import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { readChampion } from '../../../src/classify/champion-pointer.ts';
import { loadModel } from '../../../src/classify/load-model.ts';
import type { PromotionRequest } from '../../../src/learning/registry/promote-model.ts';
import { promoteModel, retireModel } from '../../../src/learning/registry/promote-model.ts';
import { registeredModels } from '../../../src/learning/registry/registered-models.ts';
import type { Artifact } from '../../../src/learning/store/learning-store.ts';
import { pictures, storeRig } from '../store/store-rig.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { addModel, judge } from './judged-models.ts';

let rig: StoreRig;
beforeEach(() => {
  rig = storeRig();
});
afterEach(() => rig[Symbol.dispose]());

const plain: PromotionRequest = { who: 'ada@edge-1', reason: undefined, isForced: false, runIds: undefined };
const refused = (text: RegExp | string): unknown => expect.objectContaining({ code: 'MODEL_PROMOTION_REFUSED', message: expect.stringMatching(text) });

function promote(artifact: Artifact, request: Partial<PromotionRequest> = {}): ReturnType<typeof promoteModel> {
  return promoteModel(rig.store, artifact, { request: { ...plain, ...request }, clock: rig.clock });
}

function states(): Record<string, string> {
  return Object.fromEntries(registeredModels(rig.store).map(({ artifact, state }) => [`${artifact.name}:v${artifact.version}`, state]));
}

/** net:v0 is champion, judged on `list`. */
async function champion(list = 'val', right = 90): Promise<Artifact> {
  const model = await addModel(rig.store, 'net', 'first');
  judge(rig.store, model, { list, n: 100, right });
  await promote(model);
  return model;
}

describe('promoting', () => {
  test('the first model needs to have been judged; the line finds it whole', async () => {
    const model = await addModel(rig.store, 'net', 'first');
    await expect(promote(model)).rejects.toThrow(refused(/^net:v0 was judged on no pictures: judge it with `sortline evaluate --model net:v0 .*or promote it with --force and --reason$/));
    expect(readChampion(rig.store.folder)).toBeUndefined();
    judge(rig.store, model, { list: 'val', n: 100, right: 90 });
    const promotion = await promote(model);
    expect(promotion).toMatchObject({ previous: undefined, evidence: { candidate: { model: 'net:v0', n: 100, accuracy: 0.9 } } });
    const pointed = readChampion(rig.store.folder)!;
    expect(pointed).toMatchObject({ reference: 'net:v0', folder: join(rig.store.folder, 'champion', 'net-v0'), previousFolder: undefined });
    expect((await loadModel(pointed.folder)).manifest).toMatchObject({ sha256: pointed.sha256, trainedOn: 'first' });
    expect(rig.store.artifact('net:champion').version).toBe(0);
    expect(rig.store.modelEvents()).toMatchObject([{ kind: 'promoted', who: 'ada@edge-1', reason: undefined, evidence: { candidate: { n: 100 } } }]);
  });

  test('a better one on the same pictures: the champion before is kept to fall back to, also under another name', async () => {
    await champion();
    const better = await addModel(rig.store, 'wide', 'second');
    judge(rig.store, better, { list: 'val', n: 100, right: 95 });
    expect(await promote(better)).toMatchObject({ champion: { name: 'wide' }, previous: { name: 'net' }, evidence: { difference: { accuracy: expect.closeTo(0.05) } } });
    expect(readChampion(rig.store.folder)).toMatchObject({ reference: 'wide:v0', previousFolder: join(rig.store.folder, 'champion', 'net-v0') });
    expect(states()).toEqual({ 'net:v0': 'previous', 'wide:v0': 'champion' });
    expect(rig.store.artifacts().map(({ name, aliases }) => [name, aliases])).toEqual([['net', ['latest', 'previous-champion']], ['wide', ['latest', 'champion']]]);
  });

  test.each<[string, { list: string; right: number } | undefined, RegExp]>([
    ['never judged', undefined, /net:v1 was judged on no pictures/],
    ['judged on other pictures', { list: 'field', right: 99 }, /net:v1 and the champion net:v0 were never judged on the same pictures/],
    ['worse on the same', { list: 'val', right: 80 }, /net:v1 is worse than the champion: 80\.0 % of 100 pictures .*the champion net:v0 90\.0 % of the same; difference −10\.0 points/],
  ])('one that was %s is refused, unless forced with a reason', async (_, found, message) => {
    await champion();
    const other = await addModel(rig.store, 'net', 'second');
    if (found !== undefined) judge(rig.store, other, { n: 100, ...found });
    await expect(promote(other)).rejects.toThrow(refused(message));
    await expect(promote(other, { isForced: true, reason: ' ' })).rejects.toThrow(refused(/needs a reason/));
    expect(readChampion(rig.store.folder)!.reference).toBe('net:v0');
    expect(await promote(other, { isForced: true, reason: 'the belt is new' })).toMatchObject({ evidence: undefined, champion: { version: 1 } });
    expect(rig.store.modelEvents().at(-1)).toMatchObject({ reason: 'the belt is new', evidence: {} });
  });

  test('the longest list counts; named runs alone count where they are named', async () => {
    const first = await champion('val', 90);
    judge(rig.store, first, { list: 'field', n: 20, right: 20 });
    const other = await addModel(rig.store, 'net', 'second');
    const worse = judge(rig.store, other, { list: 'field', n: 20, right: 10 });
    const better = judge(rig.store, other, { list: 'val', n: 100, right: 95 });
    await expect(promote(other, { runIds: [worse] })).rejects.toThrow(refused(/never judged on the same pictures/));
    await expect(promote(other, { runIds: [worse, rig.store.usersOf(first).at(-1)!.id] })).rejects.toThrow(refused(/net:v1 is worse/));
    expect((await promote(other)).evidence).toMatchObject({ candidate: { runId: better, n: 100 } });
  });

  test('back to the one before: a reason is enough', async () => {
    const first = await champion();
    const second = await addModel(rig.store, 'net', 'second');
    judge(rig.store, second, { list: 'val', n: 100, right: 95 });
    await promote(second);
    await expect(promote(first)).rejects.toThrow(refused(/net:v0 is worse than the champion.*since net:v0 was champion before, say with --reason why/));
    await promote(first, { reason: 'v1 takes wet cardboard for glass' });
    expect(readChampion(rig.store.folder)).toMatchObject({ reference: 'net:v0', previousFolder: expect.stringMatching(/net-v1$/) });
    expect(states()).toEqual({ 'net:v0': 'champion', 'net:v1': 'previous' });
  });

  test('the present champion again writes pointer and folder anew, and records nothing', async () => {
    const first = await champion();
    rmSync(join(rig.store.folder, 'champion'), { recursive: true });
    writeFileSync(join(rig.store.folder, 'champion.json'), '{');
    await promote(first);
    await loadModel(readChampion(rig.store.folder)!.folder);
    expect(rig.store.modelEvents()).toHaveLength(1);
  });

  test('a data set, a backbone, a model that is no model: nothing is changed', async () => {
    await champion();
    const forced = { isForced: true, reason: 'x' };
    await expect(promote(await rig.store.addArtifact(pictures('trash', { a: '1' })), forced)).rejects.toThrow(refused(/an artifact of type raw_data/));
    await expect(promote(await rig.store.addArtifact(pictures('bb', { 'backbone.onnx': '1' }, { type: 'model', metadata: { kind: 'backbone' } })), forced)).rejects.toThrow(refused(/is a backbone/));
    await expect(promote(await rig.store.addArtifact(pictures('bad', { 'model.onnx': '1', 'manifest.json': '{}' }, { type: 'model' })), forced)).rejects.toMatchObject({ code: 'MODEL_MANIFEST_INVALID' });
    expect(readChampion(rig.store.folder)!.reference).toBe('net:v0');
    expect(rig.store.modelEvents()).toHaveLength(1);
  });

  test('where the store cannot be written, the line keeps its champion', async () => {
    await champion();
    const second = await addModel(rig.store, 'net', 'second');
    judge(rig.store, second, { list: 'val', n: 100, right: 95 });
    const before = readFileSync(join(rig.store.folder, 'champion.json'), 'utf8');
    const failing = { ...rig.store, recordModelEvent: (event: Parameters<typeof rig.store.recordModelEvent>[0], alongside: () => void) => rig.store.recordModelEvent(event, () => {
      alongside();
      throw new TypeError('the commit fails');
    }) };
    await expect(promoteModel(failing, second, { request: plain, clock: rig.clock })).rejects.toThrow('the commit fails');
    expect(readFileSync(join(rig.store.folder, 'champion.json'), 'utf8')).toBe(before);
    expect(states()).toEqual({ 'net:v0': 'champion', 'net:v1': 'candidate' });
    expect(readdirSync(rig.store.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('folders of older champions go, but not within the hour', async () => {
    const models = [await addModel(rig.store, 'net', '0'), await addModel(rig.store, 'net', '1'), await addModel(rig.store, 'net', '2'), await addModel(rig.store, 'net', '3')];
    const forced = { isForced: true, reason: 'x' };
    const nowSeconds = rig.clock.wallMs() / 1000;
    for (const [index, model] of models.slice(0, 3).entries()) {
      await promote(model, forced);
      utimesSync(join(rig.store.folder, 'champion', `net-v${index}`), nowSeconds, nowSeconds);
    }
    expect(readdirSync(join(rig.store.folder, 'champion'))).toEqual(['net-v0', 'net-v1', 'net-v2']);
    await promoteModel(rig.store, models[3]!, { request: { ...plain, ...forced }, clock: new ManualClock({ wallMs: rig.clock.wallMs() + 2 * 3600 * 1000 }) });
    expect(readdirSync(join(rig.store.folder, 'champion')).toSorted()).toEqual(['net-v2', 'net-v3']);
  });
});

describe('retiring', () => {
  test('takes a model out of the choice; the champion cannot be', async () => {
    const first = await champion();
    const second = await addModel(rig.store, 'net', 'second');
    judge(rig.store, second, { list: 'val', n: 100, right: 95 });
    expect(() => retireModel(rig.store, first, { who: 'ada', reason: undefined })).toThrow(refused(/is the champion, the line runs it/));
    retireModel(rig.store, second, { who: 'ada', reason: 'trained on mislabelled glass' });
    expect(states()).toEqual({ 'net:v0': 'champion', 'net:v1': 'retired' });
    await expect(promote(second)).rejects.toThrow(refused(/was retired \(trained on mislabelled glass\)/));
    await promote(second, { isForced: true, reason: 'labels were right after all' });
    expect(states()).toEqual({ 'net:v0': 'previous', 'net:v1': 'champion' });
  });

  test('the one before the champion: the line no longer falls back to it', async () => {
    const first = await champion();
    await promote(await addModel(rig.store, 'net', 'second'), { isForced: true, reason: 'x' });
    retireModel(rig.store, first, { who: 'ada', reason: undefined });
    expect(readChampion(rig.store.folder)).toMatchObject({ reference: 'net:v1', previousFolder: undefined });
    expect(rig.store.artifact('net:v0').aliases).toEqual([]);
    expect(existsSync(join(rig.store.folder, 'champion', 'net-v0'))).toBe(true);
    expect(() => retireModel(rig.store, first, { who: 'ada', reason: undefined })).not.toThrow();
    expect(rig.store.modelEvents()).toHaveLength(3);
  });
});
