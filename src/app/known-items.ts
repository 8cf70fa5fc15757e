// The list of known items for `calibrate verify`: YAML, one entry per item in the order in which they pass the camera.
//
//   items:
//     - {lengthMm: 120, widthMm: 80, yMm: 200, material: cardboard, bin: fibre}
//     - {lengthMm: 60, widthMm: 60, yMm: 310, pitchMm: 400}
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { KnownItem } from '../calibrate/judge-items.ts';
import { MATERIALS } from '../domain/material.ts';

const mm = z.number().min(-100_000).max(100_000);

const knownItems = z.strictObject({
  items: z.array(z.strictObject({
    lengthMm: mm.positive().optional(), widthMm: mm.positive().optional(), yMm: mm.optional(), pitchMm: mm.positive().optional(),
    material: z.enum(MATERIALS).optional(), bin: z.string().min(1).optional(),
  })).min(1).max(1000),
});

/** Throws DATA_UNREADABLE, DATA_LIST_INVALID with every entry that is wrong. */
export function readKnownItems(file: string): KnownItem[] {
  let data: unknown;
  try {
    data = parse(readFileSync(file, 'utf8'), { strict: true, uniqueKeys: true, maxAliasCount: 0 });
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `the list of known items ${file} cannot be read: ${reasonOf(cause).split('\n')[0]}`, { context: { file }, cause });
  }
  const result = knownItems.safeParse(data);
  if (result.success) return result.data.items;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || '(whole file)'}: ${issue.message}`);
  throw new SortlineError('DATA_LIST_INVALID', `the list of known items ${file} is not valid: ${problems.join('; ')}; expected are entries such as {lengthMm: 120, widthMm: 80, yMm: 200, pitchMm: 300, material: glass, bin: glass}`, { context: { file, problems } });
}
