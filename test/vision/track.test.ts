import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import type { Detection } from '../../src/vision/detection.ts';
import { visionOptions } from '../../src/vision/options.ts';
import type { TrackUpdate } from '../../src/vision/track.ts';
import { Tracker } from '../../src/vision/track.ts';
import { ViewGeometry } from '../../src/vision/view-geometry.ts';
import { calibration, COUNTS_PER_MM, PX_PER_MM } from './belt-scene.ts';

const view = new ViewGeometry(calibration);
const { width, height } = calibration.frameSize;

interface Item {
  readonly positionCounts: number;
  readonly yMm: number;
  readonly lengthMm: number;
  readonly widthMm: number;
}

/** What a perfect segmentation finds of an item: its box, clipped by the frame; undefined where it is out of view. */
function detect(item: Item, counts: number, errorMm = 0): Detection | undefined {
  const u = ((counts - item.positionCounts) / COUNTS_PER_MM + errorMm) * PX_PER_MM, v = item.yMm * PX_PER_MM;
  const left = u - (item.lengthMm * PX_PER_MM) / 2, right = u + (item.lengthMm * PX_PER_MM) / 2;
  const top = v - (item.widthMm * PX_PER_MM) / 2, bottom = v + (item.widthMm * PX_PER_MM) / 2;
  const x = Math.max(0, left), y = Math.max(0, top), toX = Math.min(width, right), toY = Math.min(height, bottom);
  if (toX - x < 8 || toY - y < 8) return undefined;
  return {
    boxPx: { x, y, width: toX - x, height: toY - y }, centrePx: { x: (x + toX) / 2, y: (y + toY) / 2 }, outline: [],
    areaPx: (toX - x) * (toY - y), fill: 1, isWhole: left > 3 && top > 3 && right < width - 3 && bottom < height - 3,
  };
}

function tracker(): Tracker {
  return new Tracker(visionOptions.parse({}).track, view);
}

const one: Item = { positionCounts: 0, yMm: 200, lengthMm: 100, widthMm: 80 };
const found = (item: Item, counts: number, errorMm = 0): Detection[] => [detect(item, counts, errorMm)].filter((detection) => detection !== undefined);

describe('Tracker', () => {
  it('bears an item when it is first whole, keeps it, and tells once that it is gone when the far edge cuts it', () => {
    const tracks = tracker();
    const born: number[] = [], gone: number[] = [];
    for (let mm = -100; mm < 1000; mm += 20) {
      const counts = mm * COUNTS_PER_MM;
      const update = tracks.update(found(one, counts), counts);
      for (const { position } of update.born) {
        born.push(mm);
        expect(position).toMatchObject({ positionCounts: expect.closeTo(0, 3), yMm: expect.closeTo(200, 3), lengthMm: expect.closeTo(100, 3), widthMm: expect.closeTo(80, 3) });
      }
      gone.push(...update.gone.map(() => mm));
    }
    expect(born).toEqual([60]);
    expect(gone).toEqual([760]);
  });

  it('averages the position over the looks', () => {
    const tracks = tracker();
    const random = createRandom(3);
    let last: TrackUpdate | undefined;
    for (let mm = 100; mm < 600; mm += 20) last = tracks.update(found(one, mm * COUNTS_PER_MM, 3 * random.gaussian()), mm * COUNTS_PER_MM);
    expect(Math.abs(last!.whole[0]!.position.positionCounts / COUNTS_PER_MM)).toBeLessThan(2);
  });

  it('follows an item on a belt that stops and runs backwards', () => {
    const tracks = tracker();
    const trip = [100, 200, 300, ...Array<number>(50).fill(300), 250, 200, 150, 20, -80, 100, 300, 500];
    const born = trip.flatMap((mm) => tracks.update(found(one, mm * COUNTS_PER_MM), mm * COUNTS_PER_MM).born);
    expect(born).toHaveLength(1);
  });

  it('gives an unseen item up after the limit, and does not count it again when it reappears', () => {
    const tracks = tracker();
    const { maxMissedFrames } = visionOptions.parse({}).track;
    tracks.update(found(one, 500), 500);
    const updates = Array.from({ length: maxMissedFrames + 1 }, () => tracks.update([], 500));
    expect(updates.slice(0, -1).flatMap(({ gone }) => gone)).toEqual([]);
    expect(updates.at(-1)!.gone).toEqual([1]);
    const again = tracks.update(found(one, 500), 500);
    expect(again).toMatchObject({ born: [], whole: [] });
  });

  it('forgets where an item was given up after so many frames: what lies there then is another', () => {
    const tracks = tracker();
    const counts = 300 * COUNTS_PER_MM, { maxMissedFrames, forgetFrames } = visionOptions.parse({}).track;
    expect(tracks.update(found(one, counts), counts).born).toHaveLength(1);
    for (let frame = 0; frame < forgetFrames; frame++) expect(tracks.update([], counts).gone).toHaveLength(frame === maxMissedFrames ? 1 : 0);
    expect(tracks.update(found(one, counts), counts).born).toEqual([]);
    for (let frame = 0; frame <= forgetFrames; frame++) tracks.update([], counts);
    expect(tracks.update(found(one, counts), counts).born).toHaveLength(1);
  });

  it('keeps nothing of what has left the picture', () => {
    const tracks = tracker();
    const items = Array.from({ length: 40 }, (_, index) => ({ ...one, positionCounts: index * 250 * COUNTS_PER_MM }));
    for (let mm = -100; mm < 41 * 250; mm += 50) {
      const counts = mm * COUNTS_PER_MM;
      tracks.update(items.flatMap((item) => found(item, counts)), counts);
      expect(tracks.count).toBeLessThanOrEqual(5);
    }
    tracks.update([], 60_000 * COUNTS_PER_MM);
    expect(tracks.count).toBe(0);
  });

  it('takes what keeps its place in the picture while the belt moves for no item', () => {
    const tracks = tracker();
    const stain = found(one, 1500);
    const updates = [0, 1, 2, 3, 4].map((step) => tracks.update(stain, 1500 + step * 400));
    expect(updates.flatMap(({ born }) => born)).toHaveLength(1);
    expect(updates.flatMap(({ phantoms }) => phantoms)).toEqual([1]);
    expect(updates.flatMap(({ gone }) => gone)).toEqual([]);
    expect(updates.slice(1).every(({ still }) => still.length === 1)).toBe(true);
  });

  it.each([4, 10, 17.5, 24])('takes what keeps its place for one that is no item, and only once, where the belt moves %d mm from picture to picture', (stepMm) => {
    const tracks = tracker();
    const small: Item = { ...one, lengthMm: 22, widthMm: 44 };
    const stain = found(small, 1500);
    const updates = Array.from({ length: 12 }, (_, step) => tracks.update(stain, 1500 + step * stepMm * COUNTS_PER_MM));
    expect(updates.flatMap(({ born }) => born)).toHaveLength(1);
    expect(updates.flatMap(({ phantoms }) => phantoms)).toEqual([1]);
    expect(updates.flatMap(({ gone }) => gone)).toEqual([]);
    // In doubt it is not looked at.
    if (stepMm > 8) expect(updates.slice(1).flatMap(({ whole }) => whole)).toEqual([]);
    expect(tracks.count).toBe(0);
  });

  it('keeps an item on a belt at rest whose encoder jumps once', () => {
    const tracks = tracker();
    const lying = found(one, 1500);
    for (const counts of [1500, 1500, 1550, 1550, 1550, 1550]) expect(tracks.update(lying, counts)).toMatchObject({ phantoms: [], gone: [] });
    expect(tracks.update(found({ ...one, positionCounts: 50 }, 1650), 1650)).toMatchObject({ born: [], phantoms: [], whole: [{ trackId: 1 }] });
  });

  it('keeps two items apart that are seen as one for a while', () => {
    const tracks = tracker();
    const left: Item = { positionCounts: 0, yMm: 200, lengthMm: 80, widthMm: 80 }, right: Item = { positionCounts: 450, yMm: 200, lengthMm: 80, widthMm: 80 };
    const merged: Item = { positionCounts: 225, yMm: 200, lengthMm: 170, widthMm: 80 };
    const seen: TrackUpdate[] = [];
    for (let mm = 200; mm < 600; mm += 20) {
      const counts = mm * COUNTS_PER_MM;
      seen.push(tracks.update(mm >= 300 && mm < 400 ? found(merged, counts) : [...found(left, counts), ...found(right, counts)], counts));
    }
    expect(seen.flatMap(({ born }) => born)).toHaveLength(2);
    expect(seen.flatMap(({ gone }) => gone)).toEqual([]);
    expect(seen.at(-1)!.whole.map(({ position }) => Math.round(position.positionCounts))).toEqual([0, 450]);
  });

  it('believes that one outline came apart into two items after some frames, not at once', () => {
    const tracks = tracker();
    const merged: Item = { positionCounts: 225, yMm: 200, lengthMm: 170, widthMm: 80 };
    const left: Item = { positionCounts: 0, yMm: 200, lengthMm: 80, widthMm: 80 }, right: Item = { positionCounts: 450, yMm: 200, lengthMm: 80, widthMm: 80 };
    tracks.update(found(merged, 1500), 1500);
    const births = [1600, 1700, 1800, 1900, 2000].map((counts) => tracks.update([...found(left, counts), ...found(right, counts)], counts).born.length);
    expect(births.slice(0, 2)).toEqual([0, 0]);
    expect(births.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('bears no bit of an item that is still coming in', () => {
    const tracks = tracker();
    const body: Item = { positionCounts: 0, yMm: 200, lengthMm: 150, widthMm: 100 };
    const tip: Item = { positionCounts: -480, yMm: 200, lengthMm: 30, widthMm: 30 };
    expect(tracks.update([...found(body, 100), ...found(tip, 100)], 100).born).toEqual([]);
  });

  it('forgets everything at a reset and says what was still in view', () => {
    const tracks = tracker();
    tracks.update(found(one, 1000), 1000);
    expect(tracks.reset()).toEqual([1]);
    expect(tracks.update(found(one, 900), 1000).born).toMatchObject([{ trackId: 2 }]);
  });

  it('holds exactly one track per item, in order, whatever the stream, the jitter and the dropped frames', () => {
    const gaps = fc.array(fc.record({ gap: fc.integer({ min: 40, max: 300 }), length: fc.integer({ min: 30, max: 200 }), width: fc.integer({ min: 30, max: 200 }), y: fc.integer({ min: 0, max: 100 }) }), { minLength: 1, maxLength: 12 });
    fc.assert(fc.property(gaps, fc.integer(), fc.integer({ min: 10, max: 60 }), fc.double({ min: 0, max: 0.3, noNaN: true }), (stream, seed, stepMm, lossRate) => {
      const random = createRandom(seed);
      const tracks = tracker();
      let edgeMm = 0;
      const items = stream.map(({ gap, length, width: across, y }): Item => {
        edgeMm += gap + length;
        return { positionCounts: (edgeMm - length / 2) * COUNTS_PER_MM, yMm: 10 + across / 2 + (y / 100) * (430 - across), lengthMm: length, widthMm: across };
      });
      const born: number[] = [], gone: number[] = [];
      for (let mm = -50; mm < edgeMm + 1200; mm += stepMm * random.between(0.5, 1)) {
        if (random.next() < 0.1) continue;
        const counts = mm * COUNTS_PER_MM;
        const detections = items.flatMap((item) => (random.next() < lossRate ? [] : found(item, counts, random.between(-2, 2))));
        const update = tracks.update(detections, counts);
        born.push(...update.born.map(({ position }) => nearest(items, position.positionCounts, position.yMm)));
        gone.push(...update.gone);
      }
      expect(born.toSorted((a, b) => a - b)).toEqual(items.map((_, index) => index));
      expect(gone.toSorted((a, b) => a - b)).toEqual(items.map((_, index) => index + 1));
    }), { numRuns: 100 });
  });
});

function nearest(items: readonly Item[], positionCounts: number, yMm: number): number {
  const distances = items.map((item) => Math.hypot((item.positionCounts - positionCounts) / COUNTS_PER_MM, item.yMm - yMm));
  return distances.indexOf(Math.min(...distances));
}
