// A plain video with labels becomes a recording that can be replayed like any other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImportOptions } from '../../src/app/import-video.ts';
import { aboutVideo, videoEntries } from '../../src/app/import-video.ts';
import { readReplayInput } from '../../src/app/replay-input.ts';
import { replayRun } from '../../src/app/replay-run.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { cv } from '../../src/image/opencv.ts';
import { Recording } from '../../src/record/open-recording.ts';
import { writeRecording } from '../../src/record/write-recording.ts';
import { FrameRenderer } from '../../src/sim/render-frame.ts';
import { smallBeltConfig, virtualCalibration, virtualWorld } from '../record/virtual-recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-import-'));
const video = join(folder, 'belt.avi'), labels = join(folder, 'labels.csv'), out = join(folder, 'belt.mcap');
const FPS = 5, SECONDS = 4.5, COUNTS_PER_S = 1750;
const world = virtualWorld({ items: 2 });

beforeAll(() => {
  const writer = new cv.VideoWriter(video, cv.VideoWriter.fourcc('MJPG'), FPS, new cv.Size(640, 384));
  const renderer = new FrameRenderer({ size: { width: 640, height: 384 }, world, lightDrift: 0, noiseLevels: 0 });
  for (let index = 0; index < FPS * SECONDS; index++) {
    const image = renderer.render((index / FPS) * COUNTS_PER_S, { seconds: index / FPS, exposure: index });
    writer.write(image);
    image.release();
  }
  renderer.release();
  writer.release();
  // The camera's first exposure is one period after its opening.
  writeFileSync(labels, `second,material\n${[0, 1].map((index) => `${world.item(index)!.entryCounts / COUNTS_PER_S + 1 / FPS},${world.item(index)!.material}`).join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const options = (): ImportOptions => ({ video, config: smallBeltConfig(), calibration: virtualCalibration, belt: { mmPerSecond: 350 }, labels, quality: 85, wallMs: Date.UTC(2026, 0, 1) });

test('each item of the video is found under its label', async () => {
  await writeRecording(out, aboutVideo(options()), videoEntries(options()));
  const input = readReplayInput(Recording.open(out));
  expect(input).toMatchObject({ frameCount: Math.ceil(FPS * SECONDS), framesPerSecond: expect.closeTo(FPS, 3) as number });
  const { summary } = await replayRun({ input, log: silentLogger });
  expect(summary).toMatchObject({ items: 2, labelled: 2, labelsWithoutItem: 0 });
}, 20_000);

test('encoder counts come from a table, and one that is wrong is refused by its line', async () => {
  const file = join(folder, 'encoder.csv');
  writeFileSync(file, `second,counts\n${Array.from({ length: 60 }, (_, index) => `${index / 10},${Math.round((index / 10) * COUNTS_PER_S)}`).join('\n')}\n`);
  await writeRecording(out, aboutVideo(options()), videoEntries({ ...options(), labels: undefined, belt: { file } }));
  const input = readReplayInput(Recording.open(out));
  expect(input.belt.at(-1)).toMatchObject({ counts: expect.any(Number) as number, countsPerSecond: expect.closeTo(COUNTS_PER_S, 0) as number });
  writeFileSync(file, 'second,counts\n0,0\n1,175\n0.5,90\n');
  await expect(writeRecording(out, aboutVideo(options()), videoEntries({ ...options(), belt: { file } }))).rejects.toMatchObject({ code: 'RECORD_REFUSED', message: expect.stringContaining('line 4') as string });
});

test('a video of another size, and one that is none, are refused; what was there stays', async () => {
  const calibration = { ...virtualCalibration, frameSize: { width: 1280, height: 720 } };
  await expect(writeRecording(out, aboutVideo(options()), videoEntries({ ...options(), calibration }))).rejects.toMatchObject({ code: 'RECORD_REFUSED', message: expect.stringContaining('640x384') as string });
  await expect(writeRecording(out, aboutVideo(options()), videoEntries({ ...options(), video: labels }))).rejects.toMatchObject({ code: 'CAMERA_OPEN_FAILED' });
  expect(Recording.open(out).about.source).toBe('video');
});
