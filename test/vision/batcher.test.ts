import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { Batcher } from '../../src/vision/batcher.ts';

const RUN_MS = 20;

/** 1x1 pictures; says what it was given, after the time it is told to take. */
function fakeClassifier(clock: ManualClock, failing = (): boolean => false, concurrency = 1): { classifier: Classifier; batches: number[][] } {
  const batches: number[][] = [];
  const classifier: Classifier = {
    cropShape: { height: 1, width: 1 }, concurrency, description: { model: 'm', sha256: '', provider: 'cpu', unavailable: [], warmUpMs: 0 },
    classify: (crops, count) => {
      const values = Array.from({ length: count }, (_, index) => crops[index * 3]!);
      batches.push(values);
      const work = failing() ? Promise.reject(new Error('broken')) : Promise.resolve({ probabilities: values.map((value) => [value]), inferenceMs: RUN_MS });
      return clock.settleAt(RUN_MS, work);
    },
    close: () => Promise.resolve(),
  };
  return { classifier, batches };
}

function harness(limits: { size?: number; deadlineMs?: number; inFlight?: number; maxWaiting?: number; concurrency?: number } = {}, failing?: () => boolean) {
  const clock = new ManualClock();
  const { concurrency, ...batchLimits } = limits;
  const { classifier, batches } = fakeClassifier(clock, failing, concurrency);
  const results: { tag: string; value: number; waitedMs: number }[] = [];
  const failed: string[] = [];
  const batcher = new Batcher<string>({
    clock, classifier, limits: { size: 4, deadlineMs: 0, inFlight: 1, maxWaiting: 8, ...batchLimits }, onStart: () => undefined,
    onResult: (tag, [value], { waitedMs }) => results.push({ tag, value: value!, waitedMs }),
    onFailure: (tags) => failed.push(...tags),
  });
  const written: number[] = [], released: number[] = [];
  const offer = (key: number, value: number, lookCount = 0): void => batcher.offer({
    key, lookCount, tag: `${key}:${value}`,
    picture: {
      write: (target, offset) => {
        expect(released).not.toContain(value);
        written.push(value);
        target.fill(value, offset, offset + 3);
      },
      release: () => released.push(value),
    },
  });
  return { clock, batcher, batches, results, failed, offer, written, released };
}

describe('Batcher', () => {
  it('runs what is waiting together, up to its size', async () => {
    const { clock, batcher, batches, offer, results } = harness();
    for (let key = 1; key <= 6; key++) offer(key, key * 10);
    batcher.pump();
    await clock.advanceMs(3 * RUN_MS);
    expect(batches).toEqual([[10, 20, 30, 40], [50, 60]]);
    expect(results.map(({ value }) => value)).toEqual([10, 20, 30, 40, 50, 60]);
    expect(results.map(({ waitedMs }) => waitedMs)).toEqual([0, 0, 0, 0, RUN_MS, RUN_MS]);
  });

  it('shares what waits among the runs a classifier can do side by side', async () => {
    const { clock, batcher, batches, offer } = harness({ concurrency: 2, inFlight: 0 });
    for (let key = 1; key <= 3; key++) offer(key, key);
    batcher.pump();
    expect(batches).toEqual([[1, 2], [3]]);
    for (let key = 4; key <= 9; key++) offer(key, key);
    batcher.pump();
    expect(batches).toHaveLength(2);
    await clock.advanceMs(RUN_MS);
    expect(batches.slice(2)).toEqual([[4, 5, 6, 7], [8, 9]]);
  });

  it('gives full batches ahead while every run is busy', async () => {
    const { clock, batcher, batches, results, offer } = harness({ concurrency: 2, inFlight: 3 });
    for (let key = 1; key <= 10; key++) offer(key, key);
    batcher.pump();
    expect(batches).toEqual([[3, 4, 5, 6], [7, 8, 9, 10]]);
    await clock.advanceMs(RUN_MS);
    expect(results).toHaveLength(8);
  });

  it('replaces an item\'s waiting picture by its newest, and counts the loss', async () => {
    const { clock, batcher, batches, offer } = harness();
    offer(1, 10);
    batcher.pump();
    offer(2, 20);
    offer(2, 21);
    offer(1, 11);
    await clock.advanceMs(3 * RUN_MS);
    expect(batches).toEqual([[10], [21, 11]]);
    expect(batcher.droppedCount).toBe(1);
  });

  it('prepares a picture only when its run begins, and lets go of all of them', async () => {
    const { clock, batcher, offer, written, released } = harness({ size: 1 });
    offer(1, 10);
    batcher.pump();
    offer(2, 20);
    offer(2, 21);
    offer(3, 30);
    expect([written, released]).toEqual([[10], [10, 20]]);
    batcher.withdraw(3);
    await clock.advanceMs(RUN_MS);
    expect([written, released]).toEqual([[10, 21], [10, 20, 30, 21]]);
    offer(4, 40);
    batcher.close();
    expect([written, released]).toEqual([[10, 21], [10, 20, 30, 21, 40]]);
  });

  it('prefers items with the fewest looks', async () => {
    const { clock, batcher, batches, offer } = harness({ size: 2 });
    for (const [key, looks] of [[1, 3], [2, 0], [3, 1], [4, 0]] as const) offer(key, key, looks);
    batcher.pump();
    await clock.advanceMs(3 * RUN_MS);
    expect(batches).toEqual([[2, 4], [3, 1]]);
  });

  it('waits for company until the deadline, but not once the batch is full', async () => {
    const { clock, batcher, batches, offer } = harness({ size: 2, deadlineMs: 5 });
    offer(1, 10);
    batcher.pump();
    await clock.advanceMs(4.9);
    expect(batches).toEqual([]);
    await clock.advanceMs(0.2);
    expect(batches).toEqual([[10]]);
    await clock.advanceMs(RUN_MS);
    offer(2, 20);
    offer(3, 30);
    batcher.pump();
    expect(batches).toEqual([[10], [20, 30]]);
  });

  it('drops the picture of the item with the most looks where there is no room', () => {
    const { batcher, offer } = harness({ maxWaiting: 2 });
    offer(1, 10, 5);
    offer(2, 20, 1);
    offer(3, 30, 0);
    expect([1, 2, 3].filter((key) => batcher.hasWaiting(key))).toEqual([2, 3]);
    expect(batcher.droppedCount).toBe(1);
  });

  it('goes on after a run that failed, and says whose pictures were lost', async () => {
    let runs = 0;
    const { clock, batcher, failed, offer, results } = harness({ size: 1 }, () => runs++ === 0);
    offer(1, 10);
    offer(2, 20);
    batcher.pump();
    await clock.advanceMs(3 * RUN_MS);
    expect(failed).toEqual(['1:10']);
    expect(results.map(({ tag }) => tag)).toEqual(['2:20']);
  });

  it('tells how long a run has been going on', async () => {
    const { clock, batcher, offer } = harness();
    expect(batcher.longestRunMs).toBeUndefined();
    offer(1, 10);
    batcher.pump();
    await clock.advanceMs(7);
    expect(batcher.longestRunMs).toBe(7);
    await clock.advanceMs(RUN_MS);
    expect(batcher.longestRunMs).toBeUndefined();
  });

  it('counts every picture once: classified, dropped, or still waiting; and never mixes pixels', async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 }), async (seed, size, inFlight, concurrency) => {
      const random = createRandom(seed);
      const { clock, batcher, results, offer, released } = harness({ size, inFlight, concurrency, deadlineMs: random.integer(0, 10) });
      let offered = 0;
      for (let step = 0; step < 60; step++) {
        for (let count = random.integer(0, 4); count > 0; count--) {
          offer(random.integer(1, 12), offered++, random.integer(0, 3));
        }
        batcher.pump();
        await clock.advanceMs(random.integer(0, 15));
      }
      await clock.advanceMs(1000);
      expect(batcher.classifiedCount + batcher.droppedCount).toBe(offered);
      expect(batcher.classifiedCount).toBe(results.length);
      expect(released.toSorted((a, b) => a - b)).toEqual(Array.from({ length: offered }, (_, value) => value));
      for (const { tag, value, waitedMs } of results) {
        expect(tag.endsWith(`:${value}`)).toBe(true);
        expect(waitedMs).toBeGreaterThanOrEqual(0);
      }
    }), { numRuns: 30 });
  });
});
