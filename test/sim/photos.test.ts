import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import { photosFrom } from '../../src/sim/photos.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sortline-photos-'));
  for (const name of ['glass/b.JPG', 'glass/a.jpg', 'metal/c.png', 'metal/notes.txt', 'unknown/d.jpg']) {
    mkdirSync(join(root, 'images', name, '..'), { recursive: true });
    writeFileSync(join(root, 'images', name), '');
  }
});
afterEach(() => rmSync(root, { recursive: true }));

test('a folder per material, in one order', () => {
  expect(photosFrom(join(root, 'images'))).toEqual([
    { file: join(root, 'images/glass/a.jpg'), material: 'glass' },
    { file: join(root, 'images/glass/b.JPG'), material: 'glass' },
    { file: join(root, 'images/metal/c.png'), material: 'metal' },
  ]);
});

test('a list names the files', () => {
  const list = join(root, 'val.txt');
  writeFileSync(list, 'metal/c.png\n\nglass/a.jpg\r\n');
  expect(photosFrom(join(root, 'images'), list).map((photo) => photo.material)).toEqual(['glass', 'metal']);
});

test('the validation list beside the folder is taken by itself, and the folder with both may be named', () => {
  writeFileSync(join(root, 'val.txt'), 'glass/a.jpg\n');
  for (const dir of ['images', '.']) expect(photosFrom(join(root, dir)).map((photo) => photo.file)).toEqual([join(root, 'images/glass/a.jpg')]);
});

test.each([
  ['a missing folder', 'DATA_UNREADABLE', 'nowhere', undefined, 'nowhere'],
  ['a folder without materials', 'DATA_EMPTY', 'images/unknown', undefined, 'cardboard'],
  ['a missing list', 'DATA_UNREADABLE', 'images', 'absent.txt', 'absent.txt'],
  ['a list with a missing file', 'DATA_LIST_INVALID', 'images', 'glass/gone.jpg\n', 'line 1'],
  ['a list with an unknown material', 'DATA_LIST_INVALID', 'images', 'metal/c.png\nwood/a.jpg\n', 'line 2'],
] as const)('%s is refused and named', (_, code, dir, list, named) => {
  const listFile = list === undefined ? undefined : join(root, list.endsWith('.txt') ? list : 'list.txt');
  if (list?.endsWith('\n')) writeFileSync(listFile!, list);
  expect(() => photosFrom(join(root, dir), listFile)).toThrow(expect.toSatisfy((error) => isSortlineError(error, code) && error.message.includes(named)));
});
