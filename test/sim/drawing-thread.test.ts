import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { DrawingThread } from '../../src/sim/drawing-thread.ts';
import type { ItemDrawings } from '../../src/sim/item-drawings.ts';
import { FrameRenderer, PX_PER_MM } from '../../src/sim/render-frame.ts';
import type { DrawnItem } from '../../src/sim/render-item.ts';
import { drawItem } from '../../src/sim/render-item.ts';
import type { Drawing } from '../../src/sim/render-sprite.ts';
import { createWorld } from '../../src/sim/world.ts';

const ITEM: DrawnItem = { lengthMm: 90, widthMm: 60, material: 'glass', drawingSeed: 11 };
const WORLD = { seed: 7, countsPerMm: 5, itemsPerSecond: 2, beltMmPerSecond: 400, leadInMm: 0 };

const thread = new DrawingThread(PX_PER_MM);
afterAll(() => thread.close());

/** Asks until it is done: `begin` does nothing for what is begun, `take` would give it up. */
async function drawn(key: number, item: DrawnItem): Promise<Drawing> {
  thread.begin(key, item);
  return vi.waitUntil(() => {
    const drawing = thread.take(key);
    if (drawing === undefined) thread.begin(key, item);
    return drawing;
  }, { timeout: 10_000, interval: 100 });
}

describe('the drawing thread', () => {
  test('draws what would be drawn here', async () => {
    expect(await drawn(1, ITEM)).toEqual(drawItem(ITEM, PX_PER_MM));
    expect(await drawn(2, { ...ITEM, material: 'trash' })).toEqual(drawItem({ ...ITEM, material: 'trash' }, PX_PER_MM));
  });

  test('gives a drawing once, and none that was not begun', async () => {
    await drawn(3, ITEM);
    expect(thread.take(3)).toBeUndefined();
    expect(thread.take(4)).toBeUndefined();
  });
});

describe('the renderer with drawings from elsewhere', () => {
  const digestOf = (frames: FrameRenderer, counts: number): string => {
    const image = frames.render(counts, { seconds: 1, exposure: 1 });
    const digest = createHash('sha256').update(image.getData()).digest('hex');
    image.release();
    return digest;
  };

  test('takes them, draws itself what is not done, and gives the same pictures', () => {
    const world = createWorld(WORLD);
    const size = { width: 640, height: 720 };
    const taken: number[] = [], begun = new Map<number, DrawnItem>();
    // Every third is not done in time.
    const drawings: ItemDrawings = {
      begin: (key, item) => { if (key % 3 !== 0) begun.set(key, item); },
      take: (key) => {
        const item = begun.get(key);
        if (item !== undefined) taken.push(key);
        return item === undefined ? undefined : drawItem(item, PX_PER_MM);
      },
      close: () => undefined,
    };
    const options = { size, world, lightDrift: 0, noiseLevels: 0 };
    const here = new FrameRenderer(options), elsewhere = new FrameRenderer({ ...options, drawings });
    for (let step = 0; step < 12; step++) expect(digestOf(elsewhere, step * 700)).toBe(digestOf(here, step * 700));
    expect(taken).toEqual([...new Set(taken)]);
    expect(taken.length).toBeGreaterThan(3);
    here.release();
    elsewhere.release();
  });
});
