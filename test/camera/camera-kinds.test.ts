import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { isSortlineError } from '../../src/base/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { Camera } from '../../src/camera/camera.ts';
import { createCamera } from '../../src/camera/create-camera.ts';
import { physicalCameraOptions } from '../../src/camera/options.ts';
import { encodeJpeg } from '../../src/image/decode.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { plainPicture } from '../image/plain-picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-camera-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIZE = { width: 64, height: 48 };
const FPS = 20;
const VIDEO_FRAMES = 12;

function camera(options: unknown, clock: Clock = new ManualClock()): Camera {
  return createCamera(physicalCameraOptions.parse(options), clock);
}

function jpegOf(level: number): Buffer {
  using scope = new MatScope();
  return encodeJpeg(scope.own(plainPicture(SIZE, [level, level, level])), 95);
}

/** Reads until the camera ends or fails, moving virtual time along: level and time of each picture, and the last error. */
async function play(source: Camera, clock: ManualClock, most = 1000): Promise<{ levels: number[]; atMs: number[]; error: unknown }> {
  const levels: number[] = [], atMs: number[] = [];
  for (let count = 0; count < most; count++) {
    let isDone = false;
    const reading = source.read().finally(() => { isDone = true; });
    reading.catch(() => undefined);
    while (!isDone) await clock.advanceMs(1);
    try {
      const { image, capturedAtNs } = await reading;
      levels.push((image.atRaw(SIZE.height / 2, SIZE.width / 2) as unknown as number[])[0]!);
      atMs.push(Math.round(capturedAtNs / 1e6));
      image.release();
    } catch (error) {
      if (isSortlineError(error, 'CAMERA_BAD_FRAME')) levels.push(-1);
      else return { levels, atMs, error };
    }
  }
  return { levels, atMs, error: undefined };
}

describe('image-folder', () => {
  const path = join(folder, 'pictures');
  beforeAll(() => {
    mkdirSync(path);
    for (const [name, level] of [['f10', 100], ['f2', 20], ['f1', 10]] as const) writeFileSync(join(path, `${name}.jpg`), jpegOf(level));
    writeFileSync(join(path, 'notes.txt'), 'not a picture');
  });

  test('shows its pictures in the order of their numbers, at its pace, and ends', async () => {
    const clock = new ManualClock();
    const source = camera({ kind: 'image-folder', path, framesPerSecond: 10 }, clock);
    await source.open();
    const { levels, atMs, error } = await play(source, clock);
    expect(levels).toEqual([10, 20, 100]);
    expect(atMs).toEqual([100, 200, 300]);
    expect(error).toMatchObject({ code: 'CAMERA_ENDED' });
    await source.close();
  });

  test('starts again where it loops', async () => {
    const clock = new ManualClock();
    const source = camera({ kind: 'image-folder', path, loop: true }, clock);
    await source.open();
    expect((await play(source, clock, 5)).levels).toEqual([10, 20, 100, 10, 20]);
    await source.close();
  });

  test('passes over a picture that is broken', async () => {
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, '1.jpg'), jpegOf(10));
    writeFileSync(join(broken, '2.jpg'), jpegOf(20).subarray(0, 100));
    writeFileSync(join(broken, '3.jpg'), jpegOf(30));
    const clock = new ManualClock();
    const source = camera({ kind: 'image-folder', path: broken }, clock);
    await source.open();
    expect((await play(source, clock)).levels).toEqual([10, -1, 30]);
    await source.close();
  });

  test('refuses a folder that is missing or empty', async () => {
    await expect(camera({ kind: 'image-folder', path: join(folder, 'none') }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining('none') });
    mkdirSync(join(folder, 'empty'));
    await expect(camera({ kind: 'image-folder', path: join(folder, 'empty') }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining('no picture') });
  });

  test('a read under way ends when the camera is closed', async () => {
    const source = camera({ kind: 'image-folder', path });
    await source.open();
    const reading = source.read();
    await source.close();
    await expect(reading).rejects.toMatchObject({ code: 'CAMERA_READ_FAILED' });
  });
});

describe('video-file', () => {
  const path = join(folder, 'belt.avi');
  beforeAll(() => {
    using scope = new MatScope();
    const writer = new cv.VideoWriter(path, cv.VideoWriter.fourcc('MJPG'), FPS, new cv.Size(SIZE.width, SIZE.height), true);
    for (let index = 0; index < VIDEO_FRAMES; index++) writer.write(scope.own(plainPicture(SIZE, [index * 20, index * 20, index * 20])));
    writer.release();
  });

  test('plays at the pace that the file says, and ends', async () => {
    const clock = new ManualClock();
    const source = camera({ kind: 'video-file', path }, clock);
    await source.open();
    expect(source.framesPerSecond).toBe(FPS);
    const { levels, atMs, error } = await play(source, clock);
    expect(levels).toHaveLength(VIDEO_FRAMES);
    levels.forEach((level, index) => expect(Math.abs(level - index * 20)).toBeLessThan(6));
    const gaps = new Set(atMs.slice(1).map((at, index) => at - atMs[index]!));
    expect([...gaps]).toEqual([1000 / FPS]);
    expect(error).toMatchObject({ code: 'CAMERA_ENDED', message: expect.stringContaining(`${VIDEO_FRAMES} pictures`) });
    await source.close();
  });

  test('starts again where it loops, at a pace of one\'s own', async () => {
    const clock = new ManualClock();
    const source = camera({ kind: 'video-file', path, loop: true, framesPerSecond: 100 }, clock);
    await source.open();
    const { levels, error } = await play(source, clock, VIDEO_FRAMES + 2);
    expect(error).toBeUndefined();
    expect(levels[VIDEO_FRAMES]!).toBeLessThan(6);
    expect(Math.abs(levels[VIDEO_FRAMES + 1]! - 20)).toBeLessThan(6);
    await source.close();
  });

  test('plays what is left of a file that was cut off', async () => {
    const cut = join(folder, 'cut.avi');
    writeFileSync(cut, readFileSync(path));
    truncateSync(cut, Math.round(readFileSync(path).length * 0.8));
    const clock = new ManualClock();
    const source = camera({ kind: 'video-file', path: cut }, clock);
    await source.open();
    const { levels, error } = await play(source, clock);
    expect(levels.length).toBeGreaterThan(2);
    expect(levels.length).toBeLessThan(VIDEO_FRAMES);
    expect(error).toMatchObject({ code: 'CAMERA_ENDED' });
    await source.close();
  });

  test.each([
    ['garbage', (file: string) => writeFileSync(file, Buffer.alloc(5000, 'no video '))],
    ['an empty file', (file: string) => writeFileSync(file, '')],
    ['a folder', (file: string) => mkdirSync(file)],
    ['a missing file', () => undefined],
  ])('refuses %s by name', async (what, make) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}.mp4`);
    make(file);
    await expect(camera({ kind: 'video-file', path: file }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining(file) });
  });
});

describe('v4l2', () => {
  test('refuses a device that is absent, and says what to do', async () => {
    const source = camera({ kind: 'v4l2', device: '/dev/video-none' });
    await expect(source.open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringMatching(/\/dev\/video-none.*connect it/) });
  });

  test('refuses a device that is no camera', async () => {
    await expect(camera({ kind: 'v4l2', device: '/dev/null' }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining('/dev/null') });
  });

  test.skipIf(!existsSync('/dev/video0'))('delivers pictures from /dev/video0', async () => {
    const source = camera({ kind: 'v4l2' }, systemClock);
    await source.open();
    const { image } = await source.read();
    expect(image.cols).toBeGreaterThan(0);
    image.release();
    await source.close();
  });
});

describe('url', () => {
  test('shows a stream over HTTP, without its credentials in any description', async () => {
    const server = spawn(process.execPath, [join(import.meta.dirname, 'mjpeg-server.ts'), jpegOf(90).toString('hex')], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const [line] = await once(server.stdout, 'data') as [Buffer];
      const source = camera({ kind: 'url', url: `http://user:s3cret@127.0.0.1:${String(line).trim()}/video` }, systemClock);
      expect(source.description).not.toContain('s3cret');
      await source.open();
      const { image } = await source.read();
      expect([image.cols, image.rows]).toEqual([SIZE.width, SIZE.height]);
      image.release();
      await source.close();
      const wrong = camera({ kind: 'url', url: `http://user:s3cret@127.0.0.1:${String(line).trim()}/other` }, systemClock);
      const refusal: unknown = await wrong.open().catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining('not with a video stream') });
      expect(String(refusal)).not.toContain('s3cret');
    } finally {
      server.stdin.end();
    }
  });

  test('refuses a host that does not answer', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    await expect(camera({ kind: 'url', url: `rtsp://user:s3cret@127.0.0.1:${port}/x` }).open()).rejects.toMatchObject({
      code: 'CAMERA_OPEN_FAILED', message: expect.stringMatching(new RegExp(`^no connection to the camera at 127.0.0.1:${port} `)),
    });
  });
});

describe('gstreamer', () => {
  test('refuses a pipeline without appsink', async () => {
    await expect(camera({ kind: 'gstreamer', pipeline: 'videotestsrc ! fakesink' }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringContaining('appsink') });
  });

  test('names the packages that its elements come from', async () => {
    await expect(camera({ kind: 'gstreamer', pipeline: 'nosuchsrc ! appsink' }).open()).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED', message: expect.stringMatching(/gstreamer1\.0-plugins-base/) });
  });

  const plugins = ['/usr/lib/x86_64-linux-gnu/gstreamer-1.0', '/usr/lib/aarch64-linux-gnu/gstreamer-1.0'];
  const hasPlugins = plugins.some((each) => existsSync(join(each, 'libgstapp.so')) && existsSync(join(each, 'libgstvideotestsrc.so')));
  test.skipIf(!hasPlugins)('delivers pictures of a pipeline', async () => {
    const source = camera({ kind: 'gstreamer', pipeline: 'videotestsrc num-buffers=5 ! video/x-raw,width=64,height=48 ! videoconvert ! video/x-raw,format=BGR ! appsink' }, systemClock);
    await source.open();
    const { image } = await source.read();
    expect([image.cols, image.rows]).toEqual([64, 48]);
    image.release();
    await source.close();
  });
});

test('every kind of camera is tested here', () => {
  const self = readFileSync(import.meta.filename, 'utf8');
  const kinds = physicalCameraOptions.options.map((each) => each.shape.kind.value);
  expect(kinds.filter((kind) => !self.includes(`describe('${kind}'`))).toEqual([]);
});
