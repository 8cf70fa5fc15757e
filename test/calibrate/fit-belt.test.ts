import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TargetView } from '../../src/calibrate/fit-belt.ts';
import { fitBelt, fitBeltPoints } from '../../src/calibrate/fit-belt.ts';
import { fitHomography } from '../../src/calibrate/fit-homography.ts';
import type { Calibration } from '../../src/domain/calibration.ts';
import { beltMmToPixel, pixelToBeltMm } from '../../src/domain/calibration.ts';
import { mapPoint, rigid } from '../../src/domain/homography.ts';
import type { Lens } from '../../src/domain/lens.ts';

const frameSize = { width: 1280, height: 720 };
const lens: Lens = { focalPx: [1440, 1440], centrePx: [640, 360], distortion: [-0.2, 0.05, 0.001, -0.001, 0] };
const target = Array.from({ length: 54 }, (_, index) => ({ x: (index % 9) * 40, y: Math.floor(index / 9) * 40 }));
const truth: Pick<Calibration, 'lens' | 'pixelToBelt'> = { lens, pixelToBelt: [0.72, 0.05, -50, -0.01, 0.69, -5, 1e-4, 5e-5, 1] };

/** The target at `askewRad` and `yMm`, seen at each of `counts`, its origin at x = 0 at count 0. */
function passOf({ countsPerMm, askewRad = 0.03, yMm = 100, counts = [0, 300, 700, 1100, 1600, 2000], flipped = [] as number[] }: { countsPerMm: number; askewRad?: number; yMm?: number; counts?: number[]; flipped?: number[] }): TargetView[] {
  return counts.map((encoderCounts, index) => {
    const pose = rigid(askewRad, 60 + encoderCounts / countsPerMm, yMm);
    const corners = target.map(({ x, y }) => {
      const belt = mapPoint(pose, x, y);
      return beltMmToPixel(truth, belt.x, belt.y);
    });
    return { name: `view ${index}`, encoderCounts, corners: flipped.includes(index) ? corners.toReversed() : corners };
  });
}

function worstMm(fit: { pixelToBelt: readonly number[] }): number {
  const grid = [50, 400, 800, 1230].flatMap((u) => [20, 360, 700].map((v) => [u, v] as const));
  return Math.max(...grid.map(([u, v]) => {
    const is = pixelToBeltMm(truth, u, v), found = pixelToBeltMm({ lens, pixelToBelt: fit.pixelToBelt }, u, v);
    return Math.hypot(is.xMm - found.xMm, is.yMm - found.yMm);
  }));
}

describe('fitBelt', () => {
  test('finds scale, lean, direction of travel and counts per mm, however the target was laid', () => {
    fc.assert(fc.property(
      fc.double({ min: 0.5, max: 50, noNaN: true }), fc.double({ min: -0.6, max: 0.6, noNaN: true }), fc.double({ min: 60, max: 200, noNaN: true }),
      (countsPerMm, askewRad, yMm) => {
        const views = passOf({ countsPerMm, askewRad, yMm, counts: [0, 40, 100, 180, 250].map((mm) => mm * countsPerMm) });
        // The corner nearest to the origin, by the same rule as the fit's.
        const first = target.map(({ x, y }) => mapPoint(rigid(askewRad, 60, yMm), x, y)).reduce((best, corner) => (corner.x + corner.y < best.x + best.y ? corner : best));
        const fit = fitBelt({ views, target, lens, frameSize, cornerMm: { xMm: first.x, yMm: first.y } })!;
        expect(fit.countsPerMm / countsPerMm).toBeCloseTo(1, 7);
        expect(worstMm(fit)).toBeLessThan(1e-3);
        expect(fit.rmsMm).toBeLessThan(1e-4);
      },
    ), { numRuns: 6 });
  });

  test('takes views that were found from the other end of the board, and counts that fall', () => {
    const views = passOf({ countsPerMm: 5, flipped: [1, 3] });
    const { x, y } = { x: 60, y: 100 };
    expect(worstMm(fitBelt({ views, target, lens, frameSize, cornerMm: { xMm: x, yMm: y } })!)).toBeLessThan(1e-3);
    const falling = passOf({ countsPerMm: 5 }).map((view) => ({ ...view, encoderCounts: -view.encoderCounts }));
    const fit = fitBelt({ views: falling, target, lens, frameSize })!;
    expect(fit.countsPerMm).toBeCloseTo(5, 6);
  });

  test('without a measured corner no place of the picture has a coordinate below 0', () => {
    const fit = fitBelt({ views: passOf({ countsPerMm: 5 }), target, lens, frameSize })!;
    const places = [[0, 0], [1280, 0], [0, 720], [1280, 720]].map(([u, v]) => pixelToBeltMm({ lens, pixelToBelt: fit.pixelToBelt }, u!, v!));
    expect(Math.min(...places.map(({ xMm }) => xMm))).toBeCloseTo(0, 6);
    expect(Math.min(...places.map(({ yMm }) => yMm))).toBeCloseTo(0, 6);
  });

  test('tells a slipping target by its residuals', () => {
    const views = passOf({ countsPerMm: 5 }).map((view, index) => ({ ...view, encoderCounts: view.encoderCounts + (index === 3 ? 30 : 0) }));
    const fit = fitBelt({ views, target, lens, frameSize })!;
    expect(fit.rmsMm).toBeGreaterThan(1);
    expect(fit.worstView).toBe('view 3');
  });

  test('has nothing to say without travel', () => {
    expect(fitBelt({ views: passOf({ countsPerMm: 5, counts: [100, 100] }), target, lens, frameSize })).toBeUndefined();
    expect(fitBelt({ views: passOf({ countsPerMm: 5, counts: [0] }), target, lens, frameSize })).toBeUndefined();
  });
});

describe('fitBeltPoints', () => {
  const place = (u: number, v: number) => ({ pixel: { u, v }, ...pixelToBeltMm(truth, u, v) });

  test('four places measured with a tape are enough', () => {
    const fit = fitBeltPoints([place(100, 100), place(1200, 80), place(90, 650), place(1150, 660)], lens)!;
    expect(worstMm(fit)).toBeLessThan(1e-6);
  });

  test('a fifth one that was read wrongly shows in the residual', () => {
    const wrong = { ...place(600, 300), xMm: place(600, 300).xMm + 10 };
    expect(fitBeltPoints([place(100, 100), place(1200, 80), place(90, 650), place(1150, 660), wrong], lens)!.rmsMm).toBeGreaterThan(1);
  });

  test('places on one line, or three, fix nothing', () => {
    expect(fitBeltPoints([place(100, 100), place(1200, 80), place(90, 650)], undefined)).toBeUndefined();
    const line = [0, 1, 2, 3, 4].map((step) => ({ from: { x: step, y: 2 * step }, to: { x: 3 * step, y: step } }));
    expect(fitHomography(line)).toBeUndefined();
  });
});
