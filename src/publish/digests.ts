// SHA-256 names of what a decision depends on, so that events say by which recipe, calibration and configuration they were made.
import { createHash } from 'node:crypto';
import type { Recipe } from '../domain/line-event.ts';
import { byMaterial } from '../domain/material.ts';

/** Of `[name, binByMaterial, thresholdByMaterial]` as JSON without spaces, materials in the order of {@link MATERIALS}; hex. */
export function recipeDigest({ name, binByMaterial, thresholdByMaterial }: Recipe): string {
  return digestOf([name, byMaterial((material) => binByMaterial[material]), byMaterial((material) => thresholdByMaterial[material])]);
}

/** Of plain data as JSON without spaces; hex. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
