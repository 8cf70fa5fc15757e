import { afterEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { decodeImage } from '../../src/image/decode.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv } from '../../src/image/opencv.ts';
import { CropHolder } from '../../src/vision/crop-holder.ts';

const METAL = 2, GLASS = 1;

function probabilities(leader: number, confidence: number): number[] {
  return Array.from({ length: 6 }, (_, index) => (index === leader ? confidence : (1 - confidence) / 5));
}

let released: Set<Mat>;
let pictures: Mat[];
/** A picture of one grey, whose release is noticed. */
function picture(grey: number, side = 40): Mat {
  const mat = new cv.Mat(side, side, cv.CV_8UC3, [grey, grey, grey]);
  const release = mat.release.bind(mat);
  mat.release = () => { released.add(mat); release(); };
  pictures.push(mat);
  return mat;
}

function rig({ perHour = 3600, maxConfidence = 0.7 } = {}): { clock: ManualClock; holder: CropHolder; look: (trackId: number, grey: number, leader: number, confidence: number) => void } {
  [released, pictures] = [new Set(), []];
  const clock = new ManualClock();
  const holder = new CropHolder({ clock, options: { perHour, maxConfidence } });
  const look = (trackId: number, grey: number, leader: number, confidence: number): void => {
    const crop = holder.hold(trackId, picture(grey));
    holder.judged(trackId, crop, probabilities(leader, confidence));
  };
  return { clock, holder, look };
}

function greyOf(jpeg: Uint8Array | undefined): number | undefined {
  if (jpeg === undefined) return undefined;
  const image = decodeImage(Buffer.from(jpeg), 'kept');
  try {
    return (image.atRaw(5, 5) as unknown as [number, number, number])[0];
  } finally {
    image.release();
  }
}

afterEach(() => {
  // Whatever happened, nothing is left to the garbage collector.
  expect(pictures.filter((mat) => !released.has(mat))).toEqual([]);
});

describe('CropHolder', () => {
  test('gives the hardest picture of an unsure item', () => {
    const { holder, look } = rig();
    look(1, 50, METAL, 0.65);
    look(1, 100, METAL, 0.4);
    look(1, 150, METAL, 0.6);
    expect(greyOf(holder.gone(1))).toBe(100);
  });

  test('gives nothing of a sure item, but the hardest picture of a sure one whose looks differ', () => {
    const { holder, look } = rig();
    look(1, 50, METAL, 0.9);
    look(1, 60, METAL, 0.6);
    expect(holder.gone(1)).toBeUndefined();
    for (let sure = 0; sure < 4; sure++) look(2, 50, METAL, 0.99);
    look(2, 80, GLASS, 0.6);
    expect(greyOf(holder.gone(2))).toBe(80);
  });

  test('a lost run leaves nothing, nor does what comes after the item is gone', () => {
    const { holder } = rig();
    const [lost, late] = [holder.hold(1, picture(50)), holder.hold(2, picture(60))];
    holder.failed(lost);
    expect(holder.gone(1)).toBeUndefined();
    expect(holder.gone(2)).toBeUndefined();
    holder.judged(2, late, probabilities(METAL, 0.3));
    holder.failed(late);
    expect(holder.gone(2)).toBeUndefined();
  });

  test('keeps to its allowance, which saves up to a burst and no more', async () => {
    const { clock, holder, look } = rig({ perHour: 60 });
    const keptOf = (first: number, count: number): number => Array.from({ length: count }, (_, index) => {
      look(first + index, 50, METAL, 0.4);
      return holder.gone(first + index);
    }).filter((jpeg) => jpeg !== undefined).length;
    expect(keptOf(0, 10)).toBe(5);
    await clock.advanceMs(59_000);
    expect(keptOf(100, 10)).toBe(0);
    await clock.advanceMs(1001);
    expect(keptOf(200, 10)).toBe(1);
    await clock.advanceMs(86_400_000);
    expect(keptOf(300, 10)).toBe(5);
  });

  test('reduces large pictures', () => {
    const { holder } = rig();
    const crop = holder.hold(1, picture(50, 1200));
    holder.judged(1, crop, probabilities(METAL, 0.4));
    const image = decodeImage(Buffer.from(holder.gone(1)!), 'kept');
    expect([image.cols, image.rows]).toEqual([512, 512]);
    image.release();
  });

  test('releases everything when it is closed', () => {
    const { holder, look } = rig();
    look(1, 50, METAL, 0.4);
    holder.hold(2, picture(60));
    holder.close();
    expect(holder.gone(1)).toBeUndefined();
  });
});
