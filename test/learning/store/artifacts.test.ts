import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytes, pictures, storeRig } from './store-rig.ts';
import type { StoreRig } from './store-rig.ts';

let rig: StoreRig;
beforeEach(() => {
  rig = storeRig();
});
afterEach(() => rig[Symbol.dispose]());

function blobFiles(): string[] {
  const folder = join(rig.store.folder, 'blobs');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/')).toSorted();
}

describe('versions', () => {
  test('begin at v0, count up with new contents, and stay what they were', async () => {
    const first = await rig.store.addArtifact(pictures('trash', { 'glass/a.jpg': 'one' }, { metadata: { source: 'belt 1' } }));
    const second = await rig.store.addArtifact(pictures('trash', { 'glass/a.jpg': 'two' }));
    expect([first.version, second.version]).toEqual([0, 1]);
    expect(rig.store.artifact('trash:v0')).toEqual({ ...first, aliases: [] });
    expect(first).toMatchObject({ type: 'raw_data', metadata: { source: 'belt 1' }, aliases: ['latest'], createdAtIso: rig.store.artifact('trash:v0').createdAtIso, runId: undefined });
    expect(rig.store.artifact('trash').version).toBe(1);
    expect(rig.store.artifact('trash:latest')).toEqual(second);
    expect(rig.store.artifact(first.digest.slice(0, 8)).version).toBe(0);
    expect(rig.store.artifacts().map(({ name, version }) => `${name}:v${version}`)).toEqual(['trash:v0', 'trash:v1']);
  });

  test('are the same for the same files in whatever order, and are other versions under another name', async () => {
    const first = await rig.store.addArtifact(pictures('trash', { 'a.jpg': '1', 'b.jpg': '2' }));
    const again = await rig.store.addArtifact(pictures('trash', { 'b.jpg': '2', 'a.jpg': '1' }, { metadata: { later: true } }));
    const other = await rig.store.addArtifact(pictures('other', { 'b.jpg': '2', 'a.jpg': '1' }));
    expect(again).toEqual(first);
    expect([other.name, other.version, other.digest]).toEqual(['other', 0, first.digest]);
    const renamed = await rig.store.addArtifact(pictures('trash', { 'b.jpg': '1', 'a.jpg': '2' }));
    expect(renamed.version).toBe(1);
  });

  test('remember the run that made them, and every run that made the same', async () => {
    const make = (): ReturnType<typeof rig.store.startRun> => rig.store.startRun({ kind: 'import', name: 'import', config: {} });
    const one = make(), two = make();
    const artifact = await rig.store.addArtifact(pictures('trash', { 'a.jpg': '1' }, { runId: one.id }));
    await rig.store.addArtifact(pictures('trash', { 'a.jpg': '1' }, { runId: two.id }));
    two.use(artifact);
    expect(rig.store.artifact('trash').runId).toBe(one.id);
    expect(rig.store.makersOf(artifact).map(({ id }) => id)).toEqual([one.id, two.id]);
    expect(rig.store.usersOf(artifact).map(({ id }) => id)).toEqual([two.id]);
    expect(rig.store.outputsOf(two.id)).toEqual([artifact]);
    expect(rig.store.inputsOf(two.id)).toEqual([artifact]);
    expect(rig.store.inputsOf(one.id)).toEqual([]);
  });
});

describe('aliases', () => {
  test('move, and are removed', async () => {
    const [v0, v1] = [await rig.store.addArtifact(pictures('trash', { 'a.jpg': '1' }, { aliases: ['best'] })), await rig.store.addArtifact(pictures('trash', { 'a.jpg': '2' }))];
    expect(rig.store.artifact('trash:best').version).toBe(0);
    rig.store.setAlias(v1, 'best');
    rig.store.setAlias(v0, 'field');
    expect(rig.store.artifact('trash:best').aliases).toEqual(['latest', 'best']);
    rig.store.removeAlias('trash', 'best');
    expect(() => rig.store.artifact('trash:best')).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND', message: expect.stringContaining('of trash there are v0, field, v1, latest') }));
    expect(() => rig.store.removeAlias('trash', 'best')).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }));
  });

  test.each(['latest', 'v3', '', 'a b', '../x', '-x'])('%j is refused', async (alias) => {
    const artifact = await rig.store.addArtifact(pictures('trash', { 'a.jpg': '1' }));
    expect(() => rig.store.setAlias(artifact, alias)).toThrow(expect.objectContaining({ code: 'STORE_REFUSED' }));
    await expect(rig.store.addArtifact(pictures('trash', { 'a.jpg': '2' }, { aliases: [alias] }))).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect(rig.store.artifacts()).toHaveLength(1);
  });
});

describe('contents', () => {
  test('are stored once, read-only, under their hash', async () => {
    await rig.store.addArtifact(pictures('trash', { 'a.jpg': 'same', 'b.jpg': 'same', 'c.jpg': 'other' }));
    await rig.store.addArtifact(pictures('more', { 'd.jpg': 'same' }));
    expect(blobFiles()).toHaveLength(2);
    const file = rig.store.filesOf(rig.store.artifact('more'))[0]!;
    expect(file).toEqual({ path: 'd.jpg', sha256: '0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5', bytes: 4 });
    expect(rig.store.pathOf(file)).toBe(join(rig.store.folder, 'blobs', '09', file.sha256));
    expect(readFileSync(rig.store.pathOf(file), 'utf8')).toBe('same');
    expect(statSync(rig.store.pathOf(file)).mode & 0o777).toBe(0o444);
    expect(readdirSync(join(rig.store.folder, 'incoming'))).toEqual([]);
  });

  test('come from files as well, of any size', async () => {
    const file = join(rig.folder, 'big.bin');
    const content = Buffer.alloc(3_500_000, 'sortline ');
    writeFileSync(file, content);
    writeFileSync(join(rig.folder, 'empty.bin'), '');
    const artifact = await rig.store.addArtifact({ type: 'model', name: 'net', files: [{ path: 'model.onnx', content: { file } }, { path: 'empty', content: { file: join(rig.folder, 'empty.bin') } }] });
    await rig.store.fetch(artifact, join(rig.folder, 'out'));
    expect(readFileSync(join(rig.folder, 'out', 'model.onnx')).equals(content)).toBe(true);
    expect(readFileSync(join(rig.folder, 'out', 'empty'))).toHaveLength(0);
  });

  test('that cannot be read leave nothing behind', async () => {
    const missing = { type: 'model', name: 'net', files: [{ path: 'a', content: bytes('a') }, { path: 'b', content: { file: join(rig.folder, 'none') } }] } as const;
    await expect(rig.store.addArtifact(missing)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/none cannot be read to be stored: ENOENT/) });
    expect(rig.store.artifacts()).toEqual([]);
    await expect(rig.store.addArtifact({ ...missing, files: [{ path: 'a', content: { file: rig.folder } }] })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('EISDIR') });
  });

  test.each(['', '/etc/passwd', '../x', 'a/../../x', 'a//b', './a', 'a\\b', 'c:x', 'a\nb'])('the path %j is refused', async (path) => {
    await expect(rig.store.addArtifact(pictures('trash', { [path]: '1' }))).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  });

  test('a name of another type, a path twice and no files at all are refused', async () => {
    await rig.store.addArtifact(pictures('trash', { 'a.jpg': '1' }));
    await expect(rig.store.addArtifact(pictures('trash', { 'b.jpg': '1' }, { type: 'model' }))).rejects.toMatchObject({ code: 'STORE_REFUSED', message: 'trash is the name of a raw_data artifact: give the model another name' });
    await expect(rig.store.addArtifact({ type: 'model', name: 'm', files: [{ path: 'a', content: bytes('1') }, { path: 'a', content: bytes('2') }] })).rejects.toMatchObject({ code: 'STORE_REFUSED', message: expect.stringContaining('a twice') });
    await expect(rig.store.addArtifact(pictures('none', {}))).rejects.toMatchObject({ code: 'STORE_REFUSED', message: expect.stringContaining('no files') });
    await expect(rig.store.addArtifact(pictures('a b', { a: '1' }))).rejects.toMatchObject({ code: 'STORE_REFUSED' });
  });
});

describe('fetch and verify', () => {
  test('write every file, into a new folder or over one there is', async () => {
    const artifact = await rig.store.addArtifact(pictures('trash', { 'glass/a.jpg': '1', 'metal/b.jpg': '2' }));
    const folder = join(rig.folder, 'out');
    mkdirSync(join(folder, 'glass'), { recursive: true });
    writeFileSync(join(folder, 'glass/a.jpg'), 'old');
    writeFileSync(join(folder, 'kept.txt'), 'kept');
    await rig.store.fetch(artifact, folder);
    expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual(['glass', 'glass/a.jpg', 'kept.txt', 'metal', 'metal/b.jpg']);
    expect(readFileSync(join(folder, 'glass/a.jpg'), 'utf8')).toBe('1');
    expect(await rig.store.verify(artifact)).toEqual([]);
  });

  test('name every damaged file, and write none of them', async () => {
    const artifact = await rig.store.addArtifact(pictures('trash', { a: 'aaaa', b: 'bbbb', c: 'cccc', d: 'dddd' }));
    const [a, b, c] = rig.store.filesOf(artifact).map((file) => rig.store.pathOf(file));
    for (const path of [b!, c!]) chmodSync(path, 0o644);
    rmSync(a!);
    writeFileSync(b!, 'bbbbb');
    writeFileSync(c!, 'xxxx');
    expect((await rig.store.verify(artifact)).map(({ path, problem }) => `${path} ${problem}`)).toEqual(['a is missing from the store', 'b has 5 bytes instead of 4', 'c has other contents than its hash says']);
    const folder = join(rig.folder, 'out');
    await expect(rig.store.fetch(artifact, folder)).rejects.toMatchObject({ code: 'STORE_DAMAGED', message: expect.stringContaining('a of trash:v0 is missing from the store') });
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(rig.folder)).toEqual(['store']);
  });

  test('missing contents are stored again with the artifact', async () => {
    const artifact = await rig.store.addArtifact(pictures('trash', { a: 'aaaa' }));
    rmSync(rig.store.pathOf(rig.store.filesOf(artifact)[0]!));
    expect(await rig.store.addArtifact(pictures('trash', { a: 'aaaa' }))).toEqual(artifact);
    expect(await rig.store.verify(artifact)).toEqual([]);
  });
});

describe('a reference that is not found', () => {
  test('is answered with what there is', async () => {
    expect(() => rig.store.artifact('trash')).toThrow('there is no artifact trash: the store holds none yet');
    await rig.store.addArtifact(pictures('trash', { a: '1' }));
    expect(() => rig.store.artifact('trsh')).toThrow('there is no artifact trsh: there are trash');
    expect(() => rig.store.artifact('trash:v1')).toThrow('of trash there are v0, latest');
    expect(() => rig.store.artifact('a:b:c')).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }));
    expect(() => rig.store.artifact('0123456789')).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }));
  });
});
