// Two or more evaluations side by side, each against the first, and whether a difference is more than luck. Where both judged
// the same pictures the difference is taken picture by picture: what is hard for both then says nothing against either, and the
// interval is narrower for it. Pure.
import type { Ratio } from '../../base/units.ts';
import type { Material } from '../../domain/material.ts';
import { byMaterial } from '../../domain/material.ts';
import { predictedOf } from './evaluate-verdicts.ts';
import type { Evaluation, Verdict } from './evaluation.ts';
import type { Interval } from './intervals.ts';
import { mcNemar, pairedDifference, unpairedDifference } from './intervals.ts';
import { settingsOf } from './run-settings.ts';

/** One run or model. */
export interface Contender {
  readonly name: string;
  readonly runId: string | undefined;
  readonly n: number;
  readonly accuracy: Ratio;
  readonly interval: Interval;
  /** Undefined where only the accuracy is known. */
  readonly judged: { readonly verdicts: readonly Verdict[]; readonly evaluation: Evaluation } | undefined;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Difference {
  /** Accuracy of the contender minus that of the first. */
  readonly accuracy: Ratio;
  readonly interval: Interval;
  /** `paired`: on the same pictures; `unpaired`: on lists that differ, or without what was said of each picture. */
  readonly method: 'paired' | 'unpaired';
  /** Why it is unpaired. */
  readonly reason: string | undefined;
  /** Pictures on which only this one, and only the first, was right; undefined unpaired. */
  readonly onlyRight: { readonly this: number; readonly first: number } | undefined;
  /** Chance of as uneven a split if both were equally good (McNemar, exact); undefined unpaired. */
  readonly chance: number | undefined;
  /** Recall of each material, by the same method; null where one of the two has no picture of it. */
  readonly perMaterial: Readonly<Record<Material, { readonly recall: number; readonly interval: Interval } | null>> | undefined;
}

export interface Comparison {
  /** As named, the first the one that the others are held against. */
  readonly contenders: readonly Contender[];
  /** Of each but the first. */
  readonly differences: readonly Difference[];
  /** Settings that are not the same in all, with each contender's value; undefined where it has none. */
  readonly settings: readonly { readonly name: string; readonly values: readonly unknown[] }[];
}

/** Compares at least two; of fewer, a RangeError. */
export function compare(contenders: readonly Contender[]): Comparison {
  const [first, ...others] = contenders;
  if (first === undefined || others.length === 0) throw new RangeError('compare() needs at least two contenders');
  return { contenders, differences: others.map((other) => differenceOf(other, first)), settings: settingsThatDiffer(contenders) };
}

function differenceOf(contender: Contender, first: Contender): Difference {
  const pairs = pairsOf(contender, first);
  const accuracy = contender.accuracy - first.accuracy;
  if (typeof pairs === 'string') {
    return {
      accuracy, interval: unpairedDifference(rightOf(contender), rightOf(first)), method: 'unpaired', reason: pairs,
      onlyRight: undefined, chance: undefined, perMaterial: unpairedMaterials(contender, first),
    };
  }
  const split = splitOf(pairs);
  return {
    accuracy, interval: pairedDifference(split), method: 'paired', reason: undefined,
    onlyRight: { this: split.onlyA, first: split.onlyB }, chance: mcNemar(split.onlyA, split.onlyB),
    perMaterial: byMaterial((material) => {
      const of = pairs.filter(({ actual }) => actual === material);
      if (of.length === 0) return null;
      const { onlyA, onlyB, n } = splitOf(of);
      return { recall: (onlyA - onlyB) / n, interval: pairedDifference({ onlyA, onlyB, n }) };
    }),
  };
}

interface Pair {
  readonly actual: Material;
  readonly isRight: boolean;
  readonly isFirstRight: boolean;
}

/** Both verdicts of each picture; a text says why there are no pairs. */
function pairsOf(contender: Contender, first: Contender): Pair[] | string {
  if (contender.judged === undefined || first.judged === undefined) return `what was said of each picture is not kept with ${contender.judged === undefined ? contender.name : first.name}`;
  const verdictByFile = new Map(first.judged.verdicts.map((verdict) => [verdict.file, verdict]));
  const pairs = contender.judged.verdicts.flatMap((verdict) => {
    const other = verdictByFile.get(verdict.file);
    return other?.actual !== verdict.actual ? [] : [{ actual: verdict.actual, isRight: predictedOf(verdict) === verdict.actual, isFirstRight: predictedOf(other) === other.actual }];
  });
  const isSame = pairs.length === verdictByFile.size && pairs.length === contender.judged.verdicts.length;
  return isSame ? pairs : `the lists differ: ${pairs.length} pictures in common of ${contender.judged.verdicts.length} and ${verdictByFile.size}`;
}

function splitOf(pairs: readonly Pair[]): { onlyA: number; onlyB: number; n: number } {
  return { onlyA: pairs.filter((pair) => pair.isRight && !pair.isFirstRight).length, onlyB: pairs.filter((pair) => !pair.isRight && pair.isFirstRight).length, n: pairs.length };
}

function unpairedMaterials(contender: Contender, first: Contender): Difference['perMaterial'] {
  if (contender.judged === undefined || first.judged === undefined) return undefined;
  const [ours, theirs] = [contender.judged.evaluation.perMaterial, first.judged.evaluation.perMaterial];
  return byMaterial((material) => {
    const [a, b] = [ours[material], theirs[material]];
    if (a === null || b === null) return null;
    return { recall: a.recall - b.recall, interval: unpairedDifference(rightOf({ n: a.n, accuracy: a.recall }), rightOf({ n: b.n, accuracy: b.recall })) };
  });
}

function rightOf({ n, accuracy }: { readonly n: number; readonly accuracy: number }): { right: number; n: number } {
  return { right: Math.round(n * accuracy), n };
}

function settingsThatDiffer(contenders: readonly Contender[]): Comparison['settings'] {
  const all = contenders.map(({ config }) => settingsOf(config));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))].toSorted();
  return names.map((name) => ({ name, values: all.map((settings) => settings.get(name)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}
