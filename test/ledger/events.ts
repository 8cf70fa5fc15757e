// LineEvents for tests: one item's whole life, with whatever the test cares about set.
import { MATERIALS } from '../../src/domain/material.ts';
import type { Material } from '../../src/domain/material.ts';
import type { BinId, Decision, Outcome, OutcomeCause } from '../../src/domain/decision.ts';
import type { LineEvent, Recipe } from '../../src/domain/line-event.ts';

export type EventOf<Kind extends LineEvent['kind']> = Extract<LineEvent, { kind: Kind }>;

const position = { positionCounts: 1000.25, yMm: 210.5, lengthMm: 90, widthMm: 60 };

export const recipe: Recipe = {
  name: 'standard',
  binByMaterial: { cardboard: 'cardboard', glass: 'glass', metal: 'metal', paper: 'paper', plastic: 'plastic', trash: 'residue' },
  thresholdByMaterial: { cardboard: 0.6, glass: 0.6, metal: 0.6, paper: 0.6, plastic: 0.6, trash: 0.5 },
};

export function probabilitiesFor(material: Material): number[] {
  return MATERIALS.map((each) => (each === material ? 0.9 : 0.02));
}

export function seen(itemId: string, atNs = 1e9): EventOf<'item.seen'> {
  return { kind: 'item.seen', atNs, itemId, sighting: { trackId: 1, frameSequence: 7, capturedAtNs: atNs, boxPx: { x: 1, y: 2, width: 30, height: 40 }, position } };
}

export function look(itemId: string, frameSequence = 8, material: Material = 'glass'): EventOf<'item.look'> {
  return {
    kind: 'item.look', atNs: 1.1e9, itemId,
    look: { trackId: 1, frameSequence, capturedAtNs: 1.1e9, boxPx: { x: 5, y: 6, width: 30, height: 40 }, position, probabilities: probabilitiesFor(material), material, confidence: 0.9, inferenceMs: 22.5, waitedMs: 1, modelSha256: 'ab12' },
  };
}

export function decided(itemId: string, options: { material?: Material | null; bin?: BinId; reason?: Decision['reason'] } = {}): EventOf<'item.decided'> {
  const material = options.material === undefined ? 'glass' : options.material;
  return {
    kind: 'item.decided', atNs: 1.2e9,
    decision: {
      itemId, bin: options.bin ?? material ?? 'residue', reason: options.reason ?? 'recipe', position, decidedAtNs: 1.2e9,
      prediction: material === null ? undefined : { material, confidence: 0.9, probabilities: probabilitiesFor(material), lookCount: 1, modelSha256: 'ab12' },
    },
  };
}

export function commanded(itemId: string): EventOf<'item.commanded'> {
  return { kind: 'item.commanded', atNs: 1.3e9, itemId, command: { commandId: 12, output: 1, fireAtCounts: 7000, holdMs: 40 } };
}

export function settled(itemId: string, options: { outcome?: Outcome; cause?: OutcomeCause; bin?: BinId; countError?: number; material?: Material } = {}): EventOf<'item.settled'> {
  const { outcome = 'sorted', cause = 'fired', bin = 'glass', countError = 0, material = 'glass' } = options;
  const fired = outcome === 'sorted';
  return { kind: 'item.settled', atNs: 1.4e9, itemId, bin, outcome, cause, material, confidence: 0.9, firedAtCounts: fired ? 7000 + countError : undefined, countError: fired ? countError : undefined };
}

export function truth(itemId: string, material: Material = 'glass', landedIn: BinId = 'glass'): EventOf<'item.truth'> {
  return { kind: 'item.truth', atNs: 1.5e9, itemId, truth: { material, landedIn } };
}

export function recipeChanged(): EventOf<'recipe.changed'> {
  return { kind: 'recipe.changed', atNs: 0, recipe, by: 'test' };
}

/** A sorted item from first sight to landing. */
export function wholeLife(itemId: string): LineEvent[] {
  return [seen(itemId), look(itemId), decided(itemId), commanded(itemId), settled(itemId), truth(itemId)];
}
