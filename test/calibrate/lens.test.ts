import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lens } from '../../src/domain/lens.ts';
import { distortPx, undistortPx } from '../../src/domain/lens.ts';

const lens = (k1: number, k2: number, p1: number, p2: number): Lens => ({ focalPx: [1400, 1390], centrePx: [640, 360], distortion: [k1, k2, p1, p2, 0] });

describe('a lens', () => {
  test('bends as Brown\'s model says: a point worked out by hand', () => {
    // x = 0.5, y = 0: radial 1 + 0.1·0.25 + 0.2·0.0625 = 1.0375; tangential x: p2·3·0.25, y: p1·0.25.
    const bent = distortPx({ focalPx: [100, 100], centrePx: [0, 0], distortion: [0.1, 0.2, 0.04, 0.02, 0] }, 50, 0);
    expect(bent.u).toBeCloseTo(100 * (0.5 * 1.0375 + 0.02 * 0.75), 9);
    expect(bent.v).toBeCloseTo(100 * 0.04 * 0.25, 9);
  });

  test('leaves every pixel where it was when bent and straightened again', () => {
    fc.assert(fc.property(
      fc.double({ min: -0.35, max: 0.35, noNaN: true }), fc.double({ min: -0.05, max: 0.1, noNaN: true }),
      fc.double({ min: -0.005, max: 0.005, noNaN: true }), fc.double({ min: -0.005, max: 0.005, noNaN: true }),
      fc.double({ min: 0, max: 1280, noNaN: true }), fc.double({ min: 0, max: 720, noNaN: true }),
      (k1, k2, p1, p2, u, v) => {
        const bent = distortPx(lens(k1, k2, p1, p2), u, v);
        const back = undistortPx(lens(k1, k2, p1, p2), bent.u, bent.v);
        expect(Math.hypot(back.u - u, back.v - v)).toBeLessThan(1e-6);
      },
    ));
  });

  test('a perfect one changes nothing', () => {
    expect(distortPx(lens(0, 0, 0, 0), 12.5, 700)).toEqual({ u: 12.5, v: 700 });
  });
});
