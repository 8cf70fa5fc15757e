import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PointPx } from '../../src/vision/detection.ts';
import { areaOf, hullOf, widthOf } from '../../src/vision/outline.ts';
import { splitOutline } from '../../src/vision/split-outline.ts';

const MIN_AREA = 100;

const rectangle = (width: number, height: number): PointPx[] => [{ x: 0, y: 0 }, { x: width, y: 0 }, { x: width, y: height }, { x: 0, y: height }];

function turned(outline: readonly PointPx[], radians: number): PointPx[] {
  return outline.map(({ x, y }) => ({ x: x * Math.cos(radians) - y * Math.sin(radians), y: x * Math.sin(radians) + y * Math.cos(radians) }));
}

/** Two rectangles of the same height, end to end, the second lying lower. */
const stepped: PointPx[] = [
  { x: 0, y: 0 }, { x: 100, y: 0 }, { x: 100, y: 50 }, { x: 220, y: 50 }, { x: 220, y: 150 }, { x: 100, y: 150 }, { x: 100, y: 100 }, { x: 0, y: 100 },
];

/** Two discs whose middles are 1.9 radii apart. */
function discs(): PointPx[] {
  const half = Math.acos(0.95);
  const arc = (centre: number, from: number, to: number): PointPx[] =>
    Array.from({ length: 24 }, (_, k) => from + ((to - from) * k) / 23).map((angle) => ({ x: centre + 50 * Math.cos(angle), y: 50 * Math.sin(angle) }));
  return [...arc(0, half, 2 * Math.PI - half), ...arc(95, Math.PI + half, 3 * Math.PI - half)];
}

/** Body, shoulders and a long neck. */
const bottle: PointPx[] = [
  { x: 0, y: 0 }, { x: 120, y: 0 }, { x: 140, y: 22 }, { x: 200, y: 22 }, { x: 200, y: 42 }, { x: 140, y: 42 }, { x: 120, y: 64 }, { x: 0, y: 64 },
];

describe('splitOutline', () => {
  it('cuts two rectangles that lie end to end, and keeps their area', () => {
    const parts = splitOutline(stepped, MIN_AREA);
    expect(parts.map(areaOf).toSorted((a, b) => a - b)).toEqual([10_000, 12_000]);
  });

  it('cuts touching discs in halves', () => {
    const [a, b, ...more] = splitOutline(discs(), MIN_AREA);
    expect(more).toEqual([]);
    expect(areaOf(a!) / areaOf(b!)).toBeCloseTo(1, 1);
  });

  it('never cuts a card, however it lies', () => {
    fc.assert(fc.property(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 20, max: 400 }), fc.double({ min: 0, max: 7, noNaN: true }), (width, height, radians) => {
      expect(splitOutline(turned(rectangle(width, height), radians), MIN_AREA)).toHaveLength(1);
    }));
  });

  it('does not take a bottle\'s shoulders for a neck between two items, however it lies', () => {
    for (let degrees = 0; degrees < 360; degrees += 15) expect(splitOutline(turned(bottle, (degrees * Math.PI) / 180), MIN_AREA)).toHaveLength(1);
  });

  it('cuts a row of three, and loses no area', () => {
    const row: PointPx[] = [
      { x: 0, y: 0 }, { x: 100, y: 0 }, { x: 100, y: 50 }, { x: 200, y: 50 }, { x: 200, y: 0 }, { x: 300, y: 0 },
      { x: 300, y: 100 }, { x: 200, y: 100 }, { x: 200, y: 150 }, { x: 100, y: 150 }, { x: 100, y: 100 }, { x: 0, y: 100 },
    ];
    expect(splitOutline(row, MIN_AREA).map(areaOf)).toEqual([10_000, 10_000, 10_000]);
  });

  it('leaves bits that are too small for an item where they are', () => {
    expect(splitOutline(stepped, 50_000)).toHaveLength(1);
  });
});

describe('outline geometry', () => {
  it('measures a turned rectangle', () => {
    const card = turned(rectangle(80, 30), 0.7);
    expect(areaOf(card)).toBeCloseTo(2400, 6);
    expect(widthOf(hullOf(card))).toBeCloseTo(30, 6);
    expect(areaOf(hullOf(stepped))).toBeCloseTo(27_500, 6);
  });
});
