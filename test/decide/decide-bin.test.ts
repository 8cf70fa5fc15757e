import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinQuestion } from '../../src/decide/decide-bin.ts';
import { decideBin } from '../../src/decide/decide-bin.ts';
import { recipeOf, recipeOptions } from '../../src/decide/options.ts';
import { voteLooks } from '../../src/decide/vote.ts';
import { DECISION_REASONS, RESIDUE } from '../../src/domain/decision.ts';
import { lookOf } from './looks.ts';

const recipe = recipeOf(recipeOptions.parse({ thresholds: { default: 0.6, perMaterial: { glass: 0.9 } } }));
const open = { full: false, enabled: true };
const allOpen = new Map(['cardboard', 'glass', 'metal', 'paper', 'plastic'].map((bin) => [bin, open]));

function ask(looks: readonly (readonly number[])[], change: Partial<BinQuestion> = {}): ReturnType<typeof decideBin> {
  const all = looks.map((values) => lookOf(values));
  return decideBin({ prediction: voteLooks(all), looks: all, recipe, bins: allOpen, running: true, options: { margin: 0.2 }, ...change });
}

const metal = [0.02, 0.02, 0.9, 0.02, 0.02, 0.02];

describe('decideBin', () => {
  it('sends a confident item to its bin', () => {
    expect(ask([metal])).toEqual({ bin: 'metal', reason: 'recipe' });
  });

  it('uses the threshold of the material where it has one', () => {
    expect(ask([[0, 0.85, 0.15, 0, 0, 0]])).toEqual({ bin: RESIDUE, reason: 'low-confidence' });
    expect(ask([[0, 0.9, 0.1, 0, 0, 0]])).toEqual({ bin: 'glass', reason: 'recipe' });
    expect(ask([[0, 0.1, 0, 0, 0.9, 0]])).toEqual({ bin: 'plastic', reason: 'recipe' });
    expect(ask([[0.59, 0.41, 0, 0, 0, 0]])).toEqual({ bin: RESIDUE, reason: 'low-confidence' });
  });

  it('lets trash pass by policy', () => {
    expect(ask([[0, 0, 0, 0, 0.05, 0.95]])).toEqual({ bin: RESIDUE, reason: 'residue-policy' });
  });

  it('names looks that disagree without a leader, and only those', () => {
    expect(ask([[0.9, 0.1, 0, 0, 0, 0], [0, 0.9, 0.1, 0, 0, 0]])).toEqual({ bin: RESIDUE, reason: 'conflicting-looks' });
    expect(ask([[0.9, 0.1, 0, 0, 0, 0], [0.9, 0.1, 0, 0, 0, 0], [0.1, 0.9, 0, 0, 0, 0]])).toEqual({ bin: 'cardboard', reason: 'recipe' });
    expect(ask([[0.52, 0.48, 0, 0, 0, 0]])).toEqual({ bin: RESIDUE, reason: 'low-confidence' });
  });

  it('sends an item that was never seen clearly to the residue', () => {
    expect(ask([])).toEqual({ bin: RESIDUE, reason: 'no-look' });
  });

  it('knows full, disabled and unknown bins', () => {
    expect(ask([metal], { bins: new Map([['metal', { full: true, enabled: true }]]) })).toEqual({ bin: RESIDUE, reason: 'bin-full' });
    expect(ask([metal], { bins: new Map([['metal', { full: true, enabled: false }]]) })).toEqual({ bin: RESIDUE, reason: 'bin-disabled' });
    expect(ask([metal], { bins: new Map() })).toEqual({ bin: RESIDUE, reason: 'bin-disabled' });
  });

  it('sorts nothing while the line does not run, whatever the item', () => {
    expect(ask([metal], { running: false })).toEqual({ bin: RESIDUE, reason: 'paused' });
    expect(ask([], { running: false })).toEqual({ bin: RESIDUE, reason: 'paused' });
  });

  it('fires only for an open bin, and gives every other item a reason', () => {
    const arbitrary = fc.record({
      looks: fc.array(fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }), { maxLength: 4 }),
      full: fc.boolean(), enabled: fc.boolean(), running: fc.boolean(),
    });
    fc.assert(fc.property(arbitrary, ({ looks, full, enabled, running }) => {
      const bins = new Map([...allOpen.keys()].map((bin) => [bin, { full, enabled }]));
      const { bin, reason } = ask(looks, { bins, running });
      expect(DECISION_REASONS).toContain(reason);
      expect(bin === RESIDUE).toBe(reason !== 'recipe');
      if (reason === 'recipe') expect([full, enabled, running]).toEqual([false, true, true]);
    }));
  });
});
