import { describe, expect, it } from 'vitest';
import type { Mat } from '../../src/image/opencv.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { cropItem, roundedBox, squareAround } from '../../src/vision/crop.ts';
import type { Detection } from '../../src/vision/detection.ts';
import { visionOptions } from '../../src/vision/options.ts';
import { plainPicture } from '../image/plain-picture.ts';

const { crop: options } = visionOptions.parse({});

function detectionOf(box: { x: number; y: number; width: number; height: number }, fill: number): Detection {
  const { x, y, width, height } = box;
  return {
    boxPx: box, centrePx: { x: x + width / 2, y: y + height / 2 }, areaPx: fill * width * height, fill, isWhole: true,
    // A diamond: half of its box.
    outline: [{ x: x + width / 2, y }, { x: x + width, y: y + height / 2 }, { x: x + width / 2, y: y + height }, { x, y: y + height / 2 }],
  };
}

/** Blue belt, red box. */
function picture(scope: MatScope): Mat {
  const image = scope.own(plainPicture({ width: 300, height: 200 }, [200, 0, 0]));
  image.drawRectangle(new cv.Rect(100, 60, 80, 40), new cv.Vec3(0, 0, 200), -1);
  return image;
}

const box = { x: 100, y: 60, width: 80, height: 40 };

describe('cropItem', () => {
  it('cuts a card out exactly', () => {
    using scope = new MatScope();
    const card = scope.own(cropItem(picture(scope), detectionOf({ x: 100.3, y: 59.6, width: 79.9, height: 40.2 }, 0.99), options));
    expect([card.cols, card.rows]).toEqual([80, 40]);
    expect(scope.own(card.inRange(new cv.Vec3(0, 0, 190), new cv.Vec3(10, 10, 210))).countNonZero()).toBe(80 * 40);
  });

  it('puts any other item into the middle of a square on light grey', () => {
    using scope = new MatScope();
    const seen = scope.own(cropItem(picture(scope), detectionOf(box, 0.5), options));
    const side = Math.round(80 * (1 + 2 * options.marginRatio));
    expect([seen.cols, seen.rows]).toEqual([side, side]);
    expect(seen.atRaw(side >> 1, side >> 1)).toEqual([0, 0, 200]);
    expect(seen.atRaw(2, 2)).toEqual([205, 205, 205]);
    // Outside the diamond, inside the box.
    expect(seen.atRaw((side >> 1) - 18, (side >> 1) - 36)).toEqual([205, 205, 205]);
  });

  it('keeps the belt around the item where that is asked for', () => {
    using scope = new MatScope();
    const seen = scope.own(cropItem(picture(scope), detectionOf(box, 0.5), { ...options, background: 'keep' }));
    expect(seen.atRaw(2, 2)).toEqual([200, 0, 0]);
  });

  it('fills what lies beyond the frame', () => {
    using scope = new MatScope();
    const seen = scope.own(cropItem(picture(scope), detectionOf({ x: 200, y: 150, width: 98, height: 48 }, 0.5), { ...options, background: 'keep' }));
    expect(seen.cols).toBe(seen.rows);
    expect(seen.atRaw(seen.rows - 2, seen.cols - 2)).toEqual([205, 205, 205]);
  });

  it('changes nothing in the frame', () => {
    using scope = new MatScope();
    const image = picture(scope);
    const before = image.getData();
    scope.own(cropItem(image, detectionOf(box, 0.5), options));
    expect(image.getData().equals(before)).toBe(true);
  });
});

describe('crop geometry', () => {
  it('rounds edges, not sizes', () => {
    expect(roundedBox({ x: 10.4, y: 5.6, width: 20.2, height: 3.3 })).toEqual({ x: 10, y: 6, width: 21, height: 3 });
  });

  it('centres the square on the box', () => {
    expect(squareAround({ x: 100, y: 100, width: 50, height: 20 }, 0.1)).toEqual({ x: 95, y: 80, width: 60, height: 60 });
  });
});
