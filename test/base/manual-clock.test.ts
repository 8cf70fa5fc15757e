import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';

describe('ManualClock', () => {
  it('fires timers in order of due time, ties in order of creation', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }), async (delays) => {
      const clock = new ManualClock();
      const fired: { delayMs: number; index: number; atMs: number }[] = [];
      delays.forEach((delayMs, index) => clock.after(delayMs, () => fired.push({ delayMs, index, atMs: clock.nowNs() / 1e6 })));
      await clock.advanceMs(25);
      const expected = delays.map((delayMs, index) => ({ delayMs, index, atMs: delayMs }))
        .sort((a, b) => a.delayMs - b.delayMs || a.index - b.index);
      expect(fired).toEqual(expected);
    }), { numRuns: 30 });
  });

  it('repeats every() until cancelled and never calls a cancelled timer', async () => {
    const clock = new ManualClock();
    let count = 0;
    const timer = clock.every(10, () => { if (++count === 3) timer.cancel(); });
    await clock.advanceMs(100);
    expect(count).toBe(3);
  });

  it('lets promise chains finish before time moves on', async () => {
    const clock = new ManualClock();
    const order: string[] = [];
    clock.after(1, () => void Promise.resolve().then(() => Promise.resolve()).then(() => order.push('chain')));
    clock.after(2, () => order.push('next'));
    await clock.advanceMs(5);
    expect(order).toEqual(['chain', 'next']);
  });

  it('delivers real work exactly at its virtual time, and lets earlier events run meanwhile', async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    let finish = (): void => undefined;
    const work = new Promise<string>((resolve) => { finish = () => resolve('done'); });
    void clock.settleAt(10, work).then((value) => seen.push(`${value} at ${clock.nowNs() / 1e6}`));
    clock.after(5, () => { seen.push('five'); setImmediate(finish); });
    clock.after(15, () => seen.push('fifteen'));
    await clock.advanceMs(20);
    expect(seen).toEqual(['five', 'done at 10', 'fifteen']);
  });

  it('passes a rejection of real work on', async () => {
    const clock = new ManualClock();
    const outcome = clock.settleAt(10, Promise.reject(new Error('broken'))).catch((error: Error) => error.message);
    await clock.advanceMs(10);
    expect(await outcome).toBe('broken');
  });
});
