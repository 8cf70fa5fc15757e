// A wrong config as near to a right one as its schema lets it be: wrong values fall back to their defaults, so that the rules
// between values can be checked in the same pass. The result is for finding more problems, never for running.
import type { z } from 'zod';

export interface Repaired<T> {
  readonly value: T;
  /** Top-level keys that could not be kept: a value in them is missing and has no default. */
  readonly lostSections: ReadonlySet<string>;
}

/** `schema` must accept `{}`, and what it accepts must not depend on more than one section. */
export function repair<T>(schema: z.ZodType<T>, data: unknown): Repaired<T> {
  const rest = structuredClone(data) as Record<string, unknown>;
  const lostSections = new Set<string>();
  const tried = new Set<string>();
  // Every round removes something, and with all sections gone `{}` is valid.
  for (;;) {
    const result = schema.safeParse(rest);
    if (result.success) return { value: result.data, lostSections };
    for (const issue of result.error.issues) {
      const path = issue.path as (string | number)[];
      const section = String(path[0]);
      const wrong = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
      for (const place of wrong) {
        // An entry of a list cannot fall back by itself, and a place that is wrong twice has no default.
        const key = JSON.stringify(place);
        if (!tried.has(key) && typeof place.at(-1) !== 'number' && remove(rest, place)) tried.add(key);
        else {
          delete rest[section];
          lostSections.add(section);
        }
      }
    }
  }
}

/** True when there was something to remove. */
function remove(root: unknown, path: readonly (string | number)[]): boolean {
  const holder = path.slice(0, -1).reduce<unknown>((inner, step) => (isHolder(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined), root);
  const key = path.at(-1);
  return key !== undefined && isHolder(holder) && Object.hasOwn(holder, key) && delete holder[key];
}

function isHolder(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
