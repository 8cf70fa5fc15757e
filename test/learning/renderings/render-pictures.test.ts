import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { cv, MatScope } from '../../../src/image/opencv.ts';
import type { RenderedPicture } from '../../../src/learning/renderings/render-pictures.ts';
import { renderPictures } from '../../../src/learning/renderings/render-pictures.ts';
import { renderingsOf, storeRenderings } from '../../../src/learning/renderings/store-renderings.ts';
import { readImage } from '../../../src/image/decode.ts';
import { preprocess } from '../../../src/vision/preprocess.ts';
import { storeRig } from '../store/store-rig.ts';

/** A belt on which all materials have passed with the seventh item. */
const SEED = 22;

async function rendered(seed: number, perMaterial: number, most = Infinity): Promise<RenderedPicture[]> {
  const pictures: RenderedPicture[] = [];
  for await (const picture of renderPictures({ seed, perMaterial, clock: new ManualClock() })) {
    if (pictures.push(picture) === most) break;
  }
  return pictures;
}

/** Mean of the middle's red, green and blue, and of the corner's. */
function colours({ pixels }: RenderedPicture): { middle: number[]; corner: number[] } {
  const mean = (from: number, to: number): number[] => [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let row = from; row < to; row++) for (let column = from; column < to; column++) sum += pixels[3 * (256 * row + column) + channel]!;
    return sum / (to - from) ** 2;
  });
  return { middle: mean(108, 148), corner: mean(0, 12) };
}

describe('rendered pictures', { timeout: 60_000 }, () => {
  test('are as many of each material as asked for, the same for the same seed, each item seen twice at most', async () => {
    const pictures = await rendered(SEED, 2);
    expect(MATERIALS.map((material) => pictures.filter((picture) => picture.material === material).length)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(Math.max(...pictures.map(({ look }) => look))).toBe(1);
    const again = await rendered(SEED, 2);
    expect(again.map(({ material, item, look }) => [material, item, look])).toEqual(pictures.map(({ material, item, look }) => [material, item, look]));
    expect(again.every(({ pixels }, at) => Buffer.compare(pixels, pictures[at]!.pixels) === 0)).toBe(true);
    // The line's grey around the item, and cardboard is brown.
    for (const picture of pictures) for (const level of colours(picture).corner) expect(Math.abs(level - 205)).toBeLessThan(6);
    for (const picture of pictures.filter(({ material }) => material === 'cardboard')) {
      const [red, , blue] = colours(picture).middle;
      expect(red! - blue!).toBeGreaterThan(20);
    }
  });

  test('come out of the store as they went in, and the line\'s preprocessing leaves them so', async () => {
    using rig = storeRig();
    const run = rig.store.startRun({ kind: 'train', name: 'x', config: {} });
    let told = 0;
    const deps = { store: rig.store, clock: rig.clock, runId: run.id, onProgress: (done: number) => (told = done) > 0 };
    const artifact = (await storeRenderings({ use: 'train', seed: SEED, perMaterial: 1 }, deps))!;
    expect(told).toBe(6);
    const stored = renderingsOf(artifact, rig.store);
    expect(stored.map(({ material }) => material)).toEqual(MATERIALS);
    const [first] = await rendered(SEED, 1, 1);
    const file = stored.find(({ name }) => name === `${first!.material}/drawn-${SEED}-${first!.item}-${first!.look}.png`)!.file;
    using scope = new MatScope();
    const image = scope.own(readImage(file));
    expect([image.rows, image.cols, image.type]).toEqual([256, 256, cv.CV_8UC3]);
    const prepared = new Uint8Array(256 * 256 * 3);
    preprocess(image, { height: 256, width: 256 }, prepared, 0);
    expect(Buffer.compare(prepared, first!.pixels)).toBe(0);
    expect((await storeRenderings({ use: 'train', seed: SEED, perMaterial: 1 }, deps))!.id).toBe(artifact.id);
    expect(await storeRenderings({ use: 'train', seed: 6, perMaterial: 1 }, { ...deps, onProgress: () => false })).toBeUndefined();
  });
});
