import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeJpeg, readImage } from '../../src/image/decode.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { BELT_BGR } from '../../src/sim/render-belt.ts';
import { FrameRenderer, PX_PER_MM } from '../../src/sim/render-frame.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { createWorld } from '../../src/sim/world.ts';
import { plainPicture } from '../image/plain-picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-render-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIZE = { width: 1280, height: 720 };
const COUNTS_PER_MM = 5;
const WORLD: WorldOptions = { seed: 7, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 1, beltMmPerSecond: 400, leadInMm: 0 };

function renderer(options: Partial<WorldOptions> = {}, noiseLevels = 0): { world: ReturnType<typeof createWorld>; frames: FrameRenderer } {
  const world = createWorld({ ...WORLD, ...options });
  return { world, frames: new FrameRenderer({ size: SIZE, world, lightDrift: 0, noiseLevels }) };
}

function digest(image: Mat): string {
  return createHash('sha256').update(image.getData()).digest('hex');
}

/** Bounding box of everything that differs from the empty belt, px. */
function boxOf(frame: Mat): { x: number; y: number; width: number; height: number } {
  using scope = new MatScope();
  const belt = scope.own(plainPicture({ width: frame.cols, height: frame.rows }, BELT_BGR));
  const grey = scope.own(scope.own(frame.absdiff(belt)).cvtColor(cv.COLOR_BGR2GRAY));
  const mask = scope.own(grey.threshold(24, 255, cv.THRESH_BINARY));
  const boxes = mask.findContours(cv.RETR_EXTERNAL, cv.CHAIN_APPROX_SIMPLE).filter(({ area }) => area > 20).map((contour) => contour.boundingRect());
  const x = Math.min(...boxes.map((box) => box.x)), y = Math.min(...boxes.map((box) => box.y));
  return { x, y, width: Math.max(...boxes.map((box) => box.x + box.width)) - x, height: Math.max(...boxes.map((box) => box.y + box.height)) - y };
}

describe('the renderer', () => {
  test('gives the same picture for the same world, place and exposure, whatever was drawn before', () => {
    const one = renderer({}, 2), other = renderer({}, 2);
    using scope = new MatScope();
    scope.own(other.frames.render(0, { seconds: 0, exposure: 0 }));
    const at = { seconds: 3, exposure: 45 };
    const first = digest(scope.own(one.frames.render(4000, at)));
    expect(digest(scope.own(other.frames.render(4000, at)))).toBe(first);
    expect(digest(scope.own(other.frames.render(4000, { ...at, exposure: 46 })))).not.toBe(first);
    one.frames.release();
    other.frames.release();
  });

  test('draws an item where the belt carries it: u = 1.6 px per mm past the origin', () => {
    const { world, frames } = renderer({ itemCount: 1, materialWeights: { cardboard: 1 } });
    const item = world.item(0)!;
    for (const xMm of [200, 400.5, 600]) {
      using scope = new MatScope();
      const box = boxOf(scope.own(frames.render(item.entryCounts + xMm * COUNTS_PER_MM, { seconds: 0, exposure: 0 })));
      // A torn outline is not centred to the pixel.
      expect(Math.abs(box.x + box.width / 2 - xMm * PX_PER_MM)).toBeLessThan(8);
      expect(Math.abs(box.y + box.height / 2 - item.yMm * PX_PER_MM)).toBeLessThan(8);
    }
    frames.release();
  });

  test('moves an item by whole pixels with the belt', () => {
    const { world, frames } = renderer({ itemCount: 1, materialWeights: { paper: 1 } });
    const { entryCounts } = world.item(0)!;
    using scope = new MatScope();
    const [from, to] = [1000, 1000 + 64 * COUNTS_PER_MM / PX_PER_MM].map((counts) => boxOf(scope.own(frames.render(entryCounts + counts, { seconds: 0, exposure: 0 }))));
    expect(to).toEqual({ ...from!, x: from!.x + 64 });
    frames.release();
  });

  test('scrolls the belt with it, without end, and never shows an item on the empty belt', () => {
    const { frames } = renderer({ leadInMm: 1e7 });
    using scope = new MatScope();
    const levels = [0, 12_345, 999_999, 7_654_321].map((counts) => scope.own(frames.render(counts, { seconds: 0, exposure: 0 })).mean());
    for (const { w, x, y } of levels) [w, x, y].forEach((level, channel) => expect(Math.abs(level - BELT_BGR[channel]!)).toBeLessThan(2));
    frames.release();
  });

  test('lays a photograph pixel by pixel as a model would be shown it', () => {
    const file = join(folder, 'photo.jpg');
    using scope = new MatScope();
    const colourful = scope.own(scope.own(new cv.Mat(12, 16, cv.CV_8UC3, [200, 120, 40])).resize(384, 512));
    colourful.drawCircle(new cv.Point2(200, 150), 90, new cv.Vec3(20, 220, 250), -1);
    writeFileSync(file, encodeJpeg(colourful, 95));
    const { world, frames } = renderer({ itemCount: 1, photos: [{ file, material: 'metal' }] }, 3);
    const { entryCounts, yMm } = world.item(0)!;
    const xMm = 400;
    const frame = scope.own(frames.render(entryCounts + xMm * COUNTS_PER_MM, { seconds: 0, exposure: 0 }));
    const expected = scope.own(scope.own(readImage(file)).resize(256, 341, 0, 0, cv.INTER_AREA));
    const card = scope.own(frame.getRegion(new cv.Rect(Math.round(xMm * PX_PER_MM - 341 / 2), Math.round(yMm * PX_PER_MM - 128), 341, 256)));
    expect(digest(scope.own(card.copy()))).toBe(digest(expected));
    expect(frames.takeBroken()).toBeUndefined();
    frames.release();
  });

  test('shows a blank card for a photograph that cannot be read, and says so once', () => {
    const { world, frames } = renderer({ itemCount: 1, photos: [{ file: join(folder, 'gone.jpg'), material: 'metal' }] });
    using scope = new MatScope();
    const { entryCounts, yMm } = world.item(0)!;
    const frame = scope.own(frames.render(entryCounts + 400 * COUNTS_PER_MM, { seconds: 0, exposure: 0 }));
    scope.own(frames.render(entryCounts + 500 * COUNTS_PER_MM, { seconds: 0, exposure: 0 }));
    expect(frame.atRaw(Math.round(yMm * PX_PER_MM), 640)).toEqual([128, 128, 128]);
    expect(frames.takeBroken()?.message).toContain('gone.jpg');
    expect(frames.takeBroken()).toBeUndefined();
    frames.release();
  });

  test('lets the light drift and the sensor be noisy, by as much as asked', () => {
    const world = createWorld({ ...WORLD, leadInMm: 1e7 });
    const lit = new FrameRenderer({ size: SIZE, world, lightDrift: 0.1, noiseLevels: 0 });
    const noisy = new FrameRenderer({ size: SIZE, world, lightDrift: 0, noiseLevels: 4 });
    using scope = new MatScope();
    const means = Array.from({ length: 40 }, (_, index) => scope.own(lit.render(0, { seconds: index * 5, exposure: 0 })).mean().w / BELT_BGR[0]);
    expect(Math.max(...means)).toBeGreaterThan(1.05);
    expect(Math.max(...means)).toBeLessThan(1.12);
    expect(Math.min(...means)).toBeLessThan(0.95);
    const [a, b] = [1, 2].map((exposure) => scope.own(scope.own(noisy.render(0, { seconds: 0, exposure })).convertTo(cv.CV_32FC3)));
    const difference = scope.own(a!.sub(b!));
    // Two independent noises of standard deviation 4 differ by 4 √2.
    expect(difference.norm() / Math.sqrt(3 * SIZE.width * SIZE.height)).toBeCloseTo(4 * Math.SQRT2, 0);
    lit.release();
    noisy.release();
  });

  test('holds what it needs and no more: every image is released', () => {
    const liveCount = (): number => {
      const { NumAllocations, NumDeAllocations } = (cv as unknown as { getMemMetrics(): { NumAllocations: number; NumDeAllocations: number } }).getMemMetrics();
      return NumAllocations - NumDeAllocations;
    };
    const before = liveCount();
    const { frames } = renderer({ itemsPerSecond: 2 }, 2);
    let most = 0;
    for (let index = 0; index < 100; index++) {
      frames.render(index * 120, { seconds: index / 15, exposure: index }).release();
      most = Math.max(most, frames.preparedCount);
    }
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThan(12);
    frames.release();
    expect(frames.preparedCount).toBe(0);
    expect(liveCount()).toBe(before);
  });
});
