// Parts a data set by chance: the same seed and the same pictures always give the same parts, each material is spread in the
// same shares, and what belongs together stays together. Pure; nothing is read.
import type { Random } from '../../base/random.ts';
import { createRandom, shuffled } from '../../base/random.ts';
import type { Material } from '../../domain/material.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { DataPart } from '../../image/labelled-pictures.ts';
import { byName, DATA_PARTS } from '../../image/labelled-pictures.ts';
import type { SplitRatios } from './split-ratios.ts';
import { checkRatios } from './split-ratios.ts';

/** All that a split asks of a picture. Names are unique. */
export interface Splittable {
  readonly name: string;
  readonly material: Material;
}

export interface SplitOptions<T> {
  readonly ratios: SplitRatios;
  readonly seed: number;
  /** Pictures of one material that must stay together; each is in one group at most. Members that are not split are of no matter. */
  readonly groups: readonly (readonly T[])[];
}

/**
 * Every picture in exactly one part, each part ordered by name; the order of `pictures` and `groups` is of no matter. Without
 * groups a part's share of a material is exact but for rounding. A group that fits nowhere goes where most is lacking. Throws
 * DATA_SPLIT_INVALID for bad ratios.
 */
export function splitPictures<T extends Splittable>(pictures: readonly T[], options: SplitOptions<T>): Record<DataPart, T[]> {
  checkRatios(options.ratios);
  const groupByMember = new Map(options.groups.flatMap((group) => group.map(({ name }) => [name, group] as const)));
  const parts: Record<DataPart, T[]> = { train: [], val: [], test: [] };
  for (const [stream, material] of MATERIALS.entries()) {
    const own = pictures.filter((picture) => picture.material === material).sort(byName);
    // In the order of their first names before anything is drawn, so that all follows from the seed.
    const lots = [...Map.groupBy<unknown, T>(own, (picture) => groupByMember.get(picture.name) ?? picture).values()];
    dealOut(lots, { lacking: targetsOf(own.length, options.ratios), parts, random: createRandom(options.seed).fork(stream) });
  }
  for (const part of DATA_PARTS) parts[part].sort(byName);
  return parts;
}

/** Large groups first, while there is room for them; the single ones at the end fill every part to its target. */
function dealOut<T>(lots: readonly (readonly T[])[], { lacking, parts, random }: { lacking: Record<DataPart, number>; parts: Record<DataPart, T[]>; random: Random }): void {
  for (const lot of shuffled(lots, random).sort((a, b) => b.length - a.length)) {
    const part = partFor(lot.length, lacking, random);
    parts[part].push(...lot);
    lacking[part] -= lot.length;
  }
}

/** One of the parts that have room for `size`, drawn by what they lack; the one that lacks most where none has. */
function partFor(size: number, lacking: Readonly<Record<DataPart, number>>, random: Random): DataPart {
  const open = DATA_PARTS.filter((part) => lacking[part] >= size);
  if (open.length === 0) return DATA_PARTS.reduce((most, part) => (lacking[part] > lacking[most] ? part : most));
  let draw = random.next() * open.reduce((sum, part) => sum + lacking[part], 0);
  for (const part of open) {
    draw -= lacking[part];
    if (draw < 0) return part;
  }
  return open.at(-1)!;
}

/** Whole numbers that add up to `count`, each within 1 of its share: what rounding down leaves goes to the largest remainders (Hamilton). */
function targetsOf(count: number, ratios: SplitRatios): Record<DataPart, number> {
  const sum = DATA_PARTS.reduce((total, part) => total + ratios[part], 0);
  const exact = DATA_PARTS.map((part) => ({ part, share: (count * ratios[part]) / sum }));
  const targets = Object.fromEntries(exact.map(({ part, share }) => [part, Math.floor(share + ROUNDING)])) as Record<DataPart, number>;
  const left = count - DATA_PARTS.reduce((total, part) => total + targets[part], 0);
  exact.sort((a, b) => (b.share - targets[b.part]) - (a.share - targets[a.part]));
  for (const { part } of exact.slice(0, left)) targets[part]++;
  return targets;
}

/** 0.6 of 5 is 3, whatever binary fractions make of it. */
const ROUNDING = 1e-4;
