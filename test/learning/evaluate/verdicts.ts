// Verdicts for tests: written by hand, or any at all.
import fc from 'fast-check';
import type { Material } from '../../../src/domain/material.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import type { Verdict } from '../../../src/learning/evaluate/evaluation.ts';

let pictures = 0;

/** The model took a picture of `actual` for `found` with this probability; the rest is spread evenly. */
export function verdict(actual: Material, found: Material, confidence = 0.9, file?: string): Verdict {
  const rest = (1 - confidence) / (MATERIALS.length - 1);
  return { file: file ?? `${actual}/${pictures++}.jpg`, actual, probabilities: MATERIALS.map((material) => (material === found ? confidence : rest)) };
}

/** `count` alike. */
export function verdicts(count: number, actual: Material, found: Material, confidence?: number): Verdict[] {
  return Array.from({ length: count }, () => verdict(actual, found, confidence));
}

/** Any list of verdicts, file names all different; probabilities sum to 1. */
export function anyVerdicts(options: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<Verdict[]> {
  const one = fc.record({ actual: fc.constantFrom(...MATERIALS), weights: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 6, maxLength: 6 }) });
  return fc.array(one, { minLength: options.minLength ?? 0, maxLength: options.maxLength ?? 60 }).map((all) => all.map(({ actual, weights }, index) => {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { file: `${actual}/${index}.jpg`, actual, probabilities: weights.map((weight) => (sum === 0 ? 1 / 6 : weight / sum)) };
  }));
}
