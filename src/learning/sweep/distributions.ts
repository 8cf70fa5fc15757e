// What a parameter of a sweep can be, as shares of a distribution: `at(0.5)` is its median, so one uniform number draws a value, and
// where a value lies among the others is a coordinate for the search. Definitions as in W&B's reference of sweep files.
import { normalQuantile, normalShare } from './normal.ts';
import type { Choice, DistributionName, ParameterSpec } from './sweep-config.ts';

export interface Distribution {
  /** The value below which `share` of the distribution lies, `share` in (0, 1). */
  at(share: number): Choice;
  /** Where `value` lies, each number 0 to 1: one for what has an order, one for each of the words that have none. */
  coordinatesOf(value: Choice): number[];
  /** Whether the values have an order; then the one coordinate of a value is a share that gives it back. */
  readonly isOrdered: boolean;
  /** Every value, in order, where they can be counted; for a grid. */
  readonly values: readonly Choice[] | undefined;
}

type Key = Exclude<keyof ParameterSpec, 'distribution'>;

/** The keys each distribution needs and may have. */
export const DISTRIBUTION_KEYS: Record<DistributionName, { readonly needs: readonly Key[]; readonly may: readonly Key[] }> = {
  constant: { needs: ['value'], may: [] },
  categorical: { needs: ['values'], may: [] },
  categorical_w_probabilities: { needs: ['values', 'probabilities'], may: [] },
  int_uniform: { needs: ['min', 'max'], may: [] },
  uniform: { needs: ['min', 'max'], may: [] },
  q_uniform: { needs: ['min', 'max'], may: ['q'] },
  log_uniform: { needs: ['min', 'max'], may: [] },
  log_uniform_values: { needs: ['min', 'max'], may: [] },
  q_log_uniform: { needs: ['min', 'max'], may: ['q'] },
  q_log_uniform_values: { needs: ['min', 'max'], may: ['q'] },
  inv_log_uniform: { needs: ['min', 'max'], may: [] },
  inv_log_uniform_values: { needs: ['min', 'max'], may: [] },
  normal: { needs: [], may: ['mu', 'sigma'] },
  q_normal: { needs: [], may: ['mu', 'sigma', 'q'] },
  log_normal: { needs: [], may: ['mu', 'sigma'] },
  q_log_normal: { needs: [], may: ['mu', 'sigma', 'q'] },
};

/** The distribution that `spec` names or means; undefined where it says too little. */
export function distributionNameOf(spec: ParameterSpec): DistributionName | undefined {
  if (spec.distribution !== undefined) return spec.distribution;
  if (spec.value !== undefined) return 'constant';
  if (spec.values !== undefined) return spec.probabilities === undefined ? 'categorical' : 'categorical_w_probabilities';
  if (spec.min === undefined || spec.max === undefined) return undefined;
  return Number.isInteger(spec.min) && Number.isInteger(spec.max) ? 'int_uniform' : 'uniform';
}

/** Limits of a hyperparameter, which a normal distribution does not know: a draw beyond them becomes the limit. */
export interface Limits {
  readonly min: number;
  readonly max: number;
}

/** `spec` must have passed sweep-checks.ts. */
export function createDistribution(spec: ParameterSpec, limits: Limits): Distribution {
  const name = distributionNameOf(spec)!;
  if (name === 'constant') return choices([spec.value!], [1]);
  if (name === 'categorical') return choices(spec.values!, spec.values!.map(() => 1 / spec.values!.length));
  if (name === 'categorical_w_probabilities') return choices(spec.values!, spec.probabilities!);
  if (name === 'int_uniform') return wholeNumbers(spec.min!, spec.max!);
  const shape = shapeOf(name, spec);
  const step = name.startsWith('q_') ? spec.q ?? 1 : undefined;
  const rounded = (value: number): number => (step === undefined ? value : withoutNoise(Math.round(value / step) * step));
  return {
    at: (share) => Math.min(limits.max, Math.max(limits.min, rounded(shape.at(share)))),
    coordinatesOf: (value) => [Math.min(1, Math.max(0, shape.shareOf(Number(value))))],
    isOrdered: true,
    values: name === 'q_uniform' ? steps(spec.min!, spec.max!, step!) : undefined,
  };
}

/** A distribution of real numbers: quantile and share below. */
interface Shape {
  at(share: number): number;
  shareOf(value: number): number;
}

function shapeOf(name: DistributionName, { min = 0, max = 1, mu = 0, sigma = 1 }: ParameterSpec): Shape {
  const level = (low: number, high: number): Shape => ({ at: (share) => low + share * (high - low), shareOf: (value) => (value - low) / (high - low) });
  const bell: Shape = { at: (share) => mu + sigma * normalQuantile(share), shareOf: (value) => normalShare((value - mu) / sigma) };
  const logarithmOf = (shape: Shape): Shape => ({ at: (share) => Math.exp(shape.at(share)), shareOf: (value) => (value > 0 ? shape.shareOf(Math.log(value)) : 0) });
  switch (name) {
    case 'log_uniform': case 'q_log_uniform': return logarithmOf(level(min, max));
    case 'log_uniform_values': case 'q_log_uniform_values': return logarithmOf(level(Math.log(min), Math.log(max)));
    // log(1/x) is uniform, between min and max or between the logarithms of 1/max and 1/min.
    case 'inv_log_uniform': return logarithmOf(level(-max, -min));
    case 'inv_log_uniform_values': return logarithmOf(level(Math.log(min), Math.log(max)));
    case 'normal': case 'q_normal': return bell;
    case 'log_normal': case 'q_log_normal': return logarithmOf(bell);
    default: return level(min, max);
  }
}

function choices(values: readonly Choice[], probabilities: readonly number[]): Distribution {
  const isOrdered = values.every((value) => typeof value === 'number');
  const ranked = values.map((value, index) => ({ value, probability: probabilities[index]! }));
  if (isOrdered) ranked.sort((a, b) => Number(a.value) - Number(b.value));
  const rankOf = (value: Choice): number => ranked.findIndex((entry) => entry.value === value);
  return {
    at: (share) => {
      let below = 0;
      // What rounding leaves at the end must not go to one that is not to be drawn.
      return (ranked.find(({ probability }) => share < (below += probability)) ?? ranked.findLast(({ probability }) => probability > 0)!).value;
    },
    coordinatesOf: (value) => (isOrdered ? [(rankOf(value) + 0.5) / values.length]
      : values.length <= 2 ? [rankOf(value)]
      : ranked.map((entry) => Number(entry.value === value))),
    isOrdered,
    values,
  };
}

function wholeNumbers(min: number, max: number): Distribution {
  const count = max - min + 1;
  return {
    at: (share) => Math.min(max, min + Math.floor(share * count)),
    coordinatesOf: (value) => [(Number(value) - min + 0.5) / count],
    isOrdered: true,
    values: count <= MOST_STEPS ? Array.from({ length: count }, (_, index) => min + index) : undefined,
  };
}

/** More values than this are no grid that anybody waits for. */
const MOST_STEPS = 100_000;

function steps(min: number, max: number, step: number): readonly number[] | undefined {
  const count = Math.floor((max - min) / step + 1e-9) + 1;
  return count <= MOST_STEPS ? Array.from({ length: count }, (_, index) => withoutNoise(min + index * step)) : undefined;
}

/** 0.3 instead of 0.30000000000000004. */
function withoutNoise(value: number): number {
  return Number(value.toPrecision(12));
}
