import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modelToJudge } from '../../../src/learning/evaluate/model-to-judge.ts';
import { bytes, pictures, storeRig } from '../store/store-rig.ts';

const SHIPPED = '/models/shipped';

it('the champion is the promoted model, and the shipped one where none was promoted', async () => {
  using rig = storeRig();
  const { store } = rig, sources = { store, shipped: SHIPPED };
  expect(await modelToJudge('champion', { store: undefined, shipped: SHIPPED })).toMatchObject({ name: 'shipped', folder: SHIPPED, artifact: undefined });
  expect(await modelToJudge('champion', sources)).toMatchObject({ folder: SHIPPED });
  await store.addArtifact({ type: 'model', name: 'sorter', files: [{ path: 'model.onnx', content: bytes('w') }] });
  writeFileSync(join(store.folder, 'champion.json'), JSON.stringify({ model: 'champion/sorter-v0', previous: null, name: 'sorter', version: 0, sha256: 'a'.repeat(64), promotedAtIso: '2026-11-24T03:15:02.000Z' }));
  expect(await modelToJudge('champion', sources)).toMatchObject({ name: 'sorter:v0', folder: join(store.folder, 'champion', 'sorter-v0'), artifact: { name: 'sorter', version: 0 } });
});

it('a registered model is there while it is judged, and gone afterwards; a folder stays', async () => {
  using rig = storeRig();
  const { store, folder } = rig, sources = { store, shipped: SHIPPED };
  await store.addArtifact({ type: 'model', name: 'sorter', files: [{ path: 'model.onnx', content: bytes('w') }], aliases: ['best'] });
  const model = await modelToJudge('sorter:best', sources);
  expect(existsSync(join(model.folder, 'model.onnx'))).toBe(true);
  model[Symbol.dispose]();
  expect(existsSync(model.folder)).toBe(false);
  mkdirSync(join(folder, 'mine'));
  writeFileSync(join(folder, 'mine', 'manifest.json'), '{}');
  using mine = await modelToJudge(join(folder, 'mine'), sources);
  expect(mine).toMatchObject({ name: 'mine', folder: join(folder, 'mine'), artifact: undefined });
});

it('refuses what is no model and what is nowhere', async () => {
  using rig = storeRig();
  await rig.store.addArtifact(pictures('photographs', { 'glass/a.jpg': 'a' }));
  await expect(modelToJudge('photographs', { store: rig.store, shipped: SHIPPED })).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('raw_data') });
  await expect(modelToJudge('nowhere:v3', { store: rig.store, shipped: SHIPPED })).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
});
