import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoxPx } from '../../src/domain/frame.ts';
import type { Detection, PointPx } from '../../src/vision/detection.ts';
import { EntryZone } from '../../src/vision/entry-zone.ts';
import { hullOf } from '../../src/vision/outline.ts';
import { ViewGeometry } from '../../src/vision/view-geometry.ts';
import { calibration, COUNTS_PER_MM, PX_PER_MM } from './belt-scene.ts';

const { frameSize: { width, height } } = calibration;
const MM = 1 / PX_PER_MM;
/** Around a thing the picture must be whole for it to be told from its neighbours, px. */
const ROOM_PX = 28;

interface Place {
  readonly along: number;
  readonly across: number;
}

/** Belts that run in each direction through the picture, and a place seen from the upstream edge as a point of the picture. */
const directions = {
  left: { pixelToBelt: [MM, 0, 0, 0, MM, 0, 0, 0, 1], point: ({ along, across }: Place): PointPx => ({ x: along, y: across }), size: width, breadth: height },
  right: { pixelToBelt: [-MM, 0, width * MM, 0, MM, 0, 0, 0, 1], point: ({ along, across }: Place): PointPx => ({ x: width - along, y: across }), size: width, breadth: height },
  top: { pixelToBelt: [0, MM, 0, MM, 0, 0, 0, 0, 1], point: ({ along, across }: Place): PointPx => ({ x: across, y: along }), size: height, breadth: width },
  bottom: { pixelToBelt: [0, -MM, height * MM, MM, 0, 0, 0, 0, 1], point: ({ along, across }: Place): PointPx => ({ x: across, y: height - along }), size: height, breadth: width },
} as const;

const rectangle = (from: Place, to: Place): Place[] => [from, { along: to.along, across: from.across }, to, { along: from.along, across: to.across }];

/** A convex outline of about a thing's size, its near end at 0 and across around 0. */
const convex = fc.array(fc.record({ x: fc.integer({ min: 0, max: 160 }), y: fc.integer({ min: -70, max: 70 }) }), { minLength: 4, maxLength: 9 })
  .map((points) => hullOf(points)).filter((hull) => hull.length >= 3)
  .map((hull) => hull.map(({ x, y }): Place => ({ along: x - Math.min(...hull.map((point) => point.x)), across: y })));

/** What of a convex outline lies at `along` >= 0. */
function cutAtEdge(outline: readonly Place[]): Place[] {
  return outline.flatMap((a, index) => {
    const b = outline[(index + 1) % outline.length]!;
    const kept = a.along >= 0 ? [a] : [];
    if ((a.along < 0) === (b.along < 0)) return kept;
    const share = a.along / (a.along - b.along);
    return [...kept, { along: 0, across: a.across + share * (b.across - a.across) }];
  });
}

describe.each(Object.entries(directions))('EntryZone of a belt that comes in at the %s', (side, { pixelToBelt, point, size, breadth }) => {
  const view = new ViewGeometry({ ...calibration, pixelToBelt: [...pixelToBelt] as unknown as typeof calibration.pixelToBelt });
  const counts = (px: number): number => px * MM * COUNTS_PER_MM;
  const boxOf = (places: readonly Place[]): BoxPx => {
    const xs = places.map((place) => point(place).x), ys = places.map((place) => point(place).y);
    return { x: Math.min(...xs), y: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs), height: Math.max(...ys) - Math.min(...ys) };
  };
  const seen = (places: readonly Place[], isWhole: boolean): Detection =>
    ({ boxPx: boxOf(places), isWhole, centrePx: { x: 0, y: 0 }, outline: places.map(point), areaPx: 1, fill: 1 });

  it('knows the side', () => {
    expect(view.upstreamSide).toBe(side);
  });

  it('holds what came whole since the last frame, with room on each side that is not the edge', () => {
    fc.assert(fc.property(convex, fc.integer({ min: 20, max: 160 }), fc.double({ min: 0, max: 1, noNaN: true }), (shape, travelPx, share) => {
      const zone = new EntryZone(view, ROOM_PX);
      const near = 3 + share * (travelPx - 3);
      const now = shape.map(({ along, across }): Place => ({ along: along + near, across: across + breadth / 2 }));
      const before = cutAtEdge(now.map(({ along, across }) => ({ along: along - travelPx, across })));
      zone.saw(before.length > 0 ? [seen(before, false)] : [], 0);
      const strip = zone.at(counts(travelPx));
      const far = Math.max(...now.map(({ along }) => along)) + ROOM_PX;
      if (strip === undefined) {
        expect(far).toBeGreaterThan(size / 3);
        return;
      }
      const across = now.map((place) => place.across);
      const thing = boxOf(rectangle({ along: near, across: Math.min(...across) - ROOM_PX }, { along: far, across: Math.max(...across) + ROOM_PX }));
      expect(strip.x).toBeLessThanOrEqual(thing.x);
      expect(strip.y).toBeLessThanOrEqual(thing.y);
      expect(strip.x + strip.width).toBeGreaterThanOrEqual(thing.x + thing.width);
      expect(strip.y + strip.height).toBeGreaterThanOrEqual(thing.y + thing.height);
    }));
  });

  it('is the whole breadth where nothing was cut, and no more than that around what was', () => {
    const zone = new EntryZone(view, ROOM_PX);
    const acrossOf = ({ width: w, height: h }: BoxPx): number => (view.travelsAlongU ? h : w);
    zone.saw([], 0);
    expect(acrossOf(zone.at(counts(50))!)).toBe(breadth);
    zone.saw([seen(rectangle({ along: 0, across: 200 }, { along: 90, across: 260 }), false)], 0);
    expect(acrossOf(zone.at(counts(50))!)).toBeLessThan(breadth / 2);
    zone.saw([seen(rectangle({ along: 0, across: 200 }, { along: 10, across: 260 }), false)], 0);
    expect(acrossOf(zone.at(counts(50))!)).toBe(breadth);
  });

  it('is no other for what lies whole in the picture, or is cut by another side', () => {
    const bare = new EntryZone(view, ROOM_PX), full = new EntryZone(view, ROOM_PX);
    bare.saw([], 0);
    full.saw([seen(rectangle({ along: 300, across: 100 }, { along: 500, across: 180 }), true), seen(rectangle({ along: size - 100, across: 100 }, { along: size, across: 180 }), false)], 0);
    expect(full.at(counts(50))).toEqual(bare.at(counts(50)));
  });

  it('is none where the belt rests or runs back, before the first frame, and where it would be most of the picture', () => {
    const zone = new EntryZone(view, ROOM_PX);
    expect(zone.at(100)).toBeUndefined();
    zone.saw([], 1000);
    expect(zone.at(1000)).toBeUndefined();
    expect(zone.at(900)).toBeUndefined();
    expect(zone.at(1000 + counts(size))).toBeUndefined();
  });
});
