import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/domain/decision.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import type { Material } from '../../src/domain/material.ts';
import { MATERIALS } from '../../src/domain/material.ts';
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
  const view = new LineView();
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
    const bin = (id: string) => bins.find((row) => row.id === id);
    expect(bin('metal')).toMatchObject({ landed: 2, right: 1, due: 1 });
    expect(bin('glass')).toMatchObject({ landed: 0, right: 0, due: 1 });
    expect(bin('fibre')).toMatchObject({ landed: 1, right: 1, due: 2, materials: ['cardboard', 'paper'] });
    expect(bin('residue')).toMatchObject({ landed: 1, right: 0, due: 0 });
  });

  it('follows one item from decision to outcome to truth in one row', () => {
    const { items } = viewOf([recipe, decided, settled, truth('run-000001', 'plastic', 'metal')]);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ material: 'metal', confidence: 0.9, outcome: 'sorted', cause: 'fired', truth: { material: 'plastic' } });
  });

  it('keeps the newest items only, each once, and counts every one in exactly one stream', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom<Outcome>(...OUTCOMES), fc.constantFrom('metal', 'glass', 'residue')), { maxLength: 120 }), (endings) => {
      const { items, bins } = viewOf(endings.map(([outcome, bin], index) => ({ ...settled, itemId: `run-${index}`, outcome, bin } as LineEvent)));
      expect(items.map(({ itemId }) => itemId)).toEqual(endings.map((_, index) => `run-${index}`).reverse().slice(0, 40));
      expect(bins.reduce((sum, bin) => sum + bin.settled, 0)).toBe(endings.length);
    }));
  });

  it('shows an alarm from raised to cleared, by code and subject', () => {
    const raised = (subject: string): LineEvent => ({ kind: 'alarm.raised', atNs: 1, alarm: 'bin-full', subject, message: 'full', whatToDo: 'Empty it.' });
    const events: LineEvent[] = [raised('metal'), raised('glass'), raised('metal'), { kind: 'alarm.cleared', atNs: 2, alarm: 'bin-full', subject: 'glass' }];
    expect(viewOf(events).alarms).toEqual([{ alarm: 'bin-full', subject: 'metal', message: 'full', whatToDo: 'Empty it.' }]);
  });

  it('knows every material', () => {
    expect(viewOf([recipe, ...MATERIALS.map((material) => truth(material, material, 'residue'))]).bins.reduce((sum, bin) => sum + bin.due, 0)).toBe(MATERIALS.length);
  });
});
