// The supervised vision process, on a folder of pictures: killed while it loads a champion, it comes back without it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openVisionProcess } from '../../src/app/open-vision-process.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { completeConfig, configSchema } from '../../src/config/schema.ts';
import { encodeJpeg } from '../../src/image/decode.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import type { VisionProcess } from '../../src/vision/vision-process.ts';
import { ChampionStore } from '../classify/champion-store.ts';
import { plainPicture } from '../image/plain-picture.ts';

const TIMEOUT_MS = 30_000;
const SIZE = { width: 320, height: 240 };

function folderWithPicture(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-pictures-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const image = plainPicture(SIZE, [40, 40, 40]);
  writeFileSync(join(folder, '1.jpg'), encodeJpeg(image));
  image.release();
  return folder;
}

it('passes over the model it was loading when the process before it died, until that is promoted again', async () => {
  const store = new ChampionStore();
  store.promote();
  store.promote({ shape: { gain: 2 } });
  const config = completeConfig(configSchema.parse({
    classifier: { model: 'champion', store: store.folder }, camera: { source: { kind: 'image-folder', path: folderWithPicture(), loop: true } }, log: { level: 'error' },
  }));
  const events: VisionEvent[] = [];
  let wake: () => void = () => undefined;
  let isKilled = false;
  const vision = openVisionProcess({
    config, clock: systemClock, log: silentLogger, plant: undefined,
    calibration: { line: 'test', measuredOn: '2026-01-01', method: 'by definition', frameSize: SIZE, pixelToBelt: [1, 0, 0, 0, 1, 0, 0, 0, 1], countsPerMm: 5 },
    sink: (event) => {
      if (event.kind === 'model.loading' && event.name === 'tiny:v2' && !isKilled) isKilled = process.kill(vision.pid!, 'SIGKILL');
      events.push(event);
      wake();
    },
  }) as VisionProcess;
  onTestFinished(() => vision.stop());
  const next = async <K extends VisionEvent['kind']>(kind: K, count = 1): Promise<Extract<VisionEvent, { kind: K }>> => {
    for (;;) {
      const found = events.filter((event) => event.kind === kind)[count - 1];
      if (found !== undefined) return found as Extract<VisionEvent, { kind: K }>;
      await new Promise<void>((resolve) => { wake = resolve; });
    }
  };
  await vision.start();
  expect((await next('vision.down')).reason).toContain('SIGKILL');
  expect((await next('vision.ready')).classifier).toMatchObject({ model: 'tiny-v1', insteadOf: 'tiny:v2' });
  expect(await next('model.refused')).toMatchObject({ role: 'champion', name: 'tiny:v2', message: expect.stringContaining('SIGKILL') });
  expect(events.filter((event) => event.kind === 'model.loading' && event.name === 'tiny:v2')).toHaveLength(1);
  store.promote({ shape: { gain: 2 } });
  expect((await next('model.in-use')).classifier).toMatchObject({ model: 'tiny-v3', insteadOf: undefined });
}, TIMEOUT_MS);
