import { afterAll, describe, expect, test } from 'vitest';
import { cv } from '../../../src/image/opencv.ts';
import { augmentPicture } from '../../../src/learning/augment/augment-picture.ts';
import type { Augmentation } from '../../../src/learning/augment/augmentation.ts';
import { plainView } from '../../../src/learning/augment/augmentation.ts';
import { pictureBytes, preprocess } from '../../../src/vision/preprocess.ts';

const SHAPE = { height: 224, width: 224 };
const SIZE = { width: 341, height: 256 };
const PLAIN: Augmentation = { view: plainView(SIZE), colour: undefined, blurSigma: undefined, noise: undefined, erasure: undefined };

/** Smooth blobs of colour, so that a pixel's neighbours are like it. */
const picture = blobs();
afterAll(() => picture.release());

function blobs(): ReturnType<typeof augmentedMat> {
  return augmentedMat(Buffer.from(Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, index) => {
    const x = Math.floor(index / 3) % SIZE.width, y = Math.floor(index / 3 / SIZE.width);
    return Math.round(128 + 90 * Math.sin(x / 17 + (index % 3)) * Math.cos(y / 23 + 2 * (index % 3)));
  })));
}

function augmentedMat(bytes: Buffer): InstanceType<typeof cv.Mat> {
  return new cv.Mat(bytes, SIZE.height, SIZE.width, cv.CV_8UC3);
}

function augmented(change: Partial<Augmentation>): Uint8Array {
  const target = new Uint8Array(pictureBytes(SHAPE));
  augmentPicture(picture, { ...PLAIN, ...change }, SHAPE, target, 0);
  return target;
}

function prepared(): Uint8Array {
  const target = new Uint8Array(pictureBytes(SHAPE));
  preprocess(picture, SHAPE, target, 0);
  return target;
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

describe('augmenting a picture', () => {
  test('with nothing drawn gives what the line would see', () => {
    // OpenCV's warp places pixels to a 32nd, its resize exactly.
    expect(largestDifference(augmented({}), prepared())).toBeLessThanOrEqual(2);
  });

  test('mirrors without a shift', () => {
    const plain = augmented({}), mirrored = augmented({ view: { ...PLAIN.view, mirrorHorizontal: true } });
    const back = mirrored.map((_, index) => {
      const x = Math.floor(index / 3) % 224, row = Math.floor(index / 3 / 224);
      return mirrored[3 * (row * 224 + 223 - x) + (index % 3)]!;
    });
    expect(largestDifference(plain, back)).toBeLessThanOrEqual(3);
  });

  test('writes at its offset and nowhere else', () => {
    const target = new Uint8Array(3 * pictureBytes(SHAPE)).fill(77);
    augmentPicture(picture, { ...PLAIN, noise: { levels: 20, seed: 5 }, erasure: { x: 0, y: 0, width: 1, height: 1, grey: 9 } }, SHAPE, target, pictureBytes(SHAPE));
    expect(target.subarray(0, pictureBytes(SHAPE)).every((value) => value === 77)).toBe(true);
    expect(target.subarray(pictureBytes(SHAPE), 2 * pictureBytes(SHAPE)).every((value) => value === 9)).toBe(true);
    expect(target.subarray(2 * pictureBytes(SHAPE)).every((value) => value === 77)).toBe(true);
  });

  test('adds noise of the strength asked for, the same for the same seed', () => {
    const plain = augmented({}), noisy = augmented({ noise: { levels: 10, seed: 5 } });
    const squares = noisy.reduce((sum, value, index) => sum + (value - plain[index]!) ** 2, 0);
    expect(Math.sqrt(squares / noisy.length)).toBeGreaterThan(9.5);
    expect(Math.sqrt(squares / noisy.length)).toBeLessThan(10.5);
    expect(Buffer.compare(augmented({ noise: { levels: 10, seed: 5 } }), noisy)).toBe(0);
    expect(Buffer.compare(augmented({ noise: { levels: 10, seed: 6 } }), noisy)).not.toBe(0);
  });

  test('brightens, blurs and erases where asked', () => {
    const mean = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(mean(augmented({ colour: { brightness: 0.5, contrast: 1, saturation: 1, hueRad: 0 } }))).toBeCloseTo(mean(augmented({})) / 2, 0);
    expect(largestDifference(augmented({ blurSigma: 2 }), augmented({}))).toBeGreaterThan(1);
    const erased = augmented({ erasure: { x: 0.5, y: 0.25, width: 0.25, height: 0.5, grey: 3 } });
    expect(erased[3 * (112 * 224 + 120)]).toBe(3);
    expect(erased[3 * (112 * 224 + 100)]).not.toBe(3);
  });
});
