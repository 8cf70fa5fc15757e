// Another model takes over while pictures wait and run: what runs finishes on the former, what waits is prepared for the next.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { Batcher } from '../../src/vision/batcher.ts';

const RUN_MS = 20;

interface Harness {
  clock: ManualClock;
  batcher: Batcher<string>;
  /** Model, and the value of each picture of a batch. */
  batches: [string, number[]][];
  results: { tag: string; model: string; value: number }[];
  /** Runs going on at once, at most, over all models. */
  most(): number;
  offer(key: number, value: number): void;
  /** A model with pictures of `side` px takes over; resolves with its former's name. */
  replaceBy(name: string, side: number): Promise<void>;
}

function harness(limits: { size?: number; deadlineMs?: number; inFlight?: number; maxWaiting?: number } = {}): Harness {
  const clock = new ManualClock();
  const batches: [string, number[]][] = [];
  const results: { tag: string; model: string; value: number }[] = [];
  let running = 0, most = 0;
  const model = (name: string, side: number): Classifier => ({
    cropShape: { height: side, width: side }, concurrency: 1, description: { model: name, sha256: name, provider: 'cpu', unavailable: [], warmUpMs: 0 },
    classify: async (crops, count) => {
      const bytes = side * side * 3;
      const values = Array.from({ length: count }, (_, index) => {
        const picture = crops.subarray(index * bytes, (index + 1) * bytes);
        return picture.every((value) => value === picture[0]) ? picture[0]! : -1;
      });
      batches.push([name, values]);
      most = Math.max(most, ++running);
      await clock.settleAt(RUN_MS, Promise.resolve());
      running--;
      return { probabilities: values.map((value) => [value]), inferenceMs: RUN_MS };
    },
    close: () => Promise.resolve(),
  });
  const batcher = new Batcher<string>({
    clock, classifier: model('m0', 2), limits: { size: 4, deadlineMs: 0, inFlight: 1, maxWaiting: 8, ...limits }, onStart: () => undefined,
    onResult: (tag, [value], { modelSha256 }) => results.push({ tag, model: modelSha256, value: value! }), onFailure: () => undefined,
  });
  return {
    clock, batcher, batches, results, most: () => most,
    offer: (key, value) => batcher.offer({
      key, lookCount: 0, tag: `${key}:${value}`,
      picture: { write: (target, offset, { width, height }) => void target.fill(value, offset, offset + width * height * 3), release: () => undefined },
    }),
    replaceBy: (name, side) => batcher.replaceClassifier(model(name, side)),
  };
}

describe('Batcher.replaceClassifier', () => {
  it('finishes what runs on the former, then goes on with the next, whatever its input size', async () => {
    const { clock, batcher, batches, offer, replaceBy } = harness({ size: 2 });
    for (let key = 1; key <= 4; key++) offer(key, key * 10);
    batcher.pump();
    let left = false;
    void replaceBy('m1', 5).then(() => { left = true; });
    offer(5, 50);
    await clock.advanceMs(RUN_MS + 1);
    expect([batches, left]).toEqual([[['m0', [10, 20]], ['m1', [30, 40]]], true]);
    await clock.advanceMs(RUN_MS);
    expect(batches.at(-1)).toEqual(['m1', [50]]);
    expect(batcher.droppedCount).toBe(0);
  });

  it('lets go of the former at once where nothing is left for it', async () => {
    const { clock, batcher, offer, replaceBy } = harness();
    offer(1, 10);
    batcher.pump();
    const m0Left = replaceBy('m1', 2);
    offer(2, 20);
    const m1Left = replaceBy('m2', 3);
    // Its only picture is taken back while the model before it still runs.
    batcher.withdraw(2);
    await m1Left;
    await clock.advanceMs(RUN_MS);
    await m0Left;
  });

  it('lets go of the former when it is closed, once its run has ended', async () => {
    const { clock, batcher, offer, replaceBy } = harness();
    offer(1, 10);
    batcher.pump();
    offer(2, 20);
    let left = false;
    void replaceBy('m1', 2).then(() => { left = true; });
    batcher.close();
    await clock.advanceMs(RUN_MS - 1);
    expect(left).toBe(false);
    await clock.advanceMs(2);
    expect(left).toBe(true);
  });

  it('keeps every picture\'s pixels and model together, in any order of offers, runs and changes', async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), async (seed, size, inFlight) => {
      const random = createRandom(seed);
      const { clock, batcher, batches, results, most, offer, replaceBy } = harness({ size, inFlight, deadlineMs: random.integer(0, 10), maxWaiting: random.integer(1, 10) });
      let offered = 0, models = 0;
      const hasLeft: boolean[] = [];
      for (let step = 0; step < 60; step++) {
        for (let count = random.integer(0, 5); count > 0; count--) offer(random.integer(1, 12), offered++ % 250);
        if (random.integer(0, 6) === 0) {
          const former = models++;
          void replaceBy(`m${models}`, random.integer(1, 6)).then(() => { hasLeft[former] = true; });
        }
        const beforeCount = batches.length;
        batcher.pump();
        await clock.advanceMs(random.integer(0, 15));
        for (const [name] of batches.slice(beforeCount)) expect(hasLeft[Number(name.slice(1))]).not.toBe(true);
      }
      await clock.advanceMs(1000);
      expect(batcher.classifiedCount + batcher.droppedCount).toBe(offered);
      for (const { tag, value } of results) expect(tag.slice(tag.indexOf(':'))).toBe(`:${value}`);
      expect(hasLeft).toEqual(Array.from({ length: models }, () => true));
      expect(most()).toBeLessThanOrEqual(inFlight);
    }), { numRuns: 40 });
  });
});
