import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { encodeJpeg } from '../../../src/image/decode.ts';
import { cv } from '../../../src/image/opencv.ts';
import type { WantedPicture } from '../../../src/learning/augment/loader-messages.ts';
import { PictureCache } from '../../../src/learning/augment/picture-cache.ts';
import type { LoaderOptions } from '../../../src/learning/augment/picture-loader.ts';
import { PictureLoader } from '../../../src/learning/augment/picture-loader.ts';
import { preparePictures } from '../../../src/learning/augment/prepare-pictures.ts';
import { hyperparameters } from '../../../src/learning/train/hyperparameters.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-loader-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SHAPE = { height: 48, width: 48 };
const AUGMENT = hyperparameters.parse({ transform_blur: 1, transform_noise: 4, transform_erase: 0.5 });
const OPTIONS: LoaderOptions = { seed: 3, shape: SHAPE, augmentedShape: { height: 32, width: 40 }, augment: AUGMENT, processes: 1, cacheBytes: 10_000_000, ahead: 2 };
const FILES = Array.from({ length: 7 }, (_, index) => picture(index));

let open: PictureLoader[] = [];
afterEach(async () => {
  await Promise.all(open.map((loader) => loader.close()));
  open = [];
});

function loaderWith(options: Partial<LoaderOptions> = {}): PictureLoader {
  const loader = new PictureLoader({ ...OPTIONS, ...options });
  open.push(loader);
  return loader;
}

function picture(seed: number): string {
  const random = createRandom(seed);
  const mat = new cv.Mat(Buffer.from(Array.from({ length: 60 * 80 * 3 }, () => random.integer(0, 255))), 60, 80, cv.CV_8UC3);
  const file = join(folder, `${seed}.jpg`);
  writeFileSync(file, encodeJpeg(mat));
  mat.release();
  return file;
}

/** Three batches of training pictures, of unlike sizes, then one for validation. */
function wanted(): WantedPicture[][] {
  const of = (numbers: number[], epoch: number | undefined): WantedPicture[] => numbers.map((index) => ({ file: FILES[index]!, index, epoch }));
  return [of([3, 1, 4, 1, 5], 0), of([2, 6], 0), of([0, 1, 2, 3, 4, 5, 6], 1), of([6, 5, 0], undefined)];
}

async function digests(loader: PictureLoader, batches = wanted()): Promise<string[]> {
  const found: string[] = [];
  for await (const images of loader.batches(batches)) found.push(createHash('sha256').update(images).digest('hex'));
  return found;
}

describe('the picture loader', { timeout: 60_000 }, () => {
  test('gives the same bytes whatever the number of processes, the cache or the distance ahead', async () => {
    const cache = new PictureCache(0);
    const expected = wanted().map((pictures) => createHash('sha256').update(preparePictures(pictures, cache, OPTIONS)).digest('hex'));
    expect(new Set(expected).size).toBe(4);
    expect(wanted().map((pictures) => preparePictures(pictures, cache, OPTIONS).length)).toEqual([5 * 32 * 40 * 3, 2 * 32 * 40 * 3, 7 * 32 * 40 * 3, 3 * 48 * 48 * 3]);
    expect(await digests(loaderWith({ cacheBytes: 300_000 }))).toEqual(expected);
    const cached = loaderWith({ processes: 3, ahead: 1 });
    await cached.check(FILES.map((file, index) => ({ file, index })));
    expect(await digests(cached)).toEqual(expected);
    expect(await digests(cached)).toEqual(expected);
  });

  test('asks for no more than it may hold ready', async () => {
    let asked = 0;
    function* endless(): Generator<WantedPicture[]> {
      for (;;) {
        asked++;
        yield [{ file: FILES[0]!, index: 0, epoch: asked }];
      }
    }
    let taken = 0;
    for await (const images of loaderWith({ ahead: 2 }).batches(endless())) {
      expect(images.length).toBe(32 * 40 * 3);
      taken++;
      expect(asked).toBe(taken + 2);
      if (taken === 3) break;
    }
  });

  test('names the file that cannot be read when its batch is due, and goes on serving', async () => {
    const broken = join(folder, 'broken.jpg');
    writeFileSync(broken, 'no picture');
    const loader = loaderWith();
    const batches = loader.batches([[{ file: FILES[0]!, index: 0, epoch: 0 }], [{ file: broken, index: 1, epoch: 0 }]]);
    expect((await batches.next()).done).toBe(false);
    await expect(batches.next()).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE', message: expect.stringContaining(broken) as string });
    expect(await digests(loader)).toHaveLength(4);
  });

  test('finds every unreadable picture at once', async () => {
    const bad = ['x', 'y'].map((name) => join(folder, `${name}.jpg`));
    const pictures = [...FILES, ...bad].map((file, index) => ({ file, index }));
    await expect(loaderWith({ processes: 2 }).check(pictures)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE', context: { files: bad } });
  });

  test('says so when a process is gone, instead of waiting for it', async () => {
    const loader = loaderWith();
    await loader.check([]);
    const batches = loader.batches(wanted());
    process.kill(loader.pids[0]!, 'SIGKILL');
    await expect(batches.next()).rejects.toMatchObject({ code: 'TRAIN_LOADER_FAILED', message: expect.stringContaining('SIGKILL') as string });
  });

  test('closes at once, leaving no process', async () => {
    const loader = loaderWith({ processes: 2 });
    void loader.batches(wanted()).next().catch(() => undefined);
    await loader.close();
    for (const pid of loader.pids) expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  });
});

describe('the picture cache', () => {
  test('keeps what fits, and lends what does not all the same', () => {
    const cache = new PictureCache(300_000);
    const sizes = FILES.map((file) => cache.with(file, (scaled) => scaled.rows));
    expect(sizes).toEqual(FILES.map(() => 256));
    expect(cache.bytes).toBe(256 * 341 * 3);
    cache.release();
    expect(cache.bytes).toBe(0);
  });
});
