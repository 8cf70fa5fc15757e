import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { chooseModels } from '../../src/classify/champion.ts';
import type { ModelRefusal } from '../../src/classify/open-classifier.ts';
import { openClassifier } from '../../src/classify/open-classifier.ts';
import { classifyOptions, SHIPPED_MODEL } from '../../src/classify/options.ts';
import type { ModelInUse } from '../../src/domain/model-in-use.ts';
import { ChampionStore } from './champion-store.ts';
import { tinyFolder } from './tiny-model.ts';

const SHIPPED = fileURLToPath(new URL(`../../${SHIPPED_MODEL}`, import.meta.url));
const SHIPPED_NAME = SHIPPED_MODEL.split('/').at(-1)!;

function optionsFor(store: ChampionStore) {
  return classifyOptions.parse({ model: 'champion', store: store.folder, providers: ['cpu'], batch: { size: 2 }, threads: { sessions: 1 } });
}

/** What came to run, and what was passed over on the way. */
async function opened(store: ChampionStore, { avoid, log = silentLogger }: { avoid?: ReadonlyMap<string, string>; log?: Logger } = {}): Promise<{ inUse: ModelInUse; refusals: ModelRefusal[]; loaded: string[] }> {
  const refusals: ModelRefusal[] = [], loaded: string[] = [];
  const classifier = await openClassifier(optionsFor(store), log, {
    onRefused: (refusal) => refusals.push(refusal), onLoading: ({ name }) => loaded.push(name), ...(avoid === undefined ? {} : { avoid }),
  });
  await classifier.close();
  return { inUse: classifier.description, refusals, loaded };
}

function logOf(lines: string[]): Logger {
  const log: Logger = { ...silentLogger, warn: (_fields: unknown, line?: string) => void lines.push(line ?? ''), child: () => log } as Logger;
  return log;
}

describe('the champion', () => {
  it('runs, under the name of its folder', async () => {
    const store = new ChampionStore();
    const { sha256 } = store.promote();
    const { inUse, refusals, loaded } = await opened(store);
    expect(inUse).toMatchObject({ model: 'tiny-v1', sha256, insteadOf: undefined });
    expect([refusals, loaded]).toEqual([[], ['tiny:v1']]);
  });

  it.each<[string, (store: ChampionStore) => void, string, RegExp]>([
    ['has damaged bytes', (store) => store.promote({ bytes: new Uint8Array(900) }), 'MODEL_HASH_MISMATCH', /SHA-256/],
    ['is not the model that was promoted', (store) => store.promote({}, { sha256: 'b'.repeat(64) }), 'MODEL_HASH_MISMATCH', /the one that was promoted has b{64}/],
    ['has a broken manifest', (store) => store.promote({ manifest: { labels: 'none' } }), 'MODEL_MANIFEST_INVALID', /labels/],
    ['has another shape than its manifest says', (store) => store.promote({ shape: { labels: 4 } }), 'MODEL_MISMATCH', /manifest/],
    ['answers its warm-up with no numbers', (store) => store.promote({ shape: { gain: Number.NaN } }), 'MODEL_RUN_FAILED', /failed its warm-up: of 6 logits for 1 crops 6 are not finite/],
    ['is gone', (store) => { const { model } = store.promote(); store.lose(model); }, 'MODEL_UNREADABLE', /tiny-v2/],
  ])('gives way to the one before it where it %s', async (_how, promote, code, message) => {
    const store = new ChampionStore();
    const { sha256 } = store.promote({ shape: { gain: 2 } });
    promote(store);
    const { inUse, refusals } = await opened(store);
    expect(inUse).toMatchObject({ model: 'tiny-v1', sha256, insteadOf: 'tiny:v2' });
    expect(refusals).toEqual([{ role: 'champion', name: 'tiny:v2', code, message: expect.stringMatching(message) }]);
  });

  it('is not loaded again after it took a process down, until it is promoted again', async () => {
    const store = new ChampionStore();
    store.promote();
    store.promote({ shape: { gain: 2 } });
    const avoid = new Map([[chooseModels(optionsFor(store)).key, 'SIGSEGV']]);
    const { inUse, refusals, loaded } = await opened(store, { avoid });
    expect([inUse.model, loaded]).toEqual(['tiny-v1', ['tiny-v1']]);
    expect(refusals).toMatchObject([{ name: 'tiny:v2', code: 'MODEL_RUN_FAILED', message: expect.stringContaining('SIGSEGV') }]);
    store.promote({ shape: { gain: 2 } });
    expect((await opened(store, { avoid })).inUse.model).toBe('tiny-v3');
  });

  it('is refused where nothing may stand in for it', async () => {
    const store = new ChampionStore();
    store.promote();
    store.promote({ bytes: new Uint8Array(900) });
    await expect(openClassifier(optionsFor(store), silentLogger, { isStrict: true })).rejects.toMatchObject({ code: 'MODEL_HASH_MISMATCH' });
    store.point('{');
    await expect(openClassifier(optionsFor(store), silentLogger, { isStrict: true })).rejects.toMatchObject({ code: 'MODEL_CHAMPION_INVALID' });
  });
});

describe.skipIf(!existsSync(SHIPPED))('the shipped model', () => {
  it('runs, without a word of alarm, where none was ever promoted', async () => {
    const store = new ChampionStore();
    const lines: string[] = [];
    const { inUse, refusals } = await opened(store, { log: logOf(lines) });
    expect(inUse).toMatchObject({ model: SHIPPED_NAME, insteadOf: undefined });
    expect(refusals).toEqual([]);
    expect(lines.filter((line) => line.includes('was ever promoted'))).toEqual([expect.stringContaining(store.folder)]);
  });

  it('stands in where neither the champion nor the one before it can be used', async () => {
    const store = new ChampionStore();
    const { model } = store.promote();
    store.promote({ shape: { gain: Number.NaN } });
    store.lose(model);
    const { inUse, refusals } = await opened(store);
    expect(inUse).toMatchObject({ model: SHIPPED_NAME, insteadOf: 'tiny:v2' });
    expect(refusals.map(({ role, name, code }) => [role, name, code])).toEqual([['champion', 'tiny:v2', 'MODEL_RUN_FAILED'], ['previous', 'tiny-v1', 'MODEL_UNREADABLE']]);
  });

  it.each([['torn', '{"model": "champion/ti'], ['garbage', '\0\0\0'], ['one that points out of the store', JSON.stringify({ model: '../etc', previous: null, name: 'x', version: 1, sha256: 'a'.repeat(64), promotedAtIso: '2026-01-01T00:00:00.000Z' })]])('stands in where champion.json is %s', async (_what, text) => {
    const store = new ChampionStore();
    store.point(text);
    const { inUse, refusals } = await opened(store);
    expect(inUse).toMatchObject({ model: SHIPPED_NAME, insteadOf: 'champion' });
    expect(refusals).toMatchObject([{ role: 'pointer', name: 'champion', code: 'MODEL_CHAMPION_INVALID', message: expect.stringContaining('champion.json') }]);
  });
});

describe('a folder that the config names', () => {
  it('has nothing to stand in for it', async () => {
    const options = classifyOptions.parse({ model: tinyFolder({ bytes: new Uint8Array(9) }), providers: ['cpu'] });
    await expect(openClassifier(options, silentLogger)).rejects.toMatchObject({ code: 'MODEL_HASH_MISMATCH' });
  });
});
