// A recipe tried on past items says what it would have done, no more and no less.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RESIDUE } from '../../src/domain/decision.ts';
import type { LineEvent, Recipe } from '../../src/domain/line-event.ts';
import type { Material } from '../../src/domain/material.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { RecentDecision } from '../../src/web/dry-run.ts';
import { dryRun } from '../../src/web/dry-run.ts';
import { RECENT_ITEMS, RecentItems } from '../../src/web/recent-items.ts';
import { decided, look, settled } from '../ledger/events.ts';

const bins = new Map([['a', { enabled: true }], ['b', { enabled: true }], ['off', { enabled: false }]]);
const byMaterial = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<Material, T>> => fc.record(Object.fromEntries(MATERIALS.map((material) => [material, value])) as Record<Material, fc.Arbitrary<T>>);
const anyRecipe: fc.Arbitrary<Recipe> = fc.record({ name: fc.constant('r'), binByMaterial: byMaterial(fc.constantFrom('a', 'b', 'off', RESIDUE)), thresholdByMaterial: byMaterial(fc.double({ min: 0, max: 1, noNaN: true })) });
const anyDecision: fc.Arbitrary<RecentDecision> = fc.record({ material: fc.constantFrom(...MATERIALS), confidence: fc.double({ min: 0.2, max: 1, noNaN: true }), others: fc.array(fc.constantFrom(...MATERIALS), { maxLength: 2 }) })
  .map(({ material, confidence, others }) => ({
    lookMaterials: [material, ...others],
    prediction: { material, confidence, lookCount: 1 + others.length, modelSha256: 'ab12', probabilities: MATERIALS.map((each) => (each === material ? confidence : (1 - confidence) / 5)) },
  }));

describe('a dry run', () => {
  test('of the recipe in force changes nothing', () => {
    fc.assert(fc.property(fc.array(anyDecision), anyRecipe, (recent, recipe) => {
      expect(dryRun(recent, { current: recipe, proposed: recipe, bins, margin: 0.2 })).toEqual({ items: recent.length, changed: 0, moves: [] });
    }));
  });

  test('counts every item that would have gone elsewhere once, and the way back is the same way', () => {
    fc.assert(fc.property(fc.array(anyDecision), anyRecipe, anyRecipe, (recent, current, proposed) => {
      const there = dryRun(recent, { current, proposed, bins, margin: 0.2 });
      const back = dryRun(recent, { current: proposed, proposed: current, bins, margin: 0.2 });
      expect(there.moves.reduce((sum, { items }) => sum + items, 0)).toBe(there.changed);
      expect(back.changed).toBe(there.changed);
      for (const { from, to } of there.moves) expect([from === to, from === 'off', to === 'off']).toEqual([false, false, false]);
    }));
  });

  test('of a threshold that nothing reaches sends all that was sorted to the residue', () => {
    fc.assert(fc.property(fc.array(anyDecision), anyRecipe, (recent, current) => {
      const proposed: Recipe = { ...current, thresholdByMaterial: Object.fromEntries(MATERIALS.map((material) => [material, 1.01])) as Recipe['thresholdByMaterial'] };
      for (const { to } of dryRun(recent, { current, proposed, bins, margin: 0.2 }).moves) expect(to).toBe(RESIDUE);
    }));
  });
});

describe('the items it looks at', () => {
  test('are the last ones that were classified, with their looks', () => {
    const recent = new RecentItems();
    const events: LineEvent[] = Array.from({ length: RECENT_ITEMS + 50 }, (_, index) => [look(`i${index}`, 1, 'metal'), look(`i${index}`, 2, 'glass'), decided(`i${index}`, { material: index % 2 === 0 ? 'glass' : null }), settled(`i${index}`)]).flat();
    for (const event of events) recent.handle(event);
    expect(recent.tallies).toHaveLength(RECENT_ITEMS);
    expect(recent.decisions).toHaveLength(RECENT_ITEMS / 2);
    expect(recent.decisions[0]!.lookMaterials).toEqual(['metal', 'glass']);
  });
});
