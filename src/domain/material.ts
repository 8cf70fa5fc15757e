// The six materials, in the order of every probability vector in Sortline.

export const MATERIALS = ['cardboard', 'glass', 'metal', 'paper', 'plastic', 'trash'] as const;
export type Material = (typeof MATERIALS)[number];

export function isMaterial(value: unknown): value is Material {
  return (MATERIALS as readonly unknown[]).includes(value);
}

/** One value for each material, in the order of {@link MATERIALS}. */
export function byMaterial<T>(make: (material: Material) => T): Record<Material, T> {
  return Object.fromEntries(MATERIALS.map((material) => [material, make(material)])) as Record<Material, T>;
}
