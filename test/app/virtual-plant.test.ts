import { describe, expect, test } from 'vitest';
import { worldOptionsOf } from '../../src/app/virtual-plant.ts';
import { twinOptions, worldOptions } from '../../src/sim/options.ts';

describe('worldOptionsOf', () => {
  test('passes everything that can be set about the world on to the camera', () => {
    const world = worldOptions.parse({ seed: 3, itemsPerSecond: 2, itemCount: 9, beltWidthMm: 500, leadInMm: 10, minGapMm: 50, distinctItems: 4, touchingShare: 0.5 });
    expect(Object.keys(world).toSorted()).toEqual(Object.keys(worldOptions.shape).toSorted());
    expect(worldOptionsOf({ world, twin: twinOptions.parse({ beltMmPerSecond: 600 }), images: undefined }, 5)).toEqual({ ...world, countsPerMm: 5, beltMmPerSecond: 600 });
  });

  test('leaves out what is not set', () => {
    expect(Object.values(worldOptionsOf({ world: worldOptions.parse({}), twin: twinOptions.parse({}), images: undefined }, 5))).not.toContain(undefined);
  });
});
