// Any order of adding, naming and forgetting against a model of plain arrays.
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFilePath, digestOf, parseReference } from '../../../src/learning/store/artifact-names.ts';
import { pictures, storeRig } from './store-rig.ts';

const NAMES = ['trash', 'net'] as const, ALIASES = ['best', 'field'] as const;
const name = fc.constantFrom(...NAMES), alias = fc.constantFrom(...ALIASES);
const files = fc.dictionary(fc.constantFrom('a', 'b', 'c/d'), fc.constantFrom('1', '2', '3'), { minKeys: 1, maxKeys: 3 });
const steps = fc.array(fc.oneof(
  fc.record({ do: fc.constant('add' as const), name, files, aliases: fc.uniqueArray(alias) }),
  fc.record({ do: fc.constant('alias' as const), name, alias, pick: fc.nat(20) }),
  fc.record({ do: fc.constant('remove' as const), name, alias }),
  fc.record({ do: fc.constant('gc' as const) }),
), { maxLength: 25 });

test('versions never change or repeat, an alias stands on one version, contents are there once', async () => {
  await fc.assert(fc.asyncProperty(steps, async (all) => {
    using rig = storeRig();
    const versions = new Map<string, string[]>(NAMES.map((each) => [each, []]));
    const aliases = new Map<string, number>();
    for (const step of all) {
      if (step.do === 'gc') await rig.store.collectGarbage();
      if (step.do === 'add') {
        const key = JSON.stringify(Object.entries(step.files).toSorted());
        const known = versions.get(step.name)!;
        const { version } = await rig.store.addArtifact(pictures(step.name, step.files, { aliases: step.aliases }));
        if (!known.includes(key)) known.push(key);
        expect(version).toBe(known.indexOf(key));
        for (const each of step.aliases) aliases.set(`${step.name}:${each}`, version);
      }
      if (step.do === 'alias' && versions.get(step.name)!.length > 0) {
        const version = step.pick % versions.get(step.name)!.length;
        rig.store.setAlias(rig.store.artifact(`${step.name}:v${version}`), step.alias);
        aliases.set(`${step.name}:${step.alias}`, version);
      }
      if (step.do === 'remove') {
        const isThere = aliases.delete(`${step.name}:${step.alias}`);
        if (isThere) rig.store.removeAlias(step.name, step.alias);
        else expect(() => rig.store.removeAlias(step.name, step.alias)).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }));
      }
    }
    for (const each of NAMES) {
      const known = versions.get(each)!;
      expect(rig.store.artifacts({ name: each }).map(({ version }) => version)).toEqual(known.map((_, index) => index));
      for (const artifact of rig.store.artifacts({ name: each })) {
        const isLatest = artifact.version === known.length - 1;
        expect(artifact.aliases).toEqual([...(isLatest ? ['latest'] : []), ...ALIASES.filter((label) => aliases.get(`${each}:${label}`) === artifact.version).toSorted()]);
        expect(rig.store.filesOf(artifact).map(({ path }) => path)).toEqual((JSON.parse(known[artifact.version]!) as string[][]).map(([path]) => path));
        expect(await rig.store.verify(artifact)).toEqual([]);
      }
    }
    await rig.store.collectGarbage();
    const contents = new Set([...versions.values()].flat().flatMap((key) => (JSON.parse(key) as string[][]).map(([, content]) => content)));
    const stored = contents.size === 0 ? [] : readdirSync(join(rig.store.folder, 'blobs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/'));
    expect(stored).toHaveLength(contents.size);
  }), { numRuns: 40 });
}, 30_000);

test('a digest tells type, paths and contents apart, and no order', () => {
  const file = fc.record({ path: fc.stringMatching(/^[a-z]{1,3}$/), sha256: fc.stringMatching(/^[0-9a-f]{64}$/), bytes: fc.nat() });
  const set = fc.uniqueArray(file, { selector: ({ path }) => path, minLength: 1, maxLength: 5 });
  fc.assert(fc.property(set, set, (one, other) => {
    const text = (files: typeof one): string => JSON.stringify(files.map(({ path, sha256 }) => [path, sha256]).toSorted());
    expect(digestOf('model', one) === digestOf('model', other)).toBe(text(one) === text(other));
    expect(digestOf('model', one)).toBe(digestOf('model', one.toReversed()));
    expect(digestOf('raw_data', one)).not.toBe(digestOf('model', one));
  }));
});

test('an allowed path stays below its folder; a reference reads back what it was made of', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('..', '.', 'a', '', '/', '\\', 'c:', '\0'), { maxLength: 6 }).map((parts) => parts.join('/'))), (path) => {
    try {
      checkFilePath(path);
    } catch {
      return;
    }
    expect(join('/base', path).startsWith('/base/')).toBe(true);
    expect(path).not.toMatch(/[\\\0]/);
  }));
  fc.assert(fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/), fc.nat(1e6), (each, version) => {
    expect(parseReference(`${each}:v${version}`)).toEqual({ name: each, version });
    expect(parseReference(each)).toEqual({ name: each, alias: 'latest' });
  }));
});
