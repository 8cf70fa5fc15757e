import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Recipe } from '../../src/domain/line-event.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { GroundTruth } from '../../src/sim/ground-truth.ts';
import { createWorld } from '../../src/sim/world.ts';

const world = createWorld({ seed: 3, countsPerMm: 5, itemsPerSecond: 1, beltMmPerSecond: 500 });
const binByMaterial = { cardboard: 'fibre', paper: 'fibre', glass: 'glass', metal: 'metal', plastic: 'plastic', trash: 'residue' } as const;
const recipe: Recipe = { name: 'all', binByMaterial, thresholdByMaterial: { cardboard: 0, glass: 0, metal: 0, paper: 0, plastic: 0, trash: 0 } };

const land = (truth: GroundTruth, index: number, bin?: string): ReturnType<GroundTruth['landed']> => {
  const item = world.item(index)!;
  return truth.landed({ index, material: item.material, bin: bin ?? binByMaterial[item.material], atNs: index, atCounts: 0 }, index);
};

describe('ground truth', () => {
  test('a perfect line', () => {
    const truth = new GroundTruth(world);
    for (let index = 0; index < 100; index++) {
      const { entryCounts, material } = world.item(index)!;
      truth.seen(`i${index}`, entryCounts + (index % 7) - 3);
      truth.settled(`i${index}`, material === 'trash' ? 'passed' : 'sorted', material);
      expect(land(truth, index)).toMatchObject({ kind: 'item.truth', itemId: `i${index}`, truth: { material } });
    }
    const report = truth.report(recipe);
    expect(report).toMatchObject({ items: 100, accuracy: 1, classified: 100, unseen: 0, phantoms: 0 });
    expect(Object.keys(report.bins).sort()).toEqual(['fibre', 'glass', 'metal', 'plastic', 'residue']);
    for (const bin of Object.values(report.bins)) expect(bin).toMatchObject({ purity: 1, recovery: 1 });
    expect(Object.values(report.bins).reduce((sum, bin) => sum + bin.items, 0)).toBe(100);
  });

  test('outcomes sum to items, bins to items, and every line item is a match or a phantom, whatever happens', () => {
    const happening = fc.record({ index: fc.nat(20), jitter: fc.integer({ min: -3000, max: 3000 }), settles: fc.boolean(), says: fc.constantFrom(...MATERIALS) });
    fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), fc.uniqueArray(fc.nat(20)), (happenings, landings) => {
      const truth = new GroundTruth(world);
      for (const [order, { index, jitter, settles, says }] of happenings.entries()) {
        truth.seen(`i${order}`, world.item(index)!.entryCounts + jitter);
        if (settles) truth.settled(`i${order}`, 'sorted', says);
      }
      const told = landings.map((index) => land(truth, index, MATERIALS[index % 6])).filter((event) => event !== undefined);
      const report = truth.report(recipe);
      expect(Object.values(report.outcomes).reduce((sum, count) => sum + count, 0)).toBe(landings.length);
      expect(Object.values(report.bins).reduce((sum, bin) => sum + bin.items, 0)).toBe(landings.length);
      expect(new Set(told.map((event) => event.itemId)).size).toBe(told.length);
      expect(told.length).toBe(report.items - report.unseen);
      expect(report.phantoms).toBeLessThanOrEqual(happenings.length);
    }));
  });

  test('the nearest of several claims is the item, the others are phantoms', () => {
    const truth = new GroundTruth(world);
    const { entryCounts } = world.item(4)!;
    truth.seen('far', entryCounts + 300);
    truth.seen('near', entryCounts - 10);
    truth.seen('nowhere', 10);
    expect(land(truth, 4)!.itemId).toBe('near');
    expect(land(truth, 5)).toBeUndefined();
    expect(truth.report(recipe)).toMatchObject({ items: 2, unseen: 1, phantoms: 2, outcomes: { lost: 2 } });
  });

  test('purity and recovery count what landed where', () => {
    const truth = new GroundTruth(world);
    const indices = Array.from({ length: 200 }, (_, index) => index);
    const glass = indices.filter((index) => world.item(index)!.material === 'glass');
    const metal = indices.filter((index) => world.item(index)!.material === 'metal');
    land(truth, glass[0]!, 'glass');
    land(truth, glass[1]!, 'glass');
    land(truth, glass[2]!, 'residue');
    land(truth, metal[0]!, 'glass');
    const { bins } = truth.report(recipe);
    expect(bins['glass']).toEqual({ items: 3, purity: 2 / 3, recovery: 2 / 3 });
    expect(bins['metal']).toEqual({ items: 0, purity: null, recovery: 0 });
    expect(bins['residue']).toEqual({ items: 1, purity: 0, recovery: null });
    expect(bins['plastic']).toEqual({ items: 0, purity: null, recovery: null });
  });

  test('a long run keeps its sums and forgets its items', () => {
    const truth = new GroundTruth(world);
    const short = new GroundTruth(world);
    for (let index = 0; index < 3000; index++) {
      const { entryCounts, material } = world.item(index)!;
      if (index % 10 !== 0) truth.seen(`i${index}`, entryCounts + 5);
      if (index % 7 === 0) truth.seen(`p${index}`, entryCounts + 50);
      truth.settled(`i${index}`, 'sorted', index % 3 === 0 ? 'trash' : material);
      land(truth, index, index % 5 === 0 ? 'residue' : undefined);
      land(short, index, index % 5 === 0 ? 'residue' : undefined);
    }
    const unmatched = Array.from({ length: 3000 }, (_, index) => index).filter((index) => index % 10 === 0 && index % 7 !== 0).length;
    const doubled = Array.from({ length: 3000 }, (_, index) => index).filter((index) => index % 10 !== 0 && index % 7 === 0).length;
    const report = truth.report(recipe);
    expect(report).toMatchObject({ items: 3000, unseen: unmatched, phantoms: doubled, outcomes: { sorted: 2700, lost: 300 } });
    expect(report.classified).toBe(2700);
    expect(report.bins).toEqual(short.report(recipe).bins);
    expect(truth.report(recipe)).toEqual(report);
    truth.settled('i10', 'missed', undefined);
    expect(truth.report(recipe)).toEqual(report);
  });

  test('after a restart of the board its counts begin elsewhere', () => {
    const truth = new GroundTruth(world);
    truth.seen('before', world.item(2)!.entryCounts);
    truth.rebase(20_000);
    truth.seen('after', world.item(12)!.entryCounts - 20_000);
    expect(land(truth, 2)!.itemId).toBe('before');
    expect(land(truth, 12)!.itemId).toBe('after');
  });
});
