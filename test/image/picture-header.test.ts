import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { pictureHeader } from '../../src/image/picture-header.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

function encoded(extension: string, type: number): Buffer {
  using scope = new MatScope();
  const channels = new Map([[cv.CV_8UC1, 1], [cv.CV_16UC1, 1], [cv.CV_8UC4, 4]]).get(type) ?? 3;
  return cv.imencode(extension, scope.own(new cv.Mat(24, 40, type, channels === 1 ? 7 : [7, 90, 200, 128].slice(0, channels))));
}

describe('what encoders write is read', () => {
  test.each([
    ['.jpg', cv.CV_8UC3, 'jpeg', 'colour', 8],
    ['.jpg', cv.CV_8UC1, 'jpeg', 'grey', 8],
    ['.png', cv.CV_8UC3, 'png', 'colour', 8],
    ['.png', cv.CV_8UC1, 'png', 'grey', 8],
    ['.png', cv.CV_8UC4, 'png', 'alpha', 8],
    ['.png', cv.CV_16UC3, 'png', 'colour', 16],
    ['.png', cv.CV_16UC1, 'png', 'grey', 16],
    ['.webp', cv.CV_8UC3, 'webp', 'colour', 8],
    ['.webp', cv.CV_8UC4, 'webp', 'alpha', 8],
  ] as const)('%s of type %i', (extension, type, format, mode, depth) => {
    expect(pictureHeader(encoded(extension, type))).toEqual({ format, mode, depth, size: { width: 40, height: 24 } });
  });
});

describe('what OpenCV does not write is read from its bytes', () => {
  test.each([
    ['CMYK JPEG', 'ffd8 ffe0 0004 0000 ffc0 0014 08 0018 0028 04 01220002110103110104220000', 'jpeg', 'cmyk', 8],
    ['12-bit JPEG behind fill bytes', 'ffd8 ffff ffc1 0011 0c 0018 0028 03 01220002110103110100', 'jpeg', 'colour', 12],
    ['palette PNG', '89504e470d0a1a0a 0000000d49484452 00000028 00000018 08 03 000000 00000000 00000000 49444154', 'png', 'colour', 8],
    ['palette PNG with transparency', '89504e470d0a1a0a 0000000d49484452 00000028 00000018 04 03 000000 00000000 00000001 74524e53 00 00000000', 'png', 'alpha', 8],
    ['extended WebP with alpha', '52494646 00000000 57454250 56503858 0a000000 10000000 270000 170000', 'webp', 'alpha', 8],
    ['lossless WebP', '52494646 00000000 57454250 5650384c 00000000 2f 27c00500 0000000000', 'webp', 'colour', 8],
  ])('%s', (_, bytes, format, mode, depth) => {
    expect(pictureHeader(hex(bytes))).toEqual({ format, mode, depth, size: { width: 40, height: 24 } });
  });
});

test('no bytes, however cut or spoilt, are more than unknown', () => {
  const whole = [encoded('.jpg', cv.CV_8UC3), encoded('.png', cv.CV_8UC4), encoded('.webp', cv.CV_8UC4)];
  fc.assert(fc.property(fc.constantFrom(...whole), fc.nat(120), fc.nat(120), fc.nat(255), (bytes, length, at, value) => {
    const spoilt = Buffer.from(bytes.subarray(0, length));
    if (at < length) spoilt[at] = value;
    pictureHeader(spoilt);
  }), { numRuns: 2000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => { pictureHeader(Buffer.from(bytes)); }));
});
