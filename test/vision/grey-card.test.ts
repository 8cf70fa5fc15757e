import { describe, expect, test } from 'vitest';
import { calibrateColour } from '../../src/app/calibrate-colour.ts';
import { fitColour } from '../../src/calibrate/fit-colour.ts';
import type { Mat } from '../../src/image/opencv.ts';
import { cv } from '../../src/image/opencv.ts';
import { measureGreyCard } from '../../src/vision/grey-card.ts';
import { plainPicture } from '../image/plain-picture.ts';

/** A belt with a card of `card` BGR in the middle; `shade` darkens its right half. */
function picture(card: readonly [number, number, number] | undefined, shade = 0): Mat {
  const image = plainPicture({ width: 640, height: 360 }, [72, 76, 70]);
  if (card === undefined) return image;
  image.drawRectangle(new cv.Rect(200, 110, 240, 140), new cv.Vec3(...card), -1);
  if (shade > 0) image.drawRectangle(new cv.Rect(320, 110, 120, 140), new cv.Vec3(...(card.map((level) => level - shade) as [number, number, number])), -1);
  return image;
}

describe('measureGreyCard', () => {
  test('measures card and belt apart', () => {
    const image = picture([94, 118, 136]);
    expect(measureGreyCard(image)).toEqual({ cardBgr: [94, 118, 136], beltBgr: [72, 76, 70], spread: 0, evenness: 1 });
    image.release();
  });

  test('takes neither the empty belt nor a card half in the shade for one', () => {
    for (const image of [picture(undefined), picture([118, 118, 118], 40)]) {
      expect(measureGreyCard(image)).toBeUndefined();
      image.release();
    }
  });
});

describe('fitColour', () => {
  test('makes the card grey', () => {
    const fit = fitColour([94, 118, 136], 118);
    expect(fit).toMatchObject({ result: 'fitted', gains: [expect.closeTo(1.2553, 3), 1, expect.closeTo(0.8676, 3)] });
  });

  test.each([
    ['cut off', [250, 200, 200], /cut off/],
    ['far too dark', [40, 42, 41], /lengthen the camera's exposure about 2\.9 times/],
    ['of one colour', [50, 118, 150], /white balance to the lamps/],
  ] as const)('refuses a card that is %s, and says what to do', (_what, card, reason) => {
    expect(fitColour(card, 118)).toMatchObject({ result: 'refused', reason: expect.stringMatching(reason) });
  });
});

describe('calibrateColour', () => {
  const showing = (...cards: (Parameters<typeof picture>[0])[]) => async (): Promise<Mat | undefined> => (cards.length === 0 ? undefined : picture(cards.shift()));

  test('waits for the card and averages over a few pictures of it', async () => {
    await expect(calibrateColour(showing(undefined, [90, 110, 130], [94, 114, 134], [92, 112, 132], [1, 1, 1]), 118)).resolves.toMatchObject({ frames: 4, cardBgr: [92, 112, 132], beltBgr: [72, 76, 70] });
  });

  test('says what it looked for where no card comes, and why a card will not do', async () => {
    await expect(calibrateColour(showing(undefined, undefined), 118)).rejects.toMatchObject({ code: 'CALIB_NO_TARGET', message: expect.stringContaining('2 pictures') });
    await expect(calibrateColour(showing([20, 20, 20]), 118)).rejects.toMatchObject({ code: 'CALIB_POOR_FIT' });
  });
});
