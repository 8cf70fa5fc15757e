import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cv, MatScope } from '../../../src/image/opencv.ts';
import { scanFolder } from '../../../src/learning/data/scan-folder.ts';
import { scratchFolder } from '../store/store-rig.ts';
import { drawnScene, jpegOf, writeFiles } from './drawn-pictures.ts';

let root: string;
beforeEach(() => { root = scratchFolder('scan'); });
afterEach(() => rmSync(root, { recursive: true }));

function encoded(extension: string, type: number, { width, height } = { width: 40, height: 40 }): Buffer {
  using scope = new MatScope();
  const channels = new Map([[cv.CV_8UC1, 1], [cv.CV_16UC1, 1], [cv.CV_8UC4, 4]]).get(type) ?? 3;
  return cv.imencode(extension, scope.own(new cv.Mat(height, width, type, channels === 1 ? 7 : [7, 90, 200, 128].slice(0, channels))));
}

/** A JPEG whose frame header says what `bytes`, from its precision on, says. */
function withFrame(bytes: readonly number[]): Buffer {
  const jpeg = Buffer.from(jpegOf(1));
  jpeg.set(bytes, jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 4);
  return jpeg;
}

describe('scanFolder', () => {
  test('takes JPEG, PNG and WebP in the material folders, by name', async () => {
    using scope = new MatScope();
    const scene = scope.own(drawnScene(3));
    writeFiles(root, { 'metal/c.webp': cv.imencode('.webp', scene), 'glass/b.PNG': cv.imencode('.png', scene), 'glass/a.jpg': jpegOf(1), 'glass/.DS_Store': 'x', 'glass/Thumbs.db': 'x', 'notes.txt': 'x' });
    const progress: number[][] = [];
    const { pictures, leftOut, otherFolders, materials } = await scanFolder(root, (...told) => progress.push(told));
    expect(pictures.map(({ name, material, width, height }) => [name, material, width, height])).toEqual([['glass/a.jpg', 'glass', 96, 72], ['glass/b.PNG', 'glass', 96, 72], ['metal/c.webp', 'metal', 96, 72]]);
    expect(pictures[0]!.file).toBe(join(root, 'glass/a.jpg'));
    expect({ leftOut, otherFolders, materials }).toEqual({ leftOut: [], otherFolders: [], materials: ['glass', 'metal'] });
    expect(progress).toEqual([[1, 3], [2, 3], [3, 3]]);
  });

  test.each([
    ['empty', 'a.jpg', Buffer.alloc(0), /is empty/],
    ['no picture', 'a.jpg', Buffer.from('hello'), /not a picture/],
    ['cut off', 'a.jpg', jpegOf(1).subarray(0, -400), /cut off/],
    ['a cut-off PNG', 'a.png', encoded('.png', cv.CV_8UC3).subarray(0, -20), /cut off/],
    ['tiny', 'a.png', encoded('.png', cv.CV_8UC3, { width: 31, height: 200 }), /tiny, 31x200 px/],
    ['grey', 'a.jpg', encoded('.jpg', cv.CV_8UC1), /grey/],
    ['transparent', 'a.png', encoded('.png', cv.CV_8UC4), /transparency/],
    ['of 16 bits', 'a.png', encoded('.png', cv.CV_16UC3), /16 bits/],
    ['absurdly large', 'a.jpg', withFrame([8, 0x75, 0x30, 0x75, 0x30]), /30000x30000 px/],
    ['another format than its name says', 'a.jpg', encoded('.png', cv.CV_8UC3), /PNG, its name says JPEG/],
    ['a format that is not taken', 'a.jpg', encoded('.bmp', cv.CV_8UC3), /neither JPEG nor PNG nor WebP/],
    ['of another kind by its name', 'a.gif', jpegOf(1), /its name ends neither in/],
    ['named with a backslash', 'a\\b.jpg', jpegOf(1), /backslash/],
  ])('names a file that is %s, and goes on', async (_, file, bytes, reason) => {
    writeFiles(root, { [`glass/${file}`]: bytes, 'glass/good.jpg': jpegOf(2) });
    const { pictures, leftOut } = await scanFolder(root);
    expect(pictures.map(({ name }) => name)).toEqual(['glass/good.jpg']);
    expect(leftOut).toEqual([{ name: `glass/${file}`, reason: expect.stringMatching(reason) }]);
  });

  test('names other folders, and folders among the pictures', async () => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1), 'glass/old/b.jpg': jpegOf(2), 'wood/c.jpg': jpegOf(3), 'Glass/d.jpg': jpegOf(4) });
    const { pictures, leftOut, otherFolders } = await scanFolder(root);
    expect(pictures).toHaveLength(1);
    expect(leftOut).toEqual([{ name: 'glass/old', reason: expect.stringContaining('folder') }]);
    expect(otherFolders).toEqual(['Glass', 'wood']);
  });

  test.each([
    ['a missing folder', 'nowhere', 'DATA_UNREADABLE', 'nowhere'],
    ['a file', 'glass/a.jpg', 'DATA_UNREADABLE', 'a.jpg'],
    ['a folder without materials', 'glass', 'DATA_EMPTY', 'no folder at all'],
    ['empty materials', 'bare', 'DATA_EMPTY', 'no picture is in the folders metal'],
  ])('refuses %s', async (_, dir, code, named) => {
    writeFiles(root, { 'glass/a.jpg': jpegOf(1) });
    mkdirSync(join(root, 'bare/metal'), { recursive: true });
    await expect(scanFolder(join(root, dir))).rejects.toMatchObject({ code, message: expect.stringContaining(named) });
  });
});
