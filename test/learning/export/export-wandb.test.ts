// What is written for W&B. Field numbers are those of its wandb_internal.proto; that its own client takes these files was tried by
// hand with `wandb sync` 0.30.0.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportWandb } from '../../../src/learning/export/export-wandb.ts';
import { wandbLog } from '../../../src/learning/export/wandb-log.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { bytes, pictures, storeRig } from '../store/store-rig.ts';
import { fieldsOf, itemsOf, readWandbLog, textOf } from './wandb-log-reader.ts';

describe('wandbLog', () => {
  test('is framed byte by byte as W&B reads it', () => {
    expect(Buffer.from(wandbLog([Uint8Array.of(0x08, 0x01)])).toString('hex')).toBe('3a572642e1be00bb095d410200010801');
    expect(wandbLog([])).toHaveLength(7);
  });

  test.each([32_754, 32_755, 32_761, 32_762, 32_768, 100_000, 0])('a record of %i bytes comes back, and the one after it', (length) => {
    const records = [new Uint8Array(length).fill(7), Uint8Array.of(1, 2, 3)];
    expect(readWandbLog(wandbLog(records)).map((record) => record.length)).toEqual([length, 3]);
  });

  test('records of any length come back', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 32_700, max: 32_800 }), fc.integer({ min: 0, max: 70_000 })), { maxLength: 12 }), (lengths) => {
      const records = lengths.map((length, index) => new Uint8Array(length).fill(index));
      expect(readWandbLog(wandbLog(records)).map((record) => [record.length, record[0]])).toEqual(records.map((record) => [record.length, record[0]]));
    }), { numRuns: 50 });
  });
});

async function recordedRun(rig: StoreRig): Promise<string> {
  const run = rig.store.startRun({ kind: 'train', name: 'a run', config: { learn_rate: 0.001, mode: 'head', resume: { request: { source: '/home/me' } } }, sweepId: 'sweep-1' });
  run.use(await rig.store.addArtifact(pictures('trash', { 'glass/1.jpg': 'x' })));
  run.log({ step: 2, epoch: 1 }, { loss: 0.5, 'val/accuracy': 0.75 });
  run.log({ step: 1, epoch: 0.5 }, { loss: Number.NaN });
  await rig.clock.advanceMs(2000);
  run.say('epoch 1: größer');
  run.keepFile('charts/confusion.txt', bytes('1 2'));
  run.summarise({ accuracy: 0.75 });
  await rig.store.addArtifact({ ...pictures('sorter', { 'model.onnx': 'm', 'manifest.json': '{}' }), type: 'model', runId: run.id });
  run.end('finished');
  return run.id;
}

describe('exportWandb', () => {
  test('writes a run as a sequence of records', async () => {
    using rig = storeRig();
    const id = await recordedRun(rig);
    const folder = await exportWandb(rig.store.run(id), rig.store, { folder: join(rig.folder, 'out'), withArtifacts: true, project: 'sorting' });
    expect(folder).toBe(join(rig.folder, 'out', `offline-run-20260101_000000-${id}`));
    expect(readFileSync(join(folder, 'files/charts/confusion.txt'), 'utf8')).toBe('1 2');
    const records = readWandbLog(readFileSync(join(folder, `run-${id}.wandb`))).map(fieldsOf);
    expect(records.map((record) => record[1]![0])).toEqual(records.map((_, index) => index + 1));
    const ofKind = (number: number) => records.flatMap((record) => (record[number] === undefined ? [] : [fieldsOf(record[number][0] as Uint8Array)]));

    const [run] = ofKind(17);
    expect([1, 3, 6, 7, 8].map((number) => textOf(run![number]![0]))).toEqual([id, 'sorting', 'sweep-1', 'train', 'a run']);
    expect(run![2]).toBeUndefined();
    expect(fieldsOf(run![17]![0] as Uint8Array)[1]).toEqual([Date.UTC(2026, 0, 1) / 1000]);
    const config = itemsOf(fieldsOf(run![4]![0] as Uint8Array)[1]);
    expect(config).toMatchObject({ learn_rate: '0.001', mode: '"head"' });
    expect(Object.keys(config)).toEqual(['learn_rate', 'mode', 'sortline']);
    expect(JSON.parse(config.sortline!)).toMatchObject({ sweep: 'sweep-1', state: 'finished', inputs: [expect.stringContaining('trash:v0')], outputs: [expect.stringContaining('sorter:v0')] });

    expect(ofKind(2).map((history) => itemsOf(history[1]))).toEqual([
      { loss: 'NaN', epoch: '0.5', _step: '1', _runtime: '0', _timestamp: '1767225600' },
      { loss: '0.5', 'val/accuracy': '0.75', epoch: '1', _step: '2', _runtime: '0', _timestamp: '1767225600' },
    ]);
    expect(ofKind(3).map((summary) => itemsOf(summary[1]))).toEqual([{ accuracy: '0.75' }]);
    expect(ofKind(13).map((output) => [output[1]![0], textOf(output[3]![0])])).toEqual([[1, 'epoch 1: größer\n']]);
    expect(ofKind(7).length).toBeGreaterThan(0);
    expect(ofKind(6).map((files) => textOf(fieldsOf(files[1]![0] as Uint8Array)[1]![0]))).toEqual(['charts/confusion.txt']);
    expect(ofKind(18)).toEqual([{ 1: [0], 2: [2] }]);
    expect(records.at(-1)![18]).toBeDefined();
  });

  test('writes what the run made with W&B\'s digests, read from the store', async () => {
    using rig = storeRig();
    const id = await recordedRun(rig);
    const folder = await exportWandb(rig.store.run(id), rig.store, { folder: rig.folder, withArtifacts: true });
    const artifacts = readWandbLog(readFileSync(join(folder, `run-${id}.wandb`))).map(fieldsOf).flatMap((record) => (record[8] === undefined ? [] : [fieldsOf(record[8][0] as Uint8Array)]));
    expect(artifacts).toHaveLength(1);
    const [artifact] = artifacts;
    expect([4, 5].map((number) => textOf(artifact![number]![0]))).toEqual(['model', 'sorter']);
    const entries = fieldsOf(artifact![12]![0] as Uint8Array)[4]!.map((entry) => fieldsOf(entry as Uint8Array));
    const md5 = (text: string, encoding: 'hex' | 'base64'): string => createHash('md5').update(text).digest(encoding);
    expect(entries.map((entry) => [textOf(entry[1]![0]), textOf(entry[2]![0]), readFileSync(textOf(entry[6]![0]), 'utf8')])).toEqual([['manifest.json', md5('{}', 'base64'), '{}'], ['model.onnx', md5('m', 'base64'), 'm']]);
    expect(textOf(artifact![6]![0])).toBe(md5(`wandb-artifact-manifest-v1\nmanifest.json:${md5('{}', 'base64')}\nmodel.onnx:${md5('m', 'base64')}\n`, 'hex'));
    expect(textOf(artifact![15]![0])).toMatch(/^[0-9a-f]{128}$/);
  });

  test('a failed run ends in failure', async () => {
    using rig = storeRig();
    const run = rig.store.startRun({ kind: 'train', name: 'bad', config: {} });
    run.end('failed', 'the loss is not a number');
    const folder = await exportWandb(rig.store.run(run.id), rig.store, { folder: rig.folder, withArtifacts: false });
    expect(fieldsOf(fieldsOf(readWandbLog(readFileSync(join(folder, `run-${run.id}.wandb`))).at(-1)!)[18]![0] as Uint8Array)[1]).toEqual([1]);
  });

  test('refuses to write over what is there, and leaves nothing half-written', async () => {
    using rig = storeRig();
    const id = await recordedRun(rig);
    const out = join(rig.folder, 'out');
    await exportWandb(rig.store.run(id), rig.store, { folder: out, withArtifacts: false });
    await expect(exportWandb(rig.store.run(id), rig.store, { folder: out, withArtifacts: false })).rejects.toMatchObject({ code: 'EXPORT_FAILED', message: expect.stringContaining('already there') as string });
    expect(readdirSync(out)).toHaveLength(1);
    mkdirSync(join(rig.folder, 'blocked'));
    const blocked = join(rig.folder, 'store', 'learning.sqlite');
    await expect(exportWandb(rig.store.run(id), rig.store, { folder: blocked, withArtifacts: false })).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
    expect(existsSync(blocked)).toBe(true);
  });
});
