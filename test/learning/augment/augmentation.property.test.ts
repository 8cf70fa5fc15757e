import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AugmentOptions } from '../../../src/learning/augment/augmentation.ts';
import { drawAugmentation, pictureRandom, plainView } from '../../../src/learning/augment/augmentation.ts';
import { colourMatrix, PLAIN_COLOURS } from '../../../src/learning/augment/colour-matrix.ts';
import { affineOf, mapped } from '../../../src/learning/augment/warp.ts';

const OFF: AugmentOptions = { transform_horz: false, transform_vert: false, transform_rot30: 0, transform_crop: 0, transform_colour: 0, transform_blur: 0, transform_noise: 0, transform_erase: 0 };
const ALL: AugmentOptions = { transform_horz: true, transform_vert: true, transform_rot30: 30, transform_crop: 0.5, transform_colour: 0.3, transform_blur: 2, transform_noise: 8, transform_erase: 0.5 };
const SOURCE = { width: 341, height: 256 };
const INPUT = { width: 224, height: 224 };

const where = fc.record({ seed: fc.nat(0xffff_ffff), epoch: fc.nat(1000), picture: fc.nat(100_000) });
const size = fc.record({ width: fc.integer({ min: 16, max: 800 }), height: fc.constant(256) });

describe('drawing an augmentation', () => {
  test('is the same for the same seed, epoch and picture, and another for any other', () => {
    fc.assert(fc.property(where, ({ seed, epoch, picture }) => {
      const draw = (p: number): unknown => drawAugmentation(pictureRandom(seed, epoch, p), ALL, SOURCE);
      expect(draw(picture)).toEqual(draw(picture));
      expect(draw(picture)).not.toEqual(draw(picture + 1));
    }));
  });

  test('with everything off is the plain view', () => {
    fc.assert(fc.property(where, size, ({ seed, epoch, picture }, source) => {
      expect(drawAugmentation(pictureRandom(seed, epoch, picture), OFF, source))
        .toEqual({ view: plainView(source), colour: undefined, blurSigma: undefined, noise: undefined, erasure: undefined });
    }));
  });

  test('one kind of change does not depend on the others', () => {
    fc.assert(fc.property(where, ({ seed, epoch, picture }) => {
      const all = drawAugmentation(pictureRandom(seed, epoch, picture), ALL, SOURCE);
      const colourOnly = drawAugmentation(pictureRandom(seed, epoch, picture), { ...OFF, transform_colour: 0.3 }, SOURCE);
      const turnOnly = drawAugmentation(pictureRandom(seed, epoch, picture), { ...OFF, transform_rot30: 30 }, SOURCE);
      expect(colourOnly.colour).toEqual(all.colour);
      expect(turnOnly.view.rotationRad).toBe(all.view.rotationRad);
    }));
  });

  test('keeps the crop as large as asked and, where the picture has room, inside it', () => {
    fc.assert(fc.property(where, fc.double({ min: 0.05, max: 0.95, noNaN: true }), ({ seed, epoch, picture }, share) => {
      const { centre, size: part } = drawAugmentation(pictureRandom(seed, epoch, picture), { ...OFF, transform_crop: share }, SOURCE).view;
      const kept = (part.width * part.height) / SOURCE.height ** 2;
      // Where stretching makes it higher than the picture, a little of it is lost.
      expect(kept).toBeGreaterThan(share * 0.91);
      expect(kept).toBeLessThan(1 + 1e-9);
      expect(centre.x - part.width / 2).toBeGreaterThan(-1e-9);
      expect(centre.x + part.width / 2).toBeLessThan(SOURCE.width + 1e-9);
      expect(centre.y - part.height / 2).toBeGreaterThan(-1e-9);
      expect(centre.y + part.height / 2).toBeLessThan(SOURCE.height + 1e-9);
    }));
  });

  test('an erased rectangle lies in the picture', () => {
    fc.assert(fc.property(where, ({ seed, epoch, picture }) => {
      const { erasure } = drawAugmentation(pictureRandom(seed, epoch, picture), { ...OFF, transform_erase: 1 }, SOURCE);
      expect(erasure!.x + erasure!.width).toBeLessThanOrEqual(1 + 1e-9);
      expect(erasure!.y + erasure!.height).toBeLessThanOrEqual(1 + 1e-9);
      expect(erasure!.width * erasure!.height).toBeLessThan(0.2 + 1e-9);
    }));
  });
});

describe('the warp', () => {
  test('shows the whole view as the whole input, corner on corner', () => {
    fc.assert(fc.property(where, size, ({ seed, epoch, picture }, source) => {
      const view = { ...drawAugmentation(pictureRandom(seed, epoch, picture), { ...ALL, transform_rot30: 0, transform_horz: false, transform_vert: false }, source).view };
      const map = affineOf(view, INPUT);
      const first = mapped(map, view.centre.x - view.size.width / 2 - 0.5, view.centre.y - view.size.height / 2 - 0.5);
      const last = mapped(map, view.centre.x + view.size.width / 2 - 0.5, view.centre.y + view.size.height / 2 - 0.5);
      expect(first.x).toBeCloseTo(-0.5, 6);
      expect(first.y).toBeCloseTo(-0.5, 6);
      expect(last.x).toBeCloseTo(INPUT.width - 0.5, 6);
      expect(last.y).toBeCloseTo(INPUT.height - 0.5, 6);
    }));
  });

  test('keeps the centre in the middle and area in proportion, however turned and mirrored', () => {
    fc.assert(fc.property(where, ({ seed, epoch, picture }) => {
      const { view } = drawAugmentation(pictureRandom(seed, epoch, picture), { ...ALL, transform_rot30: 180 }, SOURCE);
      const [[a, b], [c, d]] = affineOf(view, INPUT);
      const middle = mapped(affineOf(view, INPUT), view.centre.x - 0.5, view.centre.y - 0.5);
      expect(middle.x).toBeCloseTo(111.5, 6);
      expect(middle.y).toBeCloseTo(111.5, 6);
      const isMirrored = view.mirrorHorizontal !== view.mirrorVertical;
      expect(a * d - b * c).toBeCloseTo(((isMirrored ? -1 : 1) * 224 * 224) / (view.size.width * view.size.height), 6);
    }));
  });

  test('turns clockwise as seen', () => {
    const map = affineOf({ ...plainView({ width: 256, height: 256 }), rotationRad: Math.PI / 2 }, { width: 256, height: 256 });
    // What was above the centre is right of it.
    expect(mapped(map, 127.5, 27.5).x).toBeCloseTo(227.5, 6);
    expect(mapped(map, 127.5, 27.5).y).toBeCloseTo(127.5, 6);
  });
});

describe('the colour matrix', () => {
  const factor = fc.double({ min: 0, max: 2, noNaN: true });
  const change = fc.record({ brightness: factor, contrast: factor, saturation: factor, hueRad: fc.double({ min: -3, max: 3, noNaN: true }) });

  test('changes nothing but the order of channels where nothing is asked', () => {
    const found = colourMatrix({ brightness: 1, contrast: 1, saturation: 1, hueRad: 0 });
    found.flat().forEach((value, index) => expect(value).toBeCloseTo(PLAIN_COLOURS.flat()[index]!, 12));
  });

  test('turns greys into greys, by contrast and brightness alone', () => {
    fc.assert(fc.property(change, fc.integer({ min: 0, max: 255 }), (asked, grey) => {
      const expected = asked.brightness * (asked.contrast * (grey - 128) + 128);
      for (const [blue, green, red, added] of colourMatrix(asked)) expect((blue + green + red) * grey + added).toBeCloseTo(expected, 6);
    }));
  });

  test('takes all colour away at saturation 0', () => {
    const [red, green, blue] = colourMatrix({ brightness: 1, contrast: 1, saturation: 0, hueRad: 0.3 });
    expect(red).toEqual(green);
    expect(green).toEqual(blue);
  });
});
