// Pictures drawn for tests: each seed another scene, the same seed the same scene.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRandom } from '../../../src/base/random.ts';
import type { Mat } from '../../../src/image/opencv.ts';
import { cv } from '../../../src/image/opencv.ts';
import { plainPicture } from '../../image/plain-picture.ts';

export interface SceneSize {
  readonly width: number;
  readonly height: number;
}

/** 8-bit BGR; the caller releases it. */
export function drawnScene(seed: number, { width, height }: SceneSize = { width: 96, height: 72 }): Mat {
  const random = createRandom(seed);
  const image = plainPicture({ width, height }, [random.integer(120, 230), random.integer(120, 230), random.integer(120, 230)]);
  for (let shape = 0; shape < 7; shape++) {
    const at = (): InstanceType<typeof cv.Point2> => new cv.Point2(random.integer(0, width - 1), random.integer(0, height - 1));
    const colour = new cv.Vec3(random.integer(0, 255), random.integer(0, 255), random.integer(0, 255));
    if (shape % 2 === 0) image.drawRectangle(at(), at(), colour, -1);
    else image.drawCircle(at(), random.integer(5, Math.floor(height / 3)), colour, -1);
  }
  return image;
}

export function jpegOf(seed: number, { quality = 92, size }: { quality?: number; size?: SceneSize } = {}): Buffer {
  const image = drawnScene(seed, size);
  try {
    return cv.imencode('.jpg', image, [cv.IMWRITE_JPEG_QUALITY, quality]);
  } finally {
    image.release();
  }
}

/** Writes files below `root`, with the folders they need. */
export function writeFiles(root: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}
