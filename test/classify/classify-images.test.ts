// Picture files to probabilities, with the tiny model.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { createOnnxClassifier } from '../../src/classify/onnx-classifier.ts';
import { classifyOptions } from '../../src/classify/options.ts';
import { encodeJpeg } from '../../src/image/decode.ts';
import { cv } from '../../src/image/opencv.ts';
import { classifyImages } from '../../src/vision/classify-images.ts';
import { tinyFolder, tinyWeight } from './tiny-model.ts';

function pictureFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-pictures-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function flatJpeg(bgr: [number, number, number]): Buffer {
  const image = new cv.Mat(48, 64, cv.CV_8UC3, bgr);
  try {
    return encodeJpeg(image, 100);
  } finally {
    image.release();
  }
}

describe('classifyImages', () => {
  it('keeps order and channels over several batches, and goes on past pictures that cannot be read', async () => {
    const folder = pictureFolder();
    const levels = [0, 40, 80, 120, 160, 200, 240];
    const files = levels.map((red, index) => {
      const file = join(folder, `${index}.jpg`);
      writeFileSync(file, index === 3 ? 'no picture' : flatJpeg([0, 0, red]));
      return file;
    });
    const classifier = await createOnnxClassifier(classifyOptions.parse({ model: tinyFolder(), providers: ['cpu'], batch: { size: 2 } }), silentLogger);
    const unreadable: string[] = [], order: string[] = [];
    for await (const { file, probabilities, ms } of classifyImages(files, { classifier, batchSize: 2, onUnreadable: (_, bad) => void unreadable.push(bad) })) {
      order.push(file);
      expect(ms).toBeGreaterThanOrEqual(0);
      const red = levels[files.indexOf(file)]!;
      // The ratio of two labels follows from the weights of the red channel alone; JPEG may be off by a level or two.
      expect(Math.log(probabilities[0]! / probabilities[1]!)).toBeCloseTo(red * (tinyWeight(0, 0) - tinyWeight(0, 1)), 0);
    }
    expect(order).toEqual(files.filter((_, index) => index !== 3));
    expect(unreadable).toEqual([files[3]]);
    await classifier.close();
  });
});
