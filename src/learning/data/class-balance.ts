// How many pictures each material has, and whether that is lopsided enough to matter.
import type { Material } from '../../domain/material.ts';
import { byMaterial, MATERIALS } from '../../domain/material.ts';

/** Every material, also those that have none. */
export type MaterialCounts = Readonly<Record<Material, number>>;

export interface ClassBalance {
  readonly perMaterial: MaterialCounts;
  /** Of those that have pictures. */
  readonly largest: Material;
  readonly smallest: Material;
  /** Pictures of the largest for each of the smallest. */
  readonly ratio: number;
  readonly absent: readonly Material[];
}

/** From here on the balance is remarked on, because training can make up for it (`class_weights`). A rule of thumb. */
export const LOPSIDED_RATIO = 3;

export function countByMaterial(pictures: readonly { readonly material: Material }[]): MaterialCounts {
  const counts = byMaterial(() => 0);
  for (const { material } of pictures) counts[material]++;
  return counts;
}

/** Undefined without pictures. */
export function classBalance(perMaterial: MaterialCounts): ClassBalance | undefined {
  const present = MATERIALS.filter((material) => perMaterial[material] > 0).sort((a, b) => perMaterial[b] - perMaterial[a]);
  const [largest, smallest] = [present[0], present.at(-1)];
  if (largest === undefined || smallest === undefined) return undefined;
  return { perMaterial, largest, smallest, ratio: perMaterial[largest] / perMaterial[smallest], absent: MATERIALS.filter((material) => perMaterial[material] === 0) };
}
