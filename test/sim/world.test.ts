import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { createWorld, extentOf } from '../../src/sim/world.ts';

const demo: WorldOptions = { seed: 7, countsPerMm: 5, itemsPerSecond: 1, beltMmPerSecond: 350 };

const anyWorld = fc.record({
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  countsPerMm: fc.constantFrom(1, 5, 12.5),
  itemsPerSecond: fc.constantFrom(0.5, 1, 2),
  beltMmPerSecond: fc.integer({ min: 400, max: 900 }),
  touchingShare: fc.constantFrom(0, 0.3, 1),
});

describe('world', () => {
  test('an item is the same whatever was asked before', () => {
    fc.assert(fc.property(anyWorld, fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 20 }), (options, indices) => {
      const fresh = indices.map((index) => createWorld(options).item(index));
      const used = createWorld(options);
      used.itemsBetween(0, 50 * used.pitchCounts);
      expect(indices.map((index) => used.item(index))).toEqual(fresh);
    }), { numRuns: 50 });
  });

  test('items come in order, on the belt, with the least gap between them unless they touch', () => {
    fc.assert(fc.property(anyWorld, fc.integer({ min: 0, max: 100_000 }), (options, from) => {
      const world = createWorld(options);
      let touching = 0;
      for (let index = from; index < from + 30; index++) {
        const item = world.item(index)!;
        const next = world.item(index + 1)!;
        const distanceMm = (next.entryCounts - item.entryCounts) / options.countsPerMm;
        const gapMm = distanceMm - (extentOf(item).alongMm + extentOf(next).alongMm) / 2;
        if (Math.abs(gapMm) < 1e-6) touching++;
        else expect(gapMm).toBeGreaterThanOrEqual(40 - 1e-6);
        const across = extentOf(item).acrossMm / 2;
        expect(item.yMm - across).toBeGreaterThanOrEqual(10);
        expect(item.yMm + across).toBeLessThanOrEqual(440);
      }
      if (options.touchingShare === 0) expect(touching).toBe(0);
      if (options.touchingShare === 1) expect(touching).toBe(15);
    }), { numRuns: 50 });
  });

  test('itemsBetween gives exactly the items whose centre enters in the interval', () => {
    fc.assert(fc.property(anyWorld, fc.nat(200), fc.double({ min: 0, max: 30, noNaN: true }), (options, from, pitches) => {
      const world = createWorld(options);
      const fromCounts = world.item(from)!.entryCounts;
      const toCounts = fromCounts + pitches * world.pitchCounts;
      const expected = Array.from({ length: from + 40 }, (_, index) => world.item(index)!)
        .filter((item) => item.entryCounts >= fromCounts && item.entryCounts < toCounts);
      expect(world.itemsBetween(fromCounts, toCounts)).toEqual(expected);
    }), { numRuns: 50 });
  });

  test('where items come again there are no more different ones than asked for, and each looks the same every time', () => {
    fc.assert(fc.property(anyWorld, fc.integer({ min: 1, max: 12 }), (options, distinctItems) => {
      const world = createWorld({ ...options, touchingShare: 0, distinctItems });
      const looks = Array.from({ length: 100 }, (_, index) => {
        const { index: _index, entryCounts: _entry, yMm: _y, ...look } = world.item(index)!;
        return JSON.stringify(look);
      });
      expect(new Set(looks).size).toBeLessThanOrEqual(distinctItems);
      expect(new Set(Array.from({ length: 100 }, (_, index) => world.item(index)!.yMm)).size).toBeGreaterThan(50);
    }), { numRuns: 50 });
  });

  test('the first item comes after a metre of empty belt', () => {
    const first = createWorld(demo).item(0)!;
    expect(first.entryCounts / 5 - extentOf(first).alongMm / 2).toBeGreaterThanOrEqual(1000);
    expect(createWorld(demo).itemsBetween(0, 5000)).toEqual([]);
  });

  test('a counted world ends', () => {
    const world = createWorld({ ...demo, itemCount: 3 });
    expect(world.item(2)?.index).toBe(2);
    expect(world.item(3)).toBeUndefined();
    expect(world.itemsBetween(0, 1e9)).toHaveLength(3);
  });

  test('materials follow their weights', () => {
    const world = createWorld({ ...demo, materialWeights: { glass: 3, paper: 1 } });
    const items = Array.from({ length: 2000 }, (_, index) => world.item(index)!);
    const glass = items.filter((item) => item.material === 'glass').length;
    expect(items.every((item) => item.material === 'glass' || item.material === 'paper')).toBe(true);
    expect(glass).toBeGreaterThan(1400);
    expect(glass).toBeLessThan(1600);
    expect(new Set(Array.from({ length: 200 }, (_, index) => createWorld(demo).item(index)!.material))).toEqual(new Set(MATERIALS));
  });

  test('photographs come once a round, in another order every round', () => {
    const photos = Array.from({ length: 40 }, (_, index) => ({ file: `/photos/${index}.jpg`, material: MATERIALS[index % 6]! }));
    const world = createWorld({ ...demo, photos });
    const round = (number: number): string[] => photos.map((_, index) => world.item(number * 40 + index)!.photo!.file);
    expect(new Set(round(0)).size).toBe(40);
    expect(new Set(round(1)).size).toBe(40);
    expect(round(0)).not.toEqual(round(1));
    const item = world.item(55)!;
    expect(item).toMatchObject({ lengthMm: 213, widthMm: 160, rotationRad: 0, material: item.photo!.material });
  });

  test.each([
    ['items too dense', { ...demo, itemsPerSecond: 10 }],
    ['cards too dense', { ...demo, itemsPerSecond: 1.5, photos: [{ file: '/a.jpg', material: 'glass' as const }] }],
    ['belt too narrow', { ...demo, beltWidthMm: 200 }],
    ['no photographs', { ...demo, photos: [] }],
    ['belt at rest', { ...demo, beltMmPerSecond: 0 }],
  ])('refuses %s', (_, options) => {
    expect(() => createWorld(options)).toThrow(expect.toSatisfy((error) => isSortlineError(error, 'USAGE')));
  });
});
