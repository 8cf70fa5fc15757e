import { expect, test } from 'vitest';
import { delay } from '../../src/base/clock.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { FramePacer } from '../../src/camera/frame-pacer.ts';

const ms = (clock: ManualClock): number => clock.nowNs() / 1e6;

/** What `work` gives, with the clock moved on until then. */
async function within(clock: ManualClock, work: Promise<void>): Promise<number> {
  let doneMs = Number.NaN;
  const done = work.then(() => { doneMs = ms(clock); });
  await clock.advanceMs(1000);
  await done;
  return doneMs;
}

test('exposures lie on an even raster, each given once, and missed ones are skipped', async () => {
  const clock = new ManualClock({ startNs: 5e6 }), pacer = new FramePacer(clock, 10);
  expect([pacer.nextInstantNs(), pacer.nextInstantNs()]).toEqual([105e6, 205e6]);
  await clock.advanceMs(430);
  expect(pacer.nextInstantNs()).toBe(505e6);
  // On the instant itself it is not past.
  await clock.advanceMs(170);
  expect(pacer.nextInstantNs()).toBe(605e6);
  expect(pacer.nextInstantNs()).toBe(705e6);
});

test.each([0, 0.5, 3, 3.8, 4, 60])('a wait of %d ms ends at its instant, to the microsecond', async (waitMs) => {
  const clock = new ManualClock(), pacer = new FramePacer(clock, 10);
  expect(Math.abs(await within(clock, pacer.waitUntil(waitMs * 1e6)) - waitMs)).toBeLessThanOrEqual(0.001);
});

test('a wait is never over early where a timer rings early', async () => {
  const clock = new ManualClock(), pacer = new FramePacer({ ...{ nowNs: () => clock.nowNs(), wallMs: () => 0, every: () => ({ cancel: () => undefined }) }, after: (delayMs, callback) => clock.after(delayMs * 0.9, callback) }, 10);
  expect(await within(clock, pacer.waitUntil(40e6))).toBeGreaterThanOrEqual(40 - 0.001);
});

test('a cancelled wait is refused as a camera that was closed', async () => {
  const clock = new ManualClock(), pacer = new FramePacer(clock, 10);
  const waiting = pacer.waitUntil(50e6);
  await Promise.all([expect(waiting).rejects.toMatchObject({ code: 'CAMERA_READ_FAILED' }), delay(clock, 10).then(() => pacer.cancel()), clock.advanceMs(100)]);
});
