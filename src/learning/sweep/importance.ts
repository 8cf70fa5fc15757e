// Which hyperparameters matter: a random forest learns the metric from them, and a parameter is as important as the forest's
// predictions of trials it has not seen grow worse when that parameter's values are shuffled (Breiman, 2001, section 10). Beside it
// the plain linear correlation. The two columns are those of W&B's parameter importance panel. Pure: the same trials, the same ranking.
import type { Random } from '../../base/random.ts';
import { createRandom, shuffled } from '../../base/random.ts';
import type { Samples, Tree } from './random-forest.ts';
import { growForest } from './random-forest.ts';

/** What a trial was told, and the metric it reached. */
export interface TrialOutcome {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly value: number;
}

export interface ParameterImportance {
  readonly parameter: string;
  /** Share of the explained differences, 0 to 1; the shares add up to 1. 0 for all where nothing could be explained. */
  readonly importance: number;
  /** Pearson's, -1 to 1, of a number or of `true` (1) and `false` (0); null where the values have no order or the metric is the same everywhere. */
  readonly correlation: number | null;
}

/** Fewer trials say nothing about importance. */
export const FEWEST_TRIALS = 5;

const TREES = 200;
/** Each tree judges by few unseen trials; shuffling them several times takes the luck out. */
const SHUFFLES = 4;

/**
 * The parameters that differ between `trials`, most important first, ties by name. Trials without a finite value are left out; with
 * fewer than {@link FEWEST_TRIALS} every importance is 0.
 */
export function importanceOf(trials: readonly TrialOutcome[]): ParameterImportance[] {
  const usable = trials.filter(({ value }) => Number.isFinite(value));
  const names = [...new Set(usable.flatMap(({ parameters }) => Object.keys(parameters)))].toSorted();
  const columns = names.map((name) => encode(name, usable.map(({ parameters }) => parameters[name]))).filter(({ isVaried }) => isVaried);
  const targets = usable.map(({ value }) => value);
  const losses = usable.length < FEWEST_TRIALS ? columns.map(() => 0) : lossesOf(columns, targets);
  const total = losses.reduce((sum, loss) => sum + Math.max(0, loss), 0);
  return columns
    .map(({ name, ordered }, index) => ({
      parameter: name,
      importance: total > 0 ? Math.max(0, losses[index]!) / total : 0,
      correlation: ordered === undefined ? null : correlationOf(ordered, targets),
    }))
    .toSorted((a, b) => b.importance - a.importance || (a.parameter < b.parameter ? -1 : 1));
}

interface Encoded {
  readonly name: string;
  /** A column of one number a trial, or a column for each word. */
  readonly columns: readonly (readonly number[])[];
  /** The values as numbers, where they have an order. */
  readonly ordered: readonly number[] | undefined;
  readonly isVaried: boolean;
}

function encode(name: string, values: readonly unknown[]): Encoded {
  const words = [...new Set(values.map((value) => JSON.stringify(value) ?? 'absent'))];
  const isVaried = words.length > 1;
  if (values.every((value) => typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))) {
    const ordered = values.map(Number);
    return { name, columns: [ordered], ordered, isVaried };
  }
  const columns = words.map((word) => values.map((value) => Number((JSON.stringify(value) ?? 'absent') === word)));
  return { name, columns, ordered: undefined, isVaried };
}

/** How much the forest's squared error on unseen trials grows, for each parameter, when its values are shuffled. */
function lossesOf(parameters: readonly Encoded[], targets: readonly number[]): number[] {
  if (parameters.length === 0) return [];
  const columns = parameters.flatMap((parameter) => parameter.columns);
  const rows = targets.map((_, row) => columns.map((column) => column[row]!));
  let next = 0;
  const features = parameters.map((parameter) => parameter.columns.map(() => next++));
  const samples = { rows, targets };
  const random = createRandom(1);
  const trees = growForest(samples, { trees: TREES, features, smallestLeaf: 2, random }).filter(({ unseen }) => unseen.length > 1);
  return features.map((feature, index) => {
    const shuffling = random.fork(TREES + index);
    return trees.reduce((sum, tree) => sum + growthOf(tree, samples, { feature, shuffling }), 0) / Math.max(1, trees.length);
  });
}

function growthOf(tree: Tree, { rows, targets }: Samples, { feature, shuffling }: { feature: readonly number[]; shuffling: Random }): number {
  const errorWith = (donors: readonly number[]): number => tree.unseen.reduce((sum, row, position) => {
    const mixed = Array.from(rows[row]!);
    for (const column of feature) mixed[column] = rows[donors[position]!]![column]!;
    return sum + (tree.predict(mixed) - targets[row]!) ** 2;
  }, 0) / tree.unseen.length;
  let grown = 0;
  for (let round = 0; round < SHUFFLES; round++) grown += errorWith(shuffled(tree.unseen, shuffling));
  return grown / SHUFFLES - errorWith(tree.unseen);
}

function correlationOf(xs: readonly number[], ys: readonly number[]): number | null {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(xs), meanY = mean(ys);
  const sum = (of: (x: number, y: number) => number): number => xs.reduce((total, x, index) => total + of(x - meanX, ys[index]! - meanY), 0);
  const spread = Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
  return spread > 0 ? sum((x, y) => x * y) / spread : null;
}
