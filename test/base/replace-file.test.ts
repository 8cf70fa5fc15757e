import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceFile } from '../../src/base/replace-file.ts';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-replace-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('replaceFile', () => {
  test('puts the parts in the place of what was there, and leaves nothing beside it', () => {
    const path = join(folder, 'deep', 'file');
    replaceFile(path, [Buffer.from('old')]);
    replaceFile(path, [Buffer.from('ne'), Buffer.alloc(0), Buffer.from('w')]);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['file']);
  });

  test('leaves everything as it was where the name cannot be taken', () => {
    const path = join(folder, 'taken');
    mkdirSync(path);
    writeFileSync(join(path, 'kept'), 'kept');
    expect(() => replaceFile(path, [Buffer.from('new')])).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(readFileSync(join(path, 'kept'), 'utf8')).toBe('kept');
  });
});
