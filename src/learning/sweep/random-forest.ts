// A random forest for regression (Breiman, 2001): trees on bootstrap samples, each split chosen among some of the features. It
// keeps which rows each tree has not seen, because that is what importance is measured on. Pure; the same seed grows the same trees.
import type { Random } from '../../base/random.ts';

type Node = { readonly value: number } | { readonly column: number; readonly threshold: number; readonly below: Node; readonly above: Node };

export interface Tree {
  /** Rows of the training data that the tree was not grown from. */
  readonly unseen: readonly number[];
  predict(row: ArrayLike<number>): number;
}

export interface ForestOptions {
  readonly trees: number;
  /**
   * Columns of the rows, grouped by the feature they describe: a split looks at one third of the features, and at all columns of
   * each. One number is a group of one; a choice between words is a group with a column for each word.
   */
  readonly features: readonly (readonly number[])[];
  /** Fewest rows on either side of a split. */
  readonly smallestLeaf: number;
  readonly random: Random;
}

/** Data as columns beside targets; `rows[i][column]`, all finite. */
export interface Samples {
  readonly rows: readonly ArrayLike<number>[];
  readonly targets: readonly number[];
}

export function growForest(samples: Samples, options: ForestOptions): Tree[] {
  return Array.from({ length: options.trees }, (_, index) => growTree(samples, { ...options, random: options.random.fork(index) }));
}

function growTree(samples: Samples, options: ForestOptions): Tree {
  const count = samples.rows.length;
  const drawn = Array.from({ length: count }, () => options.random.integer(0, count - 1));
  const seen = new Set(drawn);
  const root = split(samples, drawn, options);
  return { unseen: samples.rows.map((_, index) => index).filter((index) => !seen.has(index)), predict: (row) => valueOf(root, row) };
}

function valueOf(node: Node, row: ArrayLike<number>): number {
  let at = node;
  while ('column' in at) at = row[at.column]! < at.threshold ? at.below : at.above;
  return at.value;
}

function split(samples: Samples, members: readonly number[], options: ForestOptions): Node {
  const best = bestSplit(samples, members, options);
  if (best === undefined) return { value: members.reduce((sum, index) => sum + samples.targets[index]!, 0) / members.length };
  const isBelow = (index: number): boolean => samples.rows[index]![best.column]! < best.threshold;
  return {
    ...best,
    below: split(samples, members.filter(isBelow), options),
    above: split(samples, members.filter((index) => !isBelow(index)), options),
  };
}

/** The split that leaves the smallest sum of squares; undefined where none makes it smaller. */
function bestSplit(samples: Samples, members: readonly number[], options: ForestOptions): { column: number; threshold: number } | undefined {
  const { smallestLeaf, random, features } = options;
  if (members.length < 2 * smallestLeaf) return undefined;
  let best: { column: number; threshold: number; gain: number } | undefined;
  for (const column of pickFeatures(features, random).flat()) {
    const sorted = members.toSorted((a, b) => samples.rows[a]![column]! - samples.rows[b]![column]!);
    const total = sorted.reduce((sum, index) => sum + samples.targets[index]!, 0);
    let below = 0;
    for (let count = 1; count < sorted.length; count++) {
      below += samples.targets[sorted[count - 1]!]!;
      const low = samples.rows[sorted[count - 1]!]![column]!, high = samples.rows[sorted[count]!]![column]!;
      if (low === high || count < smallestLeaf || sorted.length - count < smallestLeaf) continue;
      // Up to constants, the sum of squares that the two means explain.
      const gain = (below * below) / count + ((total - below) ** 2) / (sorted.length - count) - (total * total) / sorted.length;
      if (gain > 1e-12 && (best === undefined || gain > best.gain)) best = { column, threshold: (low + high) / 2, gain };
    }
  }
  return best === undefined ? undefined : { column: best.column, threshold: best.threshold };
}

function pickFeatures(features: ForestOptions['features'], random: Random): readonly (readonly number[])[] {
  const wanted = Math.max(1, Math.ceil(features.length / 3));
  const left = [...features];
  return Array.from({ length: wanted }, () => left.splice(random.integer(0, left.length - 1), 1)[0]!);
}
