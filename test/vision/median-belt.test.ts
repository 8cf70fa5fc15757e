import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { medianBelt } from '../../src/vision/median-belt.ts';

const SIZE = { rows: 5, cols: 7 };
const LENGTH = 3 * SIZE.rows * SIZE.cols;

function beltOf(frames: readonly Uint8Array[], travelsAlongU = true): number[] {
  using scope = new MatScope();
  const mats = frames.map((bytes) => scope.own(new cv.Mat(Buffer.from(bytes), SIZE.rows, SIZE.cols, cv.CV_8UC3)));
  return [...scope.own(medianBelt(mats, travelsAlongU)).getData()];
}

describe('the first guess at the belt', () => {
  test('is each pixel\'s median over the frames, the higher of two in the middle', () => {
    // So little apart that nothing is taken for an item.
    const frame = fc.uint8Array({ min: 100, max: 112, minLength: LENGTH, maxLength: LENGTH });
    fc.assert(fc.property(fc.array(frame, { minLength: 1, maxLength: 9 }), fc.boolean(), (frames, travelsAlongU) => {
      const expected = Array.from({ length: LENGTH }, (_, at) => frames.map((bytes) => bytes[at]!).toSorted((a, b) => a - b)[frames.length >> 1]);
      expect(beltOf(frames, travelsAlongU)).toEqual(expected);
    }));
  });

  test.each([[true, 'row'], [false, 'column']])('gives what lay still its line\'s colour: travel along u is %s, the line a %s', (travelsAlongU) => {
    const levelAt = (at: number): number => 60 + 10 * (travelsAlongU ? Math.floor(at / (3 * SIZE.cols)) : Math.floor(at / 3) % SIZE.cols);
    const empty = Uint8Array.from({ length: LENGTH }, (_, at) => levelAt(at));
    const item = 3 * (2 * SIZE.cols + 4);
    const seen = empty.map((level, at) => (at >= item && at < item + 3 ? 230 : level));
    expect(beltOf([seen, seen, seen], travelsAlongU)).toEqual([...empty]);
  });
});
