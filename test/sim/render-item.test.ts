import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { createOnnxClassifier } from '../../src/classify/onnx-classifier.ts';
import { classifyOptions } from '../../src/classify/options.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { Material } from '../../src/domain/material.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv, MatScope } from '../../src/image/opencv.ts';
import { BELT_BGR } from '../../src/sim/render-belt.ts';
import { drawItem } from '../../src/sim/render-item.ts';
import { PX_PER_MM } from '../../src/sim/render-frame.ts';
import type { Drawing } from '../../src/sim/render-sprite.ts';
import { pictureBytes, preprocess } from '../../src/vision/preprocess.ts';

const sizes = { lengthMm: fc.double({ min: 60, max: 160, noNaN: true }), widthMm: fc.double({ min: 40, max: 140, noNaN: true }), drawingSeed: fc.nat() };
const item = fc.record({ ...sizes, material: fc.constantFrom(...MATERIALS) });

function digest(levels: Float32Array): string {
  return createHash('sha256').update(levels).digest('hex');
}

/** Extent of what is opaque enough to be seen, px. */
function extentOf({ width, height, alpha }: Drawing): { along: number; across: number; share: number } {
  let left = width, right = -1, top = height, bottom = -1, count = 0;
  for (let index = 0; index < alpha.length; index++) {
    if (alpha[index]! < 0.5) continue;
    const x = index % width, y = Math.floor(index / width);
    left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
    count++;
  }
  return { along: right - left + 1, across: bottom - top + 1, share: count / (width * height) };
}

describe('drawn items', () => {
  test('are the same for the same seed, and another for another', () => {
    for (const material of MATERIALS) {
      const draw = (drawingSeed: number): string => digest(drawItem({ material, lengthMm: 100, widthMm: 70, drawingSeed }, PX_PER_MM).bgr);
      const first = draw(1);
      expect(draw(1)).toBe(first);
      expect(draw(2)).not.toBe(first);
    }
  });

  test('fill the box that the world gives them, in colours that exist', () => {
    fc.assert(fc.property(item, (each) => {
      const drawing = drawItem(each, PX_PER_MM);
      const { along, across, share } = extentOf(drawing);
      expect(along / drawing.width).toBeGreaterThan(0.6);
      expect(across / drawing.height).toBeGreaterThan(0.6);
      expect(share).toBeGreaterThan(0.25);
      expect(drawing.bgr.every((level) => level >= 0 && level <= 255)).toBe(true);
      expect(drawing.alpha.every((level) => level >= 0 && level <= 1)).toBe(true);
    }), { numRuns: 60 });
  });

  test('stand out from the belt, but for a rare dark one', () => {
    const shares = fc.sample(item, { seed: 1, numRuns: 160 }).map((each) => {
      const { bgr, alpha } = drawItem(each, PX_PER_MM);
      let visible = 0, seen = 0;
      for (let index = 0; index < alpha.length; index++) {
        if (alpha[index]! < 0.5) continue;
        seen++;
        if (BELT_BGR.some((level, channel) => alpha[index]! * Math.abs(bgr[3 * index + channel]! - level) > 15)) visible++;
      }
      return visible / seen;
    });
    // Newspaper in dark print is among them: of thousands of drawings one in a thousand is mostly as dark as the belt.
    expect(shares.filter((share) => share > 0.75).length).toBeGreaterThanOrEqual(0.97 * shares.length);
  });
});

const MODEL = join(import.meta.dirname, '../../models/resnet18');

describe.skipIf(!existsSync(join(MODEL, 'model.onnx')))('drawn items before the shipped model', () => {
  const PER_MATERIAL = 6;

  test('are recognised, though it never saw these', { timeout: 60_000 }, async () => {
    const classifier = await createOnnxClassifier(classifyOptions.parse({ model: MODEL, providers: ['cpu'], batch: { size: 1 }, threads: { sessions: 1, intraOp: 1 } }), silentLogger);
    const hits: Partial<Record<Material, number>> = {};
    const crop = new Uint8Array(pictureBytes(classifier.cropShape));
    for (const [index, material] of MATERIALS.entries()) {
      for (let seed = 0; seed < PER_MATERIAL; seed++) {
        using scope = new MatScope();
        const drawing = drawItem({ material, lengthMm: 70 + 9 * seed, widthMm: 60 + ((seed * 31) % 60), drawingSeed: 1000 * index + seed }, PX_PER_MM);
        preprocess(scope.own(pictureOf(drawing)), classifier.cropShape, crop, 0);
        const { probabilities } = await classifier.classify(crop, 1);
        if (probabilities[0]!.indexOf(Math.max(...probabilities[0]!)) === index) hits[material] = (hits[material] ?? 0) + 1;
      }
    }
    await classifier.close();
    const total = Object.values(hits).reduce((sum, count) => sum + count, 0);
    expect(total / (PER_MATERIAL * MATERIALS.length), JSON.stringify(hits)).toBeGreaterThan(0.9);
    expect(Object.keys(hits)).toHaveLength(MATERIALS.length);
  });
});

/** The item alone on the light grey that crops are filled with, as vision cuts it out. */
function pictureOf({ width, height, bgr, alpha }: Drawing): Mat {
  const side = Math.round(Math.max(width, height) * 1.24);
  const left = (side - width) >> 1, top = (side - height) >> 1;
  const bytes = Buffer.alloc(3 * side * side, 205);
  for (let index = 0; index < alpha.length; index++) {
    const at = 3 * ((top + Math.floor(index / width)) * side + left + (index % width));
    if (alpha[index]! >= 0.5) for (let channel = 0; channel < 3; channel++) bytes[at + channel] = alpha[index]! * bgr[3 * index + channel]! + (1 - alpha[index]!) * BELT_BGR[channel]!;
  }
  return new cv.Mat(bytes, side, side, cv.CV_8UC3);
}
