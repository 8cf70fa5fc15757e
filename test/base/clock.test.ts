import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { NS_PER_MS } from '../../src/base/units.ts';

describe('the system clock', () => {
  it('is CLOCK_MONOTONIC, to be compared with stamps of other processes', () => {
    const offsNs = Array.from({ length: 20 }, () => Math.abs(Number(process.hrtime.bigint()) - systemClock.nowNs()));
    expect(Math.min(...offsNs)).toBeLessThan(0.1 * NS_PER_MS);
  });

  it.each([0, 0.3, 1.5, 4])('waits for %f ms, and not less', async (delayMs) => {
    const fromNs = systemClock.nowNs();
    await new Promise<void>((resolve) => void systemClock.after(delayMs, resolve));
    // A system timer of whole milliseconds may ring within the last.
    expect(systemClock.nowNs() - fromNs).toBeGreaterThanOrEqual((delayMs < 2 ? delayMs : delayMs - 1) * NS_PER_MS);
  });

  it.each([0, 1, 5])('does not ring after %f ms once it was cancelled', async (delayMs) => {
    let rings = 0;
    const timer = systemClock.after(delayMs, () => { rings++; });
    timer.cancel();
    await new Promise<void>((resolve) => void systemClock.after(delayMs + 3, resolve));
    expect(rings).toBe(0);
  });
});
