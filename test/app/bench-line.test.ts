// What `sortline bench` makes of its measurements. The measurements themselves are the command's.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { framesToSaturate } from '../../src/app/bench-belt.ts';
import { slopePer1000Frames } from '../../src/app/bench-line.ts';

test('a classifier of any rate a camera can feed is shown more pictures than it takes, and not half as many again', () => {
  fc.assert(fc.property(fc.double({ min: 47, max: 4000, noNaN: true }), (rate) => {
    const pictures = 7 * framesToSaturate(rate);
    expect(pictures).toBeGreaterThan(1.15 * rate);
    expect(pictures).toBeLessThan(1.5 * rate);
  }));
  expect([1, 1e6].map(framesToSaturate)).toEqual([8, 1000]);
});

test('the slope is what both processes gain together', () => {
  const sample = (frames: number) => ({ frames, lineRssMb: 100 + 0.001 * frames, visionRssMb: 500 - 0.0004 * frames });
  expect(slopePer1000Frames([0, 2000, 9000, 20_000].map(sample))).toBeCloseTo(0.6, 9);
  expect(slopePer1000Frames([sample(500)])).toBe(0);
});
