// The real process: camera, OpenCV and a model in another process, the shipped one where it looks at items; and what happens when it
// dies, hangs or is refused. Real time; every wait is for an event.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { calibrationFor } from '../../src/app/calibration-for.ts';
import type { VisionSetup } from '../../src/app/vision-setup.ts';
import type { Timer } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRandom } from '../../src/base/random.ts';
import { completeConfig, configSchema } from '../../src/config/schema.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { VisionProcess } from '../../src/vision/vision-process.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import { tinyFolder } from '../classify/tiny-model.ts';

const ENTRY = fileURLToPath(new URL('../../src/app/vision-process-main.ts', import.meta.url));
const MODEL = fileURLToPath(new URL('../../models/resnet18', import.meta.url));
const TIMEOUT_MS = 30_000;

/** A belt that has been moving for long, so that items are in view at once. */
function setupWith(model: string): { setup: VisionSetup; motion: BeltMotion } {
  const config = completeConfig(configSchema.parse({ classifier: { model, batch: { size: 2 } }, log: { level: 'warn' } }));
  const calibration = calibrationFor(config);
  const motion = new BeltMotion({ atNs: systemClock.nowNs(), counts: 0 });
  motion.setSpeed(3000, systemClock.nowNs(), 0);
  const world = { seed: 5, countsPerMm: calibration.countsPerMm, itemsPerSecond: 2, beltMmPerSecond: 600, leadInMm: 100, distinctItems: 4 };
  return { setup: { config, calibration, avoid: new Map(), virtual: { world, motion: motion.segments } }, motion };
}

class Harness {
  readonly events: (VisionEvent & { atMs: number })[] = [];
  readonly vision: VisionProcess;
  readonly #feed: Timer;
  #wake: () => void = () => undefined;

  constructor(model = MODEL, options: { progressTimeoutMs?: number } = {}) {
    const { setup, motion } = setupWith(model);
    this.vision = new VisionProcess({
      entry: ENTRY, setup: () => setup, clock: systemClock, log: silentLogger, random: createRandom(1),
      options: { ...setup.config.vision.process, ...options },
      sink: (event) => {
        this.events.push({ ...event, atMs: performance.now() });
        this.#wake();
      },
    });
    this.#feed = systemClock.every(20, () => {
      const atNs = systemClock.nowNs();
      this.vision.beltSample({ atNs, counts: motion.countsAt(atNs), countsPerSecond: motion.speedAt(atNs) });
    });
  }

  /** The `count`-th event of a kind, waited for. */
  async next<K extends VisionEvent['kind']>(kind: K, count = 1): Promise<Extract<VisionEvent, { kind: K }> & { atMs: number }> {
    for (;;) {
      const found = this.events.filter((event) => event.kind === kind)[count - 1];
      if (found !== undefined) return found as Extract<VisionEvent, { kind: K }> & { atMs: number };
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }

  async close(): Promise<void> {
    this.#feed.cancel();
    await this.vision.stop();
  }
}

const open: Harness[] = [];
function harness(...args: ConstructorParameters<typeof Harness>): Harness {
  const created = new Harness(...args);
  open.push(created);
  return created;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe.skipIf(!existsSync(MODEL))('VisionProcess', () => {
  it('sees and classifies items, and after kill -9 does so again within 5 seconds', async () => {
    const { vision, next } = bound(harness());
    await vision.start();
    const ready = await next('vision.ready');
    expect(ready).toMatchObject({ frameSize: { width: 1280, height: 720 }, classifier: { model: 'resnet18' } });
    const look = await next('item.look');
    expect(look.look.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    // Ctrl-C reaches the whole process group; when the vision process ends is the line's to decide.
    process.kill(vision.pid!, 'SIGINT');
    vision.requestSnapshot();
    expect([...(await next('vision.snapshot')).jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    const killedAtMs = performance.now();
    const { pid } = vision;
    process.kill(pid!, 'SIGKILL');
    expect(await next('vision.down')).toMatchObject({ reason: expect.stringContaining('SIGKILL') });
    const again = await next('vision.ready', 2);
    expect(again.atMs - killedAtMs).toBeLessThan(5000);
    expect(vision.pid).not.toBe(pid);
    await next('item.seen', 1);
  }, TIMEOUT_MS);

  it('ends a process that makes no progress and starts another', async () => {
    const { vision, next } = bound(harness(tinyFolder(), { progressTimeoutMs: 1500 }));
    await vision.start();
    await next('vision.ready');
    process.kill(vision.pid!, 'SIGSTOP');
    expect(await next('vision.down')).toMatchObject({ reason: expect.stringContaining('no sign of progress') });
    await next('vision.ready', 2);
  }, TIMEOUT_MS);

  it('says with its code why a process was refused', async () => {
    const { vision, next } = bound(harness('models/there-is-none'));
    await vision.start();
    expect(await next('vision.refused')).toMatchObject({ code: 'MODEL_UNREADABLE', message: expect.stringContaining('there-is-none') });
    expect(await next('vision.down')).toMatchObject({ reason: expect.stringContaining('MODEL_UNREADABLE') });
  }, TIMEOUT_MS);

  it('ends by itself when the line is gone', async () => {
    const child = fork(ENTRY, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    await new Promise((resolve) => child.send({ kind: 'belt.reset' }, resolve));
    child.disconnect();
    const [code, signal] = await once(child, 'exit') as [number | null, string | null];
    expect([code, signal]).toEqual([0, null]);
  }, TIMEOUT_MS);
});

function bound(each: Harness): { vision: VisionProcess; next: Harness['next'] } {
  return { vision: each.vision, next: each.next.bind(each) as Harness['next'] };
}
