// The six materials, in the order of every probability vector in Sortline.

export const MATERIALS = ['cardboard', 'glass', 'metal', 'paper', 'plastic', 'trash'] as const;
export type Material = (typeof MATERIALS)[number];

export function isMaterial(value: unknown): value is Material {
  return (MATERIALS as readonly unknown[]).includes(value);
}
