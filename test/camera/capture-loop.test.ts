import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import type { CaptureLoop } from '../../src/camera/capture-loop.ts';
import { createCaptureLoop } from '../../src/camera/capture-loop.ts';
import { captureOptions } from '../../src/camera/options.ts';
import { NS_PER_MS } from '../../src/base/units.ts';
import { BeltClock } from '../../src/domain/belt-clock.ts';
import type { Frame } from '../../src/domain/frame.ts';
import type { Mat } from '../../src/image/opencv.ts';
import type { Step } from './scripted-camera.ts';
import { PERIOD_MS, ScriptedCamera, SIZE } from './scripted-camera.ts';

interface Rig {
  clock: ManualClock;
  camera: ScriptedCamera;
  loop: CaptureLoop;
  belt: BeltClock;
  events: string[];
}

function rig(script: readonly Step[], set: (camera: ScriptedCamera) => void = () => undefined, isBeltKnown = true): Rig {
  const clock = new ManualClock();
  const camera = new ScriptedCamera(clock);
  camera.script.push(...script);
  set(camera);
  const belt = new BeltClock();
  const sampleBelt = (): void => belt.add({ atNs: clock.nowNs(), counts: clock.nowNs() / NS_PER_MS, countsPerSecond: 1000 });
  if (isBeltKnown) {
    sampleBelt();
    clock.every(20, sampleBelt);
  }
  const events: string[] = [];
  const loop = createCaptureLoop({
    camera, clock, log: silentLogger, random: createRandom(1), belt, options: captureOptions.parse({ retryFirstMs: 100, retryMaxMs: 1000 }), expectedSize: SIZE,
    handlers: {
      onOpened: () => events.push('opened'),
      onStalled: (silentMs, reason) => events.push(`stalled ${Math.round(silentMs)} ${reason}`),
      onDelivers: () => events.push('delivers'),
      onBadFrame: (error) => events.push(`${error.code} ${error.message}`),
      onEnded: () => events.push('ended'),
    },
  });
  loop.start();
  return { clock, camera, loop, belt, events };
}

const frames = (count: number): Step[] => Array.from({ length: count }, () => 'frame');

async function takeAll(loop: CaptureLoop, taken: Frame<Mat>[]): Promise<void> {
  for (let frame = await loop.take(); frame !== undefined; frame = await loop.take()) taken.push(frame);
}

describe('the capture loop', () => {
  test('hands every frame to a taker that keeps up, with sequence, time and belt count of its exposure', async () => {
    const { clock, loop } = rig([...frames(3), 'ended']);
    const taken: Frame<Mat>[] = [];
    void takeAll(loop, taken);
    await clock.advanceMs(1000);
    expect(taken.map(({ sequence, capturedAtNs, encoderCounts, size }) => ({ sequence, capturedAtNs, encoderCounts, size }))).toEqual([0, 1, 2].map((index) => ({
      sequence: index, capturedAtNs: (index + 1) * PERIOD_MS * 1e6, encoderCounts: (index + 1) * 100, size: SIZE,
    })));
    expect(loop.counters).toEqual({ captured: 3, dropped: 0, bad: 0, unplaced: 0, reconnects: 0 });
  });

  test('keeps the newest of what nobody took, releases and counts the rest', async () => {
    const { clock, camera, loop } = rig(frames(5));
    await clock.advanceMs(5 * PERIOD_MS);
    expect(loop.counters).toMatchObject({ captured: 5, dropped: 4 });
    expect(camera.heldCount).toBe(1);
    const frame = await loop.take();
    expect(frame?.sequence).toBe(4);
    frame!.image.release();
  });

  test('keeps its books whatever camera and taker do: captured = taken + dropped + unplaced + held, and every image is released', async () => {
    const step = fc.constantFrom<Step>('frame', 'frame', 'frame', 'small', 'bad', 'gone');
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 20 }), async (script, pausesMs) => {
      const { clock, camera, loop } = rig([...script, 'ended']);
      const sequences: number[] = [];
      for (const pauseMs of pausesMs) {
        await clock.advanceMs(pauseMs);
        void loop.take().then((frame) => {
          if (frame === undefined) return;
          sequences.push(frame.sequence);
          frame.image.release();
        });
      }
      await clock.advanceMs(60_000);
      await loop.stop();
      const { captured, dropped, bad } = loop.counters;
      expect(captured).toBe(script.filter((each) => each === 'frame').length);
      expect(bad).toBe(script.filter((each) => each === 'small' || each === 'bad').length);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
      expect(captured - sequences.length - dropped).toBeGreaterThanOrEqual(0);
      expect(captured - sequences.length - dropped).toBeLessThanOrEqual(1);
      expect(camera.heldCount).toBe(0);
    }), { numRuns: 60 });
  });

  test('counts frames of another size, names both sizes, and goes on', async () => {
    const { clock, loop, events } = rig(['small', 'frame']);
    await clock.advanceMs(400);
    expect(events).toContainEqual(expect.stringMatching(/^CAMERA_BAD_FRAME .*8x3 px.*8x6 px/));
    expect(loop.counters).toMatchObject({ captured: 1, bad: 1, reconnects: 0 });
  });

  test('does not spin on a camera that yields garbage at once', async () => {
    const { clock, loop } = rig(Array.from({ length: 1000 }, () => 'bad'));
    await clock.advanceMs(10 * PERIOD_MS);
    expect(loop.counters.bad).toBeLessThanOrEqual(21);
  });

  test('tells of a stall once, with its length and reason, and of the recovery', async () => {
    const { clock, camera, events } = rig([...frames(2), 'gone'], (each) => { each.openFailures = 0; });
    await clock.advanceMs(200);
    camera.openFailures = 1000;
    await clock.advanceMs(20_000);
    expect(events).toEqual(['opened', 'delivers', 'stalled 1000 no camera there']);
    camera.openFailures = 0;
    camera.script.push(...frames(2));
    await clock.advanceMs(2000);
    expect(events.slice(3, 5)).toEqual(['opened', 'delivers']);
  });

  test('tells of a stall while a read hangs, and while the camera was never there', async () => {
    const hanging = rig(['hangs']);
    await hanging.clock.advanceMs(1000);
    expect(hanging.events).toEqual(['opened', 'stalled 1000 scripted camera is open but delivers nothing']);
    const absent = rig([], (camera) => { camera.openFailures = 1000; });
    await absent.clock.advanceMs(1000);
    expect(absent.events).toEqual(['stalled 1000 no camera there']);
  });

  test('opens again with growing pauses, and begins anew after a good frame', async () => {
    const { clock, camera, loop } = rig(['frame', 'gone', 'frame'], (each) => { each.openFailures = 6; });
    await clock.advanceMs(20_000);
    const pauses = camera.openedAtMs.slice(1).map((at, index) => at - camera.openedAtMs[index]!);
    const expected = [100, 200, 400, 800, 1000, 1000];
    expected.forEach((longest, index) => {
      expect(pauses[index]).toBeLessThanOrEqual(longest);
      expect(pauses[index]).toBeGreaterThanOrEqual(0.8 * longest);
    });
    expect(pauses[6]).toBeLessThanOrEqual(PERIOD_MS + 100);
    expect(loop.counters.reconnects).toBe(7);
    expect(camera.closedCount).toBe(7);
  });

  test('ends with its source: the last frame can still be taken, then nothing, and no stall is told', async () => {
    const { clock, loop, events } = rig([...frames(2), 'ended']);
    await clock.advanceMs(10_000);
    expect(events).toEqual(['opened', 'delivers', 'ended']);
    const last = await loop.take();
    expect(last?.sequence).toBe(1);
    last!.image.release();
    expect(await loop.take()).toBeUndefined();
  });

  test('does not use frames while the belt is unknown', async () => {
    const { clock, loop, belt, camera } = rig(frames(6), undefined, false);
    const first = loop.take();
    await clock.advanceMs(3 * PERIOD_MS);
    expect(loop.counters).toMatchObject({ captured: 3, unplaced: 3 });
    belt.add({ atNs: clock.nowNs(), counts: 500, countsPerSecond: 0 });
    await clock.advanceMs(PERIOD_MS);
    const frame = await first;
    expect(frame).toMatchObject({ sequence: 3, encoderCounts: 500 });
    frame!.image.release();
    expect(camera.heldCount).toBe(0);
  });

  test('stops at once although a read hangs, and lets go of what waits', async () => {
    const { clock, camera, loop, events } = rig([...frames(1), 'hangs']);
    await clock.advanceMs(150);
    const taker = loop.take();
    (await taker)!.image.release();
    const waiting = loop.take();
    await loop.stop();
    expect(await waiting).toBeUndefined();
    await clock.advanceMs(60_000);
    expect(camera.heldCount).toBe(0);
    expect(events).toEqual(['opened', 'delivers']);
  });
});
