import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { pixelToBeltMm } from '../../src/domain/calibration.ts';
import type { BoxPx } from '../../src/domain/frame.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import type { Detection } from '../../src/vision/detection.ts';
import { isSameThing } from '../../src/vision/detection.ts';
import { visionOptions } from '../../src/vision/options.ts';
import { Segmenter } from '../../src/vision/segment.ts';
import { ViewGeometry } from '../../src/vision/view-geometry.ts';
import type { SceneItem, SceneOptions } from './belt-scene.ts';
import { calibration, COUNTS_PER_MM, PX_PER_MM, sceneFrame } from './belt-scene.ts';

// One thread: the pictures are small, and several test files at once would fight over the cores.
cv.setNumThreads(1);

const view = new ViewGeometry(calibration);
const { segment: options } = visionOptions.parse({});
const opened: Segmenter[] = [];

/** A segmenter, and the scenes it is shown one after the other. */
function eyes(): { show(counts: number, scene?: SceneOptions): Detection[]; segmenter: Segmenter } {
  const segmenter = new Segmenter(options, view);
  opened.push(segmenter);
  let sequence = 0;
  const show = (counts: number, scene?: SceneOptions): Detection[] => {
    const frame = sceneFrame(sequence++, counts, scene);
    try {
      const detections = segmenter.segment(frame);
      segmenter.learnBelt();
      return detections;
    } finally {
      frame.image.release();
    }
  };
  return { show, segmenter };
}

/** After the belt was seen empty. */
function learnedEyes(): ReturnType<typeof eyes> {
  const ready = eyes();
  for (let frame = 0; frame < options.learnFrames; frame++) expect(ready.show(frame * 100)).toEqual([]);
  return ready;
}

afterEach(() => {
  for (const segmenter of opened.splice(0)) segmenter.release();
});

const paper: SceneItem = { positionCounts: 0, yMm: 120, lengthMm: 213, widthMm: 160, colour: [238, 240, 240] };
const can: SceneItem = { positionCounts: 1300, yMm: 330, lengthMm: 110, widthMm: 66, colour: [190, 190, 185], shape: 'ellipse' };
const wrapper: SceneItem = { positionCounts: 2300, yMm: 100, lengthMm: 80, widthMm: 60, colour: [40, 40, 45] };
const glass: SceneItem = { positionCounts: 2200, yMm: 320, lengthMm: 120, widthMm: 70, colour: [215, 225, 215], opacity: 0.25, shape: 'ellipse' };

/** The larger of the gaps along and across; below 0 where they overlap. */
function gapPx(a: BoxPx, b: BoxPx): number {
  return Math.max(a.x - b.x - b.width, b.x - a.x - a.width, a.y - b.y - b.height, b.y - a.y - a.height);
}

function placeOf(detection: Detection, counts: number): { positionMm: number; yMm: number } {
  const { xMm, yMm } = pixelToBeltMm(calibration, detection.centrePx.x, detection.centrePx.y);
  return { positionMm: counts / COUNTS_PER_MM - xMm, yMm };
}

describe('Segmenter', () => {
  it('finds white, dark, round and transparent items and says where they are within 1 mm', () => {
    const { show } = learnedEyes();
    const items = [paper, can, wrapper, glass];
    const detections = show(3000, { items });
    expect(detections).toHaveLength(items.length);
    for (const item of items) {
      const best = detections.map((detection) => placeOf(detection, 3000))
        .toSorted((a, b) => Math.abs(a.positionMm * COUNTS_PER_MM - item.positionCounts) - Math.abs(b.positionMm * COUNTS_PER_MM - item.positionCounts))
        .filter(({ yMm }) => Math.abs(yMm - item.yMm) < 20)[0];
      expect(best?.positionMm).toBeCloseTo(item.positionCounts / COUNTS_PER_MM, 0);
      expect(Math.abs(best!.positionMm - item.positionCounts / COUNTS_PER_MM)).toBeLessThan(1);
      expect(Math.abs(best!.yMm - item.yMm)).toBeLessThan(1);
    }
    expect(detections.every(({ isWhole }) => isWhole)).toBe(true);
  });

  it('finds a card\'s edges to the pixel, wherever it lies', () => {
    const { show } = learnedEyes();
    for (const counts of [1000, 1001.7, 1503.1, 2004.9]) {
      const [card] = show(counts, { items: [paper] });
      expect(card!.fill).toBeGreaterThan(0.98);
      const left = ((counts - paper.positionCounts) / COUNTS_PER_MM - paper.lengthMm / 2) * PX_PER_MM;
      expect(Math.abs(card!.boxPx.x - left)).toBeLessThan(1);
      expect(Math.abs(card!.boxPx.width - paper.lengthMm * PX_PER_MM)).toBeLessThan(1.5);
      expect(Math.abs(card!.boxPx.height - paper.widthMm * PX_PER_MM)).toBeLessThan(1.5);
    }
  });

  it('calls an item whole only while it keeps clear of every edge', () => {
    const { show } = learnedEyes();
    const wholeAt = (mm: number, item = paper): boolean | undefined => show(mm * COUNTS_PER_MM, { items: [item] })[0]?.isWhole;
    expect([20, 104, 116, 400, 684, 697, 750].map((mm) => wholeAt(mm))).toEqual([false, false, true, true, true, false, false]);
    expect(wholeAt(400, { ...paper, yMm: 75 })).toBe(false);
  });

  it('tells touching items apart and never cuts a card', () => {
    const { show } = learnedEyes();
    const left: SceneItem = { positionCounts: 0, yMm: 180, lengthMm: 100, widthMm: 100, colour: [60, 160, 190] };
    const right: SceneItem = { positionCounts: 500, yMm: 240, lengthMm: 100, widthMm: 110, colour: [200, 60, 40] };
    const places = show(2000, { items: [left, right] }).map((detection) => Math.round(placeOf(detection, 2000).positionMm / 10) * 10);
    expect(places.toSorted((a, b) => a - b)).toEqual([0, 100]);
    expect(show(2000, { items: [paper] })).toHaveLength(1);
  });

  it('follows a slow change of light without seeing anything, and still sees items in it', () => {
    const { show } = learnedEyes();
    for (let step = 1; step <= 150; step++) expect(show(step * 40, { light: 1 + 0.15 * Math.sin(step / 30) })).toEqual([]);
    const counts = 151 * 40;
    expect(show(counts, { light: 1 + 0.15 * Math.sin(5), items: [{ ...paper, positionCounts: counts - 2000 }] })).toHaveLength(1);
  });

  it('keeps seeing what lies on a stopped belt', () => {
    const { show } = learnedEyes();
    for (let step = 0; step < 150; step++) expect(show(2000, { items: [paper] })).toHaveLength(1);
    expect(show(3800, { items: [] })).toEqual([]);
  });

  it('learns the belt although items lie on it, and sees no ghost where they were', () => {
    const { show } = eyes();
    for (let frame = 0; frame < options.learnFrames; frame++) show(2000 + frame * 20, { items: [paper, can] });
    expect(show(2600, { items: [paper, can] })).toHaveLength(2);
    expect(show(9000)).toEqual([]);
  });

  it('learns anew when the light was switched', () => {
    const { show, segmenter } = learnedEyes();
    for (let step = 0; step < options.relearnAfterFrames + options.learnFrames; step++) show(step * 100, { belt: [170, 175, 180] });
    expect(segmenter.relearnedCount).toBe(1);
    expect(show(0, { belt: [170, 175, 180] })).toEqual([]);
    expect(show(2000, { belt: [170, 175, 180], items: [paper] })).toHaveLength(1);
  });

  it('takes a spot it was told of for background', () => {
    const { show, segmenter } = learnedEyes();
    const stain: SceneItem = { positionCounts: 0, yMm: 225, lengthMm: 60, widthMm: 50, colour: [30, 30, 30] };
    const [seen] = show(2000, { items: [stain] });
    segmenter.absorb(seen!.boxPx);
    show(2000, { items: [stain] });
    expect(show(2000, { items: [stain] })).toEqual([]);
  });
});

describe('Segmenter on a part of a frame', () => {
  /** What is cut off may look different this near to the cut, px. */
  const UNSURE_PX = 32;
  const { width, height } = calibration.frameSize;
  const item = fc.record({
    positionCounts: fc.integer({ min: -1800, max: 1900 }), yMm: fc.integer({ min: 60, max: 390 }), lengthMm: fc.integer({ min: 20, max: 150 }), widthMm: fc.integer({ min: 20, max: 110 }),
    colour: fc.constantFrom([238, 240, 240] as const, [40, 40, 45] as const, [190, 190, 185] as const), shape: fc.constantFrom('rectangle' as const, 'ellipse' as const),
  });

  it('finds what it finds there in the whole frame', () => {
    const { show, segmenter } = learnedEyes();
    show(0);
    fc.assert(fc.property(fc.array(item, { minLength: 2, maxLength: 6 }), fc.constantFrom('left', 'right', 'top', 'bottom'), fc.double({ min: 0.2, max: 0.6, noNaN: true }), (items, side, share) => {
      const across = Math.round(share * width), down = Math.round(share * height);
      const part = {
        left: { x: 0, y: 0, width: across, height }, right: { x: width - across, y: 0, width: across, height },
        top: { x: 0, y: 0, width, height: down }, bottom: { x: 0, y: height - down, width, height: down },
      }[side];
      using scope = new MatScope();
      const frame = sceneFrame(1000, 2000, { items });
      scope.own(frame.image);
      const found = segmenter.within(frame, part, scope), all = segmenter.segment(frame);
      for (const detection of found) expect(all.some((other) => isSameThing(detection, other))).toBe(true);
      const isInside = ({ boxPx: { x, y, width: w, height: h } }: Detection): boolean =>
        (part.x === 0 || x > part.x + UNSURE_PX) && (part.y === 0 || y > part.y + UNSURE_PX)
        && (part.x + part.width === width || x + w < part.x + part.width - UNSURE_PX) && (part.y + part.height === height || y + h < part.y + part.height - UNSURE_PX);
      // What touches another may be a piece of a row that the cut goes through.
      const isAlone = (one: Detection): boolean => all.every((other) => other === one || gapPx(one.boxPx, other.boxPx) > UNSURE_PX);
      for (const detection of all) if (detection.isWhole && isInside(detection) && isAlone(detection)) expect(found.some((other) => isSameThing(detection, other))).toBe(true);
    }), {
      numRuns: 150,
      examples: [
        // Two that touch, one of them still coming in: long for the part, short for the picture, where it is not cut.
        [[{ positionCounts: 1693, yMm: 161, lengthMm: 111, widthMm: 53, colour: [190, 190, 185], shape: 'rectangle' }, { positionCounts: 1254, yMm: 88, lengthMm: 75, widthMm: 72, colour: [238, 240, 240], shape: 'rectangle' }], 'left', 0.252],
      ],
    });
  });

  it('finds nothing before the belt is known', () => {
    using scope = new MatScope();
    const frame = sceneFrame(0, 0, { items: [paper] });
    scope.own(frame.image);
    expect(eyes().segmenter.within(frame, { x: 0, y: 0, width: 400, height }, scope)).toEqual([]);
  });
});
