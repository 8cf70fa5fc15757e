// What a picture is said to be, and how much it counts: labels after smoothing, and the weights of unequally frequent materials.
import type { Material } from '../../domain/material.ts';
import { byMaterial, MATERIALS } from '../../domain/material.ts';
import type { Hyperparameters } from './hyperparameters.ts';

/** (labels, materials) float32: each row a distribution, `smoothing` of it spread over all materials (Szegedy et al., 2016). */
export function labelRows(materials: readonly Material[], smoothing: number): Float32Array {
  const rows = new Float32Array(materials.length * MATERIALS.length).fill(smoothing / MATERIALS.length);
  for (const [row, material] of materials.entries()) rows[row * MATERIALS.length + MATERIALS.indexOf(material)]! += 1 - smoothing;
  return rows;
}

/** How much a picture of each material counts; the mean over `materials` is 1. Materials that do not occur have 0. */
export function materialWeights(materials: readonly Material[], kind: Hyperparameters['class_weights']): Record<Material, number> {
  const count = (material: Material): number => materials.filter((each) => each === material).length;
  const occurring = MATERIALS.filter((material) => count(material) > 0).length;
  const weightOf = (material: Material): number => (count(material) === 0 ? 0 : kind === 'none' ? 1 : materials.length / (occurring * count(material)));
  return byMaterial(weightOf);
}
