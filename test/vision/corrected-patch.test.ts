// A card on the belt, seen by a camera that leans and bends: what is classified must be the card as it is.
import { describe, expect, test } from 'vitest';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import { beltMmToPixel } from '../../src/domain/calibration.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { trueGeometryOf } from '../../src/sim/virtual-view.ts';
import { correctedPatch } from '../../src/vision/corrected-patch.ts';
import { cropItem } from '../../src/vision/crop.ts';
import type { Detection } from '../../src/vision/detection.ts';
import { visionOptions } from '../../src/vision/options.ts';
import { ViewGeometry } from '../../src/vision/view-geometry.ts';
import { calibration as straight } from './belt-scene.ts';
import { plainPicture } from '../image/plain-picture.ts';

const source = virtualBeltCameraOptions.parse({ kind: 'virtual-belt', view: { tiltAlongDeg: 15, tiltAcrossDeg: -10, turnDeg: 20, k1: -0.25, k2: 0.05 } });
const leaning: Calibration = { ...straight, ...trueGeometryOf(source) };
const { crop } = visionOptions.parse({});
/** 160 x 80 mm, its left half blue and its right half red. */
const card = { fromXMm: 500, toXMm: 660, fromYMm: 60, toYMm: 140 };

/** The card as the camera shows it, on green, and its outline. */
function seen(calibration: Calibration): { image: Mat; detection: Detection } {
  const side = (fromXMm: number, toXMm: number): { x: number; y: number }[] => {
    const steps = Array.from({ length: 20 }, (_, step) => step / 20);
    const round = [
      ...steps.map((share) => [fromXMm + share * (toXMm - fromXMm), card.fromYMm]), ...steps.map((share) => [toXMm, card.fromYMm + share * 80]),
      ...steps.map((share) => [toXMm - share * (toXMm - fromXMm), card.toYMm]), ...steps.map((share) => [fromXMm, card.toYMm - share * 80]),
    ] as [number, number][];
    return round.map(([x, y]) => beltMmToPixel(calibration, x, y)).map(({ u, v }) => ({ x: u, y: v }));
  };
  const image = plainPicture({ width: 1280, height: 720 }, [0, 120, 0]);
  const fill = (outline: { x: number; y: number }[], colour: [number, number, number]): void => image.drawFillPoly([outline.map(({ x, y }) => new cv.Point2(Math.round(x - 0.5), Math.round(y - 0.5)))], new cv.Vec3(...colour));
  fill(side(card.fromXMm, 580), [200, 0, 0]);
  fill(side(580, card.toXMm), [0, 0, 200]);
  const outline = side(card.fromXMm, card.toXMm);
  const xs = outline.map(({ x }) => x), ys = outline.map(({ y }) => y);
  const boxPx = { x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
  return { image, detection: { boxPx, centrePx: { x: boxPx.x + boxPx.width / 2, y: boxPx.y + boxPx.height / 2 }, outline, areaPx: 1, fill: 0.7, isWhole: true } };
}

describe('a picture through a leaning camera', () => {
  test('becomes the card itself: upright, in its proportions, without belt', () => {
    using scope = new MatScope();
    const { image, detection } = seen(leaning);
    scope.own(image);
    const patch = correctedPatch(image, detection, { view: new ViewGeometry(leaning), gains: undefined, marginRatio: crop.marginRatio })!;
    scope.own(patch.image);
    expect(patch.detection.fill).toBeGreaterThan(0.98);
    const picture = scope.own(cropItem(patch.image, patch.detection, crop));
    expect(picture.cols / picture.rows).toBeCloseTo(2, 1);
    const [left, right] = [picture.atRaw(picture.rows >> 1, picture.cols >> 2), picture.atRaw(picture.rows >> 1, (3 * picture.cols) >> 2)];
    expect(left).toEqual([200, 0, 0]);
    expect(right).toEqual([0, 0, 200]);
    // Green would be the belt.
    const belt = scope.own(picture.inRange(new cv.Vec3(0, 60, 0), new cv.Vec3(80, 255, 80))).countNonZero();
    expect(belt / (picture.cols * picture.rows)).toBeLessThan(0.02);
  });

  test('the place of the card is its middle on the belt, not in the picture', () => {
    const { image, detection } = seen(leaning);
    image.release();
    const { xMm, yMm, lengthMm, widthMm } = new ViewGeometry(leaning).placeOf(detection);
    expect([xMm, yMm, lengthMm, widthMm].map((mm) => Math.round(10 * mm) / 10)).toEqual([580, 100, 160, 80]);
  });

  test('a place beyond the picture is told to be beyond, where the lens model would fold it back', () => {
    const view = new ViewGeometry(leaning);
    const far = { yMm: 200, lengthMm: 80, widthMm: 60 };
    expect(view.visibility({ xMm: 3000, ...far }, 0)).toBe('past');
    expect(view.visibility({ xMm: -2000, ...far }, 0)).toBe('before');
    expect(view.visibility({ xMm: 400, ...far }, 0)).toBe('whole');
  });
});

describe('white balance', () => {
  test('is done to the patch, and leaves the frame and the fill as they are', () => {
    using scope = new MatScope();
    const { image, detection } = seen(straight);
    scope.own(image);
    const patch = correctedPatch(image, detection, { view: new ViewGeometry(straight), gains: [0.5, 1, 1.2], marginRatio: crop.marginRatio })!;
    scope.own(patch.image);
    const picture = scope.own(cropItem(patch.image, { ...patch.detection, fill: 0.5 }, crop));
    expect(picture.atRaw(picture.rows >> 1, picture.cols / 3 | 0)).toEqual([100, 0, 0]);
    expect(picture.atRaw(picture.rows >> 1, (2 * picture.cols) / 3 | 0)).toEqual([0, 0, 240]);
    expect(picture.atRaw(0, 0)).toEqual([crop.fillGrey, crop.fillGrey, crop.fillGrey]);
    expect(image.atRaw(160, 850)).toEqual([200, 0, 0]);
  });

  test('a straight camera without it uses the frame itself', () => {
    const { image, detection } = seen(straight);
    expect(correctedPatch(image, detection, { view: new ViewGeometry(straight), gains: undefined, marginRatio: 0.1 })).toBeUndefined();
    image.release();
  });
});
