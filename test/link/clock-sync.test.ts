import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { NS_PER_MS } from '../../src/base/units.ts';
import { BeltTracker } from '../../src/link/belt-tracker.ts';
import { ClockSync } from '../../src/link/clock-sync.ts';
import { toU32, Unwrapper } from '../../src/link/modular.ts';

interface Cable {
  seed: number;
  /** One way, at best. */
  latencyMs: number;
  jitterMs: number;
  drift: number;
  /** Share of the minimum delay on the way to the board. */
  askShare?: number;
}

/** Heartbeats every 50 ms for `seconds`; afterwards the worst error over the last two seconds and half a second beyond, ms. */
function worstErrorMs(cable: Cable, seconds: number, sync = new ClockSync()): number {
  const random = createRandom(cable.seed);
  const startNs = 5e12;
  const ticksAt = (ns: number): number => Math.floor(4_000_000_000 + ((ns - startNs) / 1000) * (1 + cable.drift));
  const jitterNs = (): number => cable.jitterMs * NS_PER_MS * -Math.log(1 - random.next()) * (random.next() < 0.02 ? 20 : 1);
  const askNs = 2 * cable.latencyMs * NS_PER_MS * (cable.askShare ?? 0.5);
  let worstNs = 0;
  for (let ms = 0; ms < seconds * 1000; ms += 50) {
    const sentNs = startNs + ms * NS_PER_MS;
    const readNs = sentNs + askNs + jitterNs();
    const receivedNs = readNs + 2 * cable.latencyMs * NS_PER_MS - askNs + jitterNs();
    sync.add({ sentNs, receivedNs, atTicks: ticksAt(readNs) });
    if (ms < (seconds - 2) * 1000) continue;
    for (const probeNs of [sentNs, sentNs + 500 * NS_PER_MS]) worstNs = Math.max(worstNs, Math.abs(sync.toHostNs(ticksAt(probeNs))! - probeNs));
  }
  return worstNs / NS_PER_MS;
}

describe('clock sync', () => {
  it('is exact without delay, from the first round trip', () => {
    const sync = new ClockSync();
    expect(sync.toHostNs(0)).toBeUndefined();
    sync.add({ sentNs: 1e9, receivedNs: 1e9, atTicks: 500 });
    expect(sync.toHostNs(500)).toBe(1e9);
    expect(sync.toHostNs(1500)).toBe(1e9 + 1e6);
  });

  it.each([0, 50e-6, -0.005, 0.01])('stays within 0.15 ms with exponential jitter of 1 ms and a clock off by %f', (drift) => {
    for (const seed of [1, 2, 3]) expect(worstErrorMs({ seed, latencyMs: 0.5, jitterMs: 1, drift }, 20), `seed ${seed}`).toBeLessThan(0.15);
  });

  it('is never worse than half the smallest round trip on a lopsided cable, and better when told of the wire time', () => {
    const lopsided = { seed: 4, latencyMs: 1.5, jitterMs: 0.05, drift: 1e-4, askShare: 0.3 };
    expect(worstErrorMs(lopsided, 10)).toBeLessThan(1.5);
    const told = new ClockSync({ byteNs: 0.1 * NS_PER_MS, askBytes: 9, replyBytes: 21 });
    expect(worstErrorMs(lopsided, 10, told)).toBeLessThan(0.1);
  });

  it('keeps a good mapping for a minute on a cable that turned bad, and knows when it is lost', () => {
    const sync = new ClockSync();
    expect(sync.uncertaintyNs).toBe(Infinity);
    const random = createRandom(9);
    const ticksAt = (ns: number): number => Math.floor((ns / 1000) * (1 + 80e-6));
    for (let ms = 0; ms < 240_000; ms += 50) {
      const sentNs = ms * NS_PER_MS;
      // First a good cable; then every answer waits behind something, 40 ms and more, and the question does not.
      const backNs = (ms < 60_000 ? 0.5 : 40 + 200 * random.next()) * NS_PER_MS;
      sync.add({ sentNs, receivedNs: sentNs + NS_PER_MS + backNs, atTicks: ticksAt(sentNs + 0.5 * NS_PER_MS) });
      const errorNs = Math.abs(sync.toHostNs(ticksAt(sentNs))! - sentNs);
      if (ms < 120_000) expect(errorNs, `after ${ms} ms`).toBeLessThan(2 * NS_PER_MS);
      if (sync.uncertaintyNs < 10 * NS_PER_MS) expect(errorNs, `after ${ms} ms`).toBeLessThan(sync.uncertaintyNs);
    }
    expect(sync.uncertaintyNs).toBeGreaterThan(20 * NS_PER_MS);
    const worse = new ClockSync();
    worse.add({ sentNs: 0, receivedNs: 50 * NS_PER_MS, atTicks: 0 });
    expect(worse.uncertaintyNs).toBe(25 * NS_PER_MS);
  });

  it('never says less than it is off by, where a cable turned bad after a few seconds, both ways and with an oscillator that is off', () => {
    fc.assert(fc.property(
      fc.record({ seed: fc.nat(), goodMs: fc.integer({ min: 0, max: 10_000 }), goodJitterMs: fc.double({ min: 0, max: 20, noNaN: true }), askMs: fc.integer({ min: 0, max: 300 }), backMs: fc.integer({ min: 0, max: 300 }), drift: fc.double({ min: -0.005, max: 0.005, noNaN: true }) }),
      ({ seed, goodMs, goodJitterMs, askMs, backMs, drift }) => {
        const random = createRandom(seed), sync = new ClockSync();
        const ticksAt = (ns: number): number => Math.floor((ns / 1000) * (1 + drift));
        // Questions that overtake each other are read out of order; what counts is now.
        let newestNs = 0;
        for (let ms = 0; ms < goodMs + 20_000; ms += 50) {
          const isGood = ms < goodMs;
          const sentNs = ms * NS_PER_MS, readNs = sentNs + (0.5 + (isGood ? goodJitterMs : askMs) * random.next() ** 2) * NS_PER_MS;
          const receivedNs = readNs + (0.5 + (isGood ? goodJitterMs : backMs) * random.next() ** 2) * NS_PER_MS;
          sync.add({ sentNs, receivedNs, atTicks: ticksAt(readNs) });
          newestNs = Math.max(newestNs, readNs);
          expect(Math.abs(sync.toHostNs(ticksAt(newestNs))! - newestNs), `after ${ms} ms`).toBeLessThan(sync.uncertaintyNs + 0.1 * NS_PER_MS);
        }
      },
    ), { numRuns: 30 });
  });

  it('rejects a tick that cannot lie between send and receipt, and keeps its estimate', () => {
    const sync = new ClockSync();
    for (let ms = 0; ms < 8000; ms += 50) sync.add({ sentNs: ms * NS_PER_MS, receivedNs: (ms + 1) * NS_PER_MS, atTicks: ms * 1000 + 500 });
    const before = sync.toHostNs(8_000_000);
    expect(sync.add({ sentNs: 8000 * NS_PER_MS, receivedNs: 8001 * NS_PER_MS, atTicks: 8_050_000 })).toBe(false);
    expect(sync.add({ sentNs: 8000 * NS_PER_MS, receivedNs: 7999 * NS_PER_MS, atTicks: 8_000_000 })).toBe(false);
    expect(sync.toHostNs(8_000_000)).toBe(before);
    expect(sync.rejectedCount).toBe(2);
  });

  it('follows a clock that jumped for good', () => {
    const sync = new ClockSync();
    const feed = (fromMs: number, toMs: number, offset: number): void => {
      for (let ms = fromMs; ms < toMs; ms += 50) sync.add({ sentNs: ms * NS_PER_MS, receivedNs: (ms + 1) * NS_PER_MS, atTicks: ms * 1000 + 500 + offset });
    };
    feed(0, 4000, 0);
    feed(4000, 6000, 7_000_000);
    expect(Math.abs(sync.toHostNs(6_000_000 + 7_000_000)! - 6000 * NS_PER_MS)).toBeLessThan(NS_PER_MS);
  });
});

describe('belt tracker', () => {
  const reading = (atTicks: number, atCount: number) => ({ kind: 'belt.sample', atTicks: toU32(atTicks), atCount: toU32(atCount), countsPerSecond: 2000 }) as const;
  function synced(atCount = 4_294_967_290) {
    const tracker = new BeltTracker({ counts: new Unwrapper(), maxCountsPerSecond: 20_000, sync: {} });
    tracker.addRoundTrip({ ...reading(4_294_000_000, atCount), kind: 'heartbeat.reply', token: 1, queueFree: 1 }, 1e9, 1e9);
    return tracker;
  }

  it('gives host time and unwrapped counts across both wraps', () => {
    const tracker = synced();
    expect(tracker.toSample(reading(4_294_000_000, 4_294_967_290), 2e9)).toEqual({ atNs: 1e9, counts: 4_294_967_290, countsPerSecond: 2000 });
    expect(tracker.toSample(reading(4_294_000_000 + 1e6, 4_294_967_290 + 2000), 3e9)).toEqual({ atNs: 2e9, counts: 4_294_969_290, countsPerSecond: 2000 });
    expect(tracker.unwrapCount(toU32(4_294_969_000))).toBe(4_294_969_000);
  });

  it('drops samples before the first round trip, repeated ones and old ones', () => {
    const unsynced = new BeltTracker({ counts: new Unwrapper(), maxCountsPerSecond: 20_000, sync: {} });
    expect(unsynced.toSample(reading(1, 1), 1)).toBeUndefined();
    const tracker = synced();
    expect(tracker.toSample(reading(4_294_100_000, 4_294_967_290), 2e9)).toBeDefined();
    expect(tracker.toSample(reading(4_294_100_000, 4_294_967_290), 2e9)).toBeUndefined();
    expect(tracker.toSample(reading(4_294_080_000, 4_294_967_250), 2e9)).toBeUndefined();
  });

  it('tells nothing while round trips are too long to say when a sample was', () => {
    const tracker = new BeltTracker({ counts: new Unwrapper(), maxCountsPerSecond: 20_000, sync: {} });
    const beat = (sentNs: number, receivedNs: number): void => tracker.addRoundTrip({ ...reading(1000, 0), kind: 'heartbeat.reply', token: 1, queueFree: 1 }, sentNs, receivedNs);
    beat(1e9, 1.1e9);
    expect(tracker.isCertain).toBe(false);
    expect(tracker.toSample(reading(2000, 10), 1.2e9)).toBeUndefined();
    beat(1.045e9, 1.055e9);
    expect(tracker.toSample(reading(3000, 10), 1.2e9)).toBeDefined();
  });

  it('never places a sample after its receipt', () => {
    expect(synced().toSample(reading(4_294_000_000, 0), 0.99e9)?.atNs).toBe(0.99e9);
  });

  it('rejects a sample from the future, and takes the next good one', () => {
    const tracker = synced();
    tracker.toSample(reading(4_294_020_000, 4_294_967_290), 1.02e9);
    expect(tracker.toSample(reading(4_294_500_000, 4_294_967_290), 1.04e9)).toBeUndefined();
    expect(tracker.toSample(reading(4_294_060_000, 4_294_967_290), 1.06e9)?.atNs).toBe(1.06e9);
    expect(tracker.rejectedCount).toBe(1);
  });

  it('rejects a count no belt could reach, takes a reversal, and gives in when the new count stays', () => {
    const tracker = synced(1000);
    expect(tracker.lastCounts).toBe(1000);
    tracker.toSample(reading(4_294_000_000, 1000), 2e9);
    expect(tracker.toSample(reading(4_294_020_000, 50_000), 2e9)).toBeUndefined();
    expect(tracker.toSample(reading(4_294_040_000, 990), 2e9)?.counts).toBe(990);
    expect(tracker.rejectedCount).toBe(1);
    const glitched = Array.from({ length: 5 }, (_, index) => tracker.toSample(reading(4_294_060_000 + index * 20_000, 90_000 + index * 40), 2e9));
    expect(glitched.map((sample) => sample !== undefined)).toEqual([false, false, false, false, true]);
  });
});
