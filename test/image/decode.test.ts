import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decodeImage, encodeJpeg, readImage } from '../../src/image/decode.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-decode-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A 40x24 picture whose left half is red. */
function halfRed(): Buffer {
  using scope = new MatScope();
  const image = scope.own(new cv.Mat(24, 40, cv.CV_8UC3, [255, 255, 255]));
  image.drawRectangle(new cv.Point2(0, 0), new cv.Point2(19, 23), new cv.Vec3(0, 0, 255), -1);
  return encodeJpeg(image, 95);
}

/** Puts an EXIF block with `orientation` behind the JPEG's start marker. */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from('49492a0008000000' + '0100' + '1201' + '0300' + '01000000' + `0${orientation}000000` + '00000000', 'hex');
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.of(0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255);
  return Buffer.concat([jpeg.subarray(0, 2), head, body, jpeg.subarray(2)]);
}

describe('decodeImage', () => {
  test('gives 8-bit BGR pixels', () => {
    using scope = new MatScope();
    const image = scope.own(decodeImage(halfRed(), 'half.jpg'));
    expect([image.cols, image.rows, image.type]).toEqual([40, 24, cv.CV_8UC3]);
    const [blue, green, red] = image.atRaw(12, 5) as unknown as [number, number, number];
    expect(red).toBeGreaterThan(230);
    expect(Math.max(blue, green)).toBeLessThan(30);
  });

  test('drops transparency and spreads grey', () => {
    using scope = new MatScope();
    for (const type of [cv.CV_8UC4, cv.CV_8UC1]) {
      const png = cv.imencode('.png', scope.own(new cv.Mat(4, 6, type, type === cv.CV_8UC1 ? 7 : [7, 7, 7, 128])));
      const image = scope.own(decodeImage(png, 'x.png'));
      expect(image.type).toBe(cv.CV_8UC3);
      expect(image.atRaw(0, 0)).toEqual([7, 7, 7]);
    }
  });

  test('turns a picture upright by its EXIF orientation', () => {
    using scope = new MatScope();
    const image = scope.own(decodeImage(withOrientation(halfRed(), 6), 'turned.jpg'));
    expect([image.cols, image.rows]).toEqual([24, 40]);
    const [, , red] = image.atRaw(5, 12) as unknown as [number, number, number];
    expect(red).toBeGreaterThan(230);
  });

  const png = Buffer.from('89504e470d0a1a0a0000000d49484452000186a0000186a0080200000000000000', 'hex');
  test.each([
    ['empty', Buffer.alloc(0), /is empty/],
    ['text', Buffer.from('this is not a picture'), /is not a picture/],
    ['cut off', halfRed().subarray(0, 400), /cut off/],
    ['a header alone', halfRed().subarray(0, 2), /cut off/],
    ['absurdly large by its header', png, /100000x100000 px/],
    ['a cut-off PNG', cv.imencode('.png', new cv.Mat(4, 4, cv.CV_8UC3, [1, 2, 3])).subarray(0, 40), /cut off/],
    ['a cut-off WebP', cv.imencode('.webp', new cv.Mat(40, 40, cv.CV_8UC3, [1, 2, 3])).subarray(0, -1), /cut off/],
  ])('refuses %s and names it', (_what, bytes, message) => {
    expect(() => decodeImage(bytes, 'belt.jpg')).toThrow(expect.objectContaining({ code: 'IMAGE_UNREADABLE', message: expect.stringMatching(message) }));
    expect(() => decodeImage(bytes, 'belt.jpg')).toThrow(/belt\.jpg/);
  });
});

describe('readImage', () => {
  test('reads a file', () => {
    const file = join(folder, 'half.jpg');
    writeFileSync(file, halfRed());
    using scope = new MatScope();
    expect(scope.own(readImage(file)).cols).toBe(40);
  });

  test.each([['a missing file', join(folder, 'none.jpg')], ['a folder', folder]])('refuses %s', (_what, file) => {
    expect(() => readImage(file)).toThrow(expect.objectContaining({ code: 'IMAGE_UNREADABLE', message: expect.stringContaining(file) }));
  });
});
