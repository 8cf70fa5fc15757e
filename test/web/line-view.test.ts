import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/domain/decision.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import type { Material } from '../../src/domain/material.ts';
import { LineView } from '../../src/web/line-view.ts';
import { decided, settled } from './serve.ts';

const recipe: LineEvent = {
  kind: 'recipe.changed', atNs: 1, by: 'test', recipe: {
    name: 'test',
    binByMaterial: { cardboard: 'fibre', glass: 'glass', metal: 'metal', paper: 'fibre', plastic: 'plastic', trash: 'residue' },
    thresholdByMaterial: { cardboard: 0.6, glass: 0.6, metal: 0.6, paper: 0.6, plastic: 0.6, trash: 0.6 },
  },
};

const truth = (itemId: string, material: Material, landedIn: string): LineEvent => ({ kind: 'item.truth', atNs: 1, itemId, truth: { material, landedIn } });

function viewOf(events: readonly LineEvent[]): ReturnType<LineView['snapshot']> {
  const view = new LineView(() => 1000);
  for (const event of events) view.handle(event);
  return view.snapshot();
}

describe('the view', () => {
  it('knows the model in use', () => {
    const model = { model: 'tiny-v1', sha256: 'ab12', provider: 'cpu', unavailable: [], warmUpMs: 1, insteadOf: 'tiny:v2' };
    expect(viewOf([]).model).toBeUndefined();
    expect(viewOf([{ kind: 'model.in-use', atNs: 1, model }]).model).toEqual(model);
  });

  it('counts purity and recovery from where items fell', () => {
    const { bins } = viewOf([recipe, truth('a', 'metal', 'metal'), truth('b', 'glass', 'metal'), truth('c', 'paper', 'fibre'), truth('d', 'cardboard', 'residue')]);
    const bin = (id: string) => bins.find((row) => row.bin === id);
    expect(bin('metal')).toMatchObject({ purity: 0.5, recovery: 1, from: 'truth' });
    expect(bin('fibre')).toMatchObject({ purity: 1, recovery: 0.5, materials: ['cardboard', 'paper'] });
    expect(bin('residue')).toMatchObject({ purity: 0, recovery: undefined });
  });

  it('estimates them from the confidence where nobody knows where items fell', () => {
    const ending = (itemId: string, material: Material, confidence: number, outcome: Outcome): LineEvent => ({ ...settled, itemId, material, confidence, outcome, bin: outcome === 'sorted' ? 'metal' : 'residue' } as LineEvent);
    const { bins } = viewOf([recipe, ending('a', 'metal', 0.9, 'sorted'), ending('b', 'metal', 0.7, 'sorted'), ending('c', 'metal', 0.4, 'rejected')]);
    const metal = bins.find(({ bin }) => bin === 'metal')!;
    expect(metal).toMatchObject({ items: 2, total: 2, from: 'confidence' });
    expect(metal.purity).toBeCloseTo(0.8, 10);
    expect(metal.recovery).toBeCloseTo(1.6 / 2.0, 10);
    expect(bins.find(({ bin }) => bin === 'residue')).toMatchObject({ items: 1, purity: undefined });
  });

  it('follows one item from decision to outcome to truth in one row', () => {
    const { items } = viewOf([recipe, decided, settled, truth('run-000001', 'plastic', 'metal')]);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ material: 'metal', confidence: 0.9, outcome: 'sorted', cause: 'fired', truth: { material: 'plastic' } });
  });

  it('keeps the newest items only, each once, and counts every one in exactly one stream', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom<Outcome>(...OUTCOMES), fc.constantFrom('metal', 'glass', 'residue')), { maxLength: 120 }), (endings) => {
      const { items, bins } = viewOf(endings.map(([outcome, bin], index) => ({ ...settled, itemId: `run-${index}`, outcome, bin } as LineEvent)));
      expect(items.map(({ itemId }) => itemId)).toEqual(endings.map((_, index) => `run-${index}`).reverse().slice(0, 60));
      expect(bins.reduce((sum, bin) => sum + bin.total, 0)).toBe(endings.length);
    }));
  });

  it('shows an alarm from raised to cleared, by code and subject', () => {
    const raised = (subject: string): LineEvent => ({ kind: 'alarm.raised', atNs: 1, alarm: 'bin-full', subject, message: 'full', whatToDo: 'Empty it.' });
    const events: LineEvent[] = [raised('metal'), raised('glass'), raised('metal'), { kind: 'alarm.cleared', atNs: 2, alarm: 'bin-full', subject: 'glass' }, { kind: 'alarm.acknowledged', atNs: 3, alarm: 'bin-full', subject: 'metal', by: 'anna' }];
    expect(viewOf(events).alarms).toEqual([{ alarm: 'bin-full', subject: 'metal', message: 'full', whatToDo: 'Empty it.', acknowledgedBy: 'anna' }]);
  });

  it('remembers the recipe before, to go back to, and takes the same one again for no change', () => {
    const other: LineEvent = { ...recipe, recipe: { ...(recipe as Extract<LineEvent, { kind: 'recipe.changed' }>).recipe, name: 'other' } } as LineEvent;
    expect(viewOf([recipe, recipe]).previousRecipe).toBeUndefined();
    expect(viewOf([recipe, other, other])).toMatchObject({ recipe: { name: 'other' }, previousRecipe: { name: 'test' } });
  });

  it('gives a page that has the whole each change once', () => {
    const view = new LineView(() => 1000);
    view.handle(recipe);
    view.handle({ ...settled, itemId: 'run-1' } as LineEvent);
    expect(Object.keys(view.takeUpdate()!).sort()).toEqual(['bins', 'items', 'previousRecipe', 'recipe']);
    expect(view.takeUpdate()).toBeUndefined();
    view.handle({ ...settled, itemId: 'run-2' } as LineEvent);
    expect(view.takeUpdate()!.items!.map(({ itemId }) => itemId)).toEqual(['run-2']);
  });
});
