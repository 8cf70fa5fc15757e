import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import { readChampion } from '../../src/classify/champion-pointer.ts';
import { storeFolder } from '../../src/classify/store-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-champion-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const pointer = { model: 'champion/trashnet-v3', previous: null, name: 'trashnet', version: 3, sha256: 'a'.repeat(64), promotedAtIso: '2026-11-24T03:15:02.000Z' };

function write(document: unknown): void {
  writeFileSync(join(folder, 'champion.json'), typeof document === 'string' ? document : JSON.stringify(document));
}

describe('the champion', () => {
  test('is undefined where none was promoted', () => {
    expect(readChampion(folder)).toBeUndefined();
    expect(readChampion(join(folder, 'nowhere'))).toBeUndefined();
  });

  test('is found with absolute folders, and the previous one with it', () => {
    write({ ...pointer, previous: 'champion/trashnet-v1', addedLater: true });
    expect(readChampion(folder)).toEqual({
      reference: 'trashnet:v3', name: 'trashnet', version: 3, sha256: 'a'.repeat(64), promotedAtIso: pointer.promotedAtIso,
      folder: join(folder, 'champion/trashnet-v3'), previousFolder: join(folder, 'champion/trashnet-v1'),
    });
  });

  test.each<[string, unknown]>([
    ['no JSON', '{"model":'],
    ['a folder outside the store', { ...pointer, model: '../../etc' }],
    ['a folder that climbs out', { ...pointer, model: 'champion/../../etc' }],
    ['no hash', { ...pointer, sha256: 'abc' }],
    ['nothing', 'null'],
  ])('is refused by name when the file holds %s', (_, document) => {
    write(document);
    try {
      readChampion(folder);
      expect.unreachable();
    } catch (error) {
      expect(isSortlineError(error, 'MODEL_CHAMPION_INVALID') && error.message).toContain('champion.json');
    }
  });
});

test('the store is where the flag says, else the environment, else below the working directory', () => {
  expect(storeFolder('/a', { SORTLINE_STORE: '/b' })).toBe('/a');
  expect(storeFolder(undefined, { SORTLINE_STORE: '/b' })).toBe('/b');
  expect(storeFolder(undefined, { SORTLINE_STORE: '' })).toBe(resolve('.sortline/learning'));
});
