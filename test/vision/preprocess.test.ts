import { describe, expect, it } from 'vitest';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { pictureBytes, preprocess } from '../../src/vision/preprocess.ts';
import { goldenPictures } from './preprocess-golden.ts';
import { plainPicture } from '../image/plain-picture.ts';

const shape = { height: 224, width: 224 };

/** Every pixel differs from its neighbours, slowly in each channel: B over x, G over y, R over both. */
function pattern(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      bytes[at] = Math.floor((255 * x) / Math.max(1, width - 1));
      bytes[at + 1] = Math.floor((255 * y) / Math.max(1, height - 1));
      bytes[at + 2] = (x * 3 + y * 5) % 256;
    }
  }
  return bytes;
}

function prepared(width: number, height: number, offset = 0): Uint8Array {
  using scope = new MatScope();
  const target = new Uint8Array(offset + pictureBytes(shape));
  preprocess(scope.own(new cv.Mat(pattern(width, height), height, width, cv.CV_8UC3)), shape, target, offset);
  return target.subarray(offset);
}

const pixel = (bytes: Uint8Array, row: number, col: number): number[] => [...bytes.subarray((row * 224 + col) * 3, (row * 224 + col) * 3 + 3)];

describe('preprocess', () => {
  // Rounding differs by one level between OpenCV's code paths (SIMD or not); a changed step differs by far more.
  it.each(goldenPictures)('gives the golden pixels of a $width x $height picture', ({ width, height, pixels, mean }) => {
    const bytes = prepared(width, height);
    for (const [row, col, ...rgb] of pixels) {
      const found = pixel(bytes, row, col);
      for (const channel of [0, 1, 2]) expect(Math.abs(found[channel]! - rgb[channel]!), `row ${row}, column ${col}, channel ${channel}: ${found}`).toBeLessThanOrEqual(1);
    }
    for (const channel of [0, 1, 2]) {
      let sum = 0;
      for (let at = channel; at < bytes.length; at += 3) sum += bytes[at]!;
      expect(Math.abs(sum / (224 * 224) - mean[channel]!)).toBeLessThan(0.3);
    }
  });

  it('turns BGR into RGB', () => {
    using scope = new MatScope();
    const target = new Uint8Array(pictureBytes(shape));
    preprocess(scope.own(plainPicture({ width: 400, height: 300 }, [10, 20, 30])), shape, target, 0);
    expect(pixel(target, 0, 0)).toEqual([30, 20, 10]);
    expect(pixel(target, 223, 223)).toEqual([30, 20, 10]);
  });

  it('takes the middle of a wide picture and repeats the edges of a narrow one', () => {
    const wide = prepared(512, 256), narrow = prepared(128, 256);
    expect(pixel(wide, 112, 0)[2]).toBeGreaterThan(60);
    expect(pixel(wide, 112, 223)[2]).toBeLessThan(195);
    expect(pixel(narrow, 112, 0)[2]).toBe(0);
    expect(pixel(narrow, 112, 20)[2]).toBe(0);
    expect(pixel(narrow, 112, 223)[2]).toBe(255);
  });

  it('writes where it is told and nowhere else', () => {
    using scope = new MatScope();
    const bytes = pictureBytes(shape);
    const target = new Uint8Array(3 * bytes).fill(7);
    preprocess(scope.own(new cv.Mat(64, 64, cv.CV_8UC3, [1, 2, 3])), shape, target, bytes);
    expect(target.subarray(0, bytes).every((value) => value === 7)).toBe(true);
    expect(target.subarray(2 * bytes).every((value) => value === 7)).toBe(true);
    expect(target[bytes]).toBe(3);
  });

  it.each([512, 601, 1440])('leaves out no pixel of a picture %i high: fine stripes become their mean', (side) => {
    using scope = new MatScope();
    const target = new Uint8Array(pictureBytes(shape));
    const striped = new cv.Mat(Buffer.alloc(side * side * 3, Buffer.concat(Array.from({ length: side }, (_, x) => Buffer.alloc(3, (x % 2) * 200)))), side, side, cv.CV_8UC3);
    preprocess(scope.own(striped), shape, target, 0);
    expect(target.find((level) => Math.abs(level - 100) > 1)).toBeUndefined();
  });

  it('takes a picture of a single pixel', () => {
    expect(pixel(prepared(1, 1), 100, 100)).toEqual([0, 0, 0]);
  });

  it('makes pictures of the size that the model asks for', () => {
    using scope = new MatScope();
    const target = new Uint8Array(pictureBytes({ height: 96, width: 128 }));
    preprocess(scope.own(plainPicture({ width: 400, height: 300 }, [1, 2, 3])), { height: 96, width: 128 }, target, 0);
    expect(target.length).toBe(96 * 128 * 3);
    expect(target.at(-1)).toBe(1);
  });
});
