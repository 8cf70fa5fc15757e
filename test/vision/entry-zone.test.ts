import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoxPx } from '../../src/domain/frame.ts';
import type { Detection } from '../../src/vision/detection.ts';
import { EntryZone } from '../../src/vision/entry-zone.ts';
import { ViewGeometry } from '../../src/vision/view-geometry.ts';
import { calibration, COUNTS_PER_MM, PX_PER_MM } from './belt-scene.ts';

const { frameSize: { width, height } } = calibration;
const MM = 1 / PX_PER_MM;
/** Around a thing the picture must be whole for it to be told from its neighbours, px. */
const ROOM_PX = 28;

/** Belts that run in each direction through the picture, and the box of what reaches from `near` to `far`, px from the upstream edge. */
const directions = {
  left: { pixelToBelt: [MM, 0, 0, 0, MM, 0, 0, 0, 1], box: (near: number, far: number): BoxPx => ({ x: near, y: 100, width: far - near, height: 80 }), size: width },
  right: { pixelToBelt: [-MM, 0, width * MM, 0, MM, 0, 0, 0, 1], box: (near: number, far: number): BoxPx => ({ x: width - far, y: 100, width: far - near, height: 80 }), size: width },
  top: { pixelToBelt: [0, MM, 0, MM, 0, 0, 0, 0, 1], box: (near: number, far: number): BoxPx => ({ x: 100, y: near, width: 80, height: far - near }), size: height },
  bottom: { pixelToBelt: [0, -MM, height * MM, MM, 0, 0, 0, 0, 1], box: (near: number, far: number): BoxPx => ({ x: 100, y: height - far, width: 80, height: far - near }), size: height },
} as const;

function seen(boxPx: BoxPx, isWhole: boolean): Detection {
  return { boxPx, isWhole, centrePx: { x: 0, y: 0 }, outline: [], areaPx: 1, fill: 1 };
}

describe.each(Object.entries(directions))('EntryZone of a belt that comes in at the %s', (side, { pixelToBelt, box, size }) => {
  const view = new ViewGeometry({ ...calibration, pixelToBelt: [...pixelToBelt] as unknown as typeof calibration.pixelToBelt });
  const counts = (px: number): number => px * MM * COUNTS_PER_MM;

  it('knows the side', () => {
    expect(view.upstreamSide).toBe(side);
  });

  it('holds everything that came whole since the last frame, with room', () => {
    fc.assert(fc.property(fc.integer({ min: 10, max: 240 }), fc.integer({ min: 20, max: 160 }), fc.double({ min: 0, max: 1, noNaN: true }), (lengthPx, travelPx, share) => {
      const zone = new EntryZone(view, ROOM_PX);
      const near = 3 + share * (travelPx - 3), before = near - travelPx;
      zone.saw(before + lengthPx > 0 ? [seen(box(0, before + lengthPx), false)] : [], 0);
      const strip = zone.at(counts(travelPx));
      const thing = box(near, near + lengthPx + ROOM_PX);
      if (strip === undefined) {
        expect(near + lengthPx + ROOM_PX).toBeGreaterThan(size / 3);
        return;
      }
      expect(strip.x).toBeLessThanOrEqual(thing.x);
      expect(strip.y).toBeLessThanOrEqual(thing.y);
      expect(strip.x + strip.width).toBeGreaterThanOrEqual(thing.x + thing.width);
      expect(strip.y + strip.height).toBeGreaterThanOrEqual(thing.y + thing.height);
    }));
  });

  it('is no deeper for what lies whole in the picture, or is cut by another side', () => {
    const bare = new EntryZone(view, ROOM_PX), full = new EntryZone(view, ROOM_PX);
    bare.saw([], 0);
    full.saw([seen(box(300, 500), true), seen(box(size - 100, size), false)], 0);
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
