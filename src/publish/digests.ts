// SHA-256 names of what a decision depends on, so that events say by which recipe they were made.
import { createHash } from 'node:crypto';
import type { Recipe } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';

/** Of `[name, binByMaterial, thresholdByMaterial]` as JSON without spaces, materials in the order of {@link MATERIALS}; hex. */
export function recipeDigest({ name, binByMaterial, thresholdByMaterial }: Recipe): string {
  const inOrder = (values: Readonly<Record<string, unknown>>): Record<string, unknown> => Object.fromEntries(MATERIALS.map((material) => [material, values[material]]));
  return createHash('sha256').update(JSON.stringify([name, inOrder(binByMaterial), inOrder(thresholdByMaterial)])).digest('hex');
}
