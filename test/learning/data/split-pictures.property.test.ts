import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import { DATA_PARTS } from '../../../src/image/labelled-pictures.ts';
import type { Splittable } from '../../../src/learning/data/split-pictures.ts';
import { splitPictures } from '../../../src/learning/data/split-pictures.ts';
import type { SplitRatios } from '../../../src/learning/data/split-ratios.ts';
import { checkRatios } from '../../../src/learning/data/split-ratios.ts';

/** Sizes of the groups of each material; 1 is a picture of its own. */
const anySizes = fc.array(fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 9 })), { maxLength: 40 }), { minLength: MATERIALS.length, maxLength: MATERIALS.length });
const anySeed = fc.integer({ min: 0, max: 0xffff_ffff });
/** Whole hundredths, so that they add up to 1 as people write them. */
const anyRatios: fc.Arbitrary<SplitRatios> = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat(99)).map(([train, draw]) => {
  const val = Math.min(draw, 100 - train);
  return { train: train / 100, val: val / 100, test: (100 - train - val) / 100 };
});

function dataOf(sizes: readonly (readonly number[])[]): { pictures: Splittable[]; groups: Splittable[][] } {
  const groups = MATERIALS.flatMap((material, index) => sizes[index]!.map((size, group) => Array.from({ length: size }, (_, member) => ({ name: `${material}/${group}-${member}.jpg`, material }))));
  return { pictures: groups.flat(), groups: groups.filter(({ length }) => length > 1) };
}

describe('splitPictures', () => {
  test('every picture lies in exactly one part', () => {
    fc.assert(fc.property(anySizes, anySeed, anyRatios, (sizes, seed, ratios) => {
      const { pictures, groups } = dataOf(sizes);
      const parts = splitPictures(pictures, { ratios, seed, groups });
      expect(DATA_PARTS.flatMap((part) => parts[part]).map(({ name }) => name).toSorted()).toEqual(pictures.map(({ name }) => name).toSorted());
    }));
  });

  test('each material is shared out within 1 of its shares where no group is in the way', () => {
    fc.assert(fc.property(anySizes, anySeed, anyRatios, (sizes, seed, ratios) => {
      const { pictures } = dataOf(sizes);
      for (const { count, share } of sharesOf(splitPictures(pictures, { ratios, seed, groups: [] }), pictures, ratios)) expect(Math.abs(count - share)).toBeLessThan(1);
    }));
  });

  test('each material is shared out within 1 of its shares where single pictures can make up for the groups', () => {
    fc.assert(fc.property(anySizes, anySeed, (sizes, seed) => {
      // One group of at most 9 in a material of 60 and more fits even the smallest share.
      const ratios = { train: 0.6, val: 0.2, test: 0.2 };
      const { pictures, groups } = dataOf(sizes.map((own) => [...own.slice(0, 1), ...new Array<number>(60).fill(1)]));
      for (const { count, share } of sharesOf(splitPictures(pictures, { ratios, seed, groups }), pictures, ratios)) expect(Math.abs(count - share)).toBeLessThan(1);
    }));
  });

  test('whatever the groups, no part is further off than its largest groups force it to be', () => {
    fc.assert(fc.property(anySizes, anySeed, anyRatios, (sizes, seed, ratios) => {
      const { pictures, groups } = dataOf(sizes);
      const largest = Math.max(1, ...groups.map(({ length }) => length));
      for (const { count, share } of sharesOf(splitPictures(pictures, { ratios, seed, groups }), pictures, ratios)) expect(Math.abs(count - share)).toBeLessThan(1 + 2 * (largest - 1));
    }));
  });

  test('groups stay together', () => {
    fc.assert(fc.property(anySizes, anySeed, anyRatios, (sizes, seed, ratios) => {
      const { pictures, groups } = dataOf(sizes);
      const parts = splitPictures(pictures, { ratios, seed, groups });
      for (const group of groups) expect(DATA_PARTS.filter((part) => group.some((picture) => parts[part].includes(picture)))).toHaveLength(1);
    }));
  });

  test('the same seed gives the same parts, in whatever order pictures and groups come', () => {
    fc.assert(fc.property(anySizes.chain((sizes) => {
      const { pictures, groups } = dataOf(sizes);
      const shuffled = <T>(values: T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray(values, { minLength: values.length });
      return fc.record({ pictures: fc.constant(pictures), groups: fc.constant(groups), otherPictures: shuffled(pictures), otherGroups: shuffled(groups.map((group) => group.toReversed())) });
    }), anySeed, anyRatios, ({ pictures, groups, otherPictures, otherGroups }, seed, ratios) => {
      expect(splitPictures(otherPictures, { ratios, seed, groups: otherGroups })).toEqual(splitPictures(pictures, { ratios, seed, groups }));
    }));
  });

  test('another seed gives other parts, and a group of two reaches each of them', () => {
    const { pictures, groups } = dataOf(MATERIALS.map(() => [2, ...new Array<number>(38).fill(1)]));
    const all = Array.from({ length: 40 }, (_, seed) => splitPictures(pictures, { ratios: { train: 0.6, val: 0.2, test: 0.2 }, seed, groups }));
    expect(new Set(all.map((parts) => JSON.stringify(parts))).size).toBe(40);
    for (const part of DATA_PARTS) expect(all.some((parts) => parts[part].includes(groups[0]![0]!))).toBe(true);
  });
});

describe('checkRatios', () => {
  test('takes shares as people write them', () => {
    fc.assert(fc.property(anyRatios, (ratios) => { checkRatios(ratios); }));
  });

  test.each([
    [{ train: 0.6, val: 0.2, test: 0.3 }, 'add up to 1.1 instead of 1'],
    [{ train: 0.5, val: 0.2, test: 0.2 }, 'add up to 0.9 instead of 1'],
    [{ train: 0, val: 0.5, test: 0.5 }, 'nothing would be left to train on'],
    [{ train: 1.2, val: -0.2, test: 0 }, 'each share must be from 0 to 1'],
    [{ train: Number.NaN, val: 0.5, test: 0.5 }, 'each share must be from 0 to 1'],
  ])('refuses %j', (ratios, message) => {
    expect(() => checkRatios(ratios)).toThrow(expect.objectContaining({ code: 'DATA_SPLIT_INVALID', message: expect.stringContaining(message) }));
  });
});

function sharesOf(parts: Record<(typeof DATA_PARTS)[number], Splittable[]>, pictures: readonly Splittable[], ratios: SplitRatios): { count: number; share: number }[] {
  return MATERIALS.flatMap((material) => {
    const total = pictures.filter((picture) => picture.material === material).length;
    return DATA_PARTS.map((part) => ({ count: parts[part].filter((picture) => picture.material === material).length, share: total * ratios[part] }));
  });
}
