// A sweep as its file says it: the form of W&B's sweep files (docs.wandb.ai/models/sweeps/sweep-config-keys), for the
// hyperparameters of a training run. What a schema cannot see (a `max` below its `min`, a value that the hyperparameter does not
// take) is in sweep-checks.ts; what the keys of a parameter mean is in distributions.ts.
import { z } from 'zod';
import { hyperparameters } from '../train/hyperparameters.ts';

export const DISTRIBUTIONS = [
  'constant', 'categorical', 'categorical_w_probabilities', 'int_uniform', 'uniform', 'q_uniform',
  'log_uniform', 'log_uniform_values', 'q_log_uniform', 'q_log_uniform_values', 'inv_log_uniform', 'inv_log_uniform_values',
  'normal', 'q_normal', 'log_normal', 'q_log_normal',
] as const;
export type DistributionName = (typeof DISTRIBUTIONS)[number];

const choice = z.union([z.string(), z.number(), z.boolean()]);
export type Choice = z.output<typeof choice>;

const parameter = z.strictObject({
  distribution: z.enum(DISTRIBUTIONS).optional().describe('How values are drawn. Left out: `constant` for `value`, `categorical` for `values` (with `probabilities`: `categorical_w_probabilities`), `int_uniform` for a whole `min` and `max`, else `uniform`.'),
  value: choice.optional().describe('The one value.'),
  values: z.array(choice).min(1).optional().describe('The values to choose from.'),
  probabilities: z.array(z.number().min(0)).min(1).optional().describe('Probability of each of `values`; they add up to 1.'),
  min: z.number().optional().describe('Smallest value; for `log_uniform`, `q_log_uniform` and `inv_log_uniform` an exponent of e.'),
  max: z.number().optional().describe('Largest value, or exponent as for `min`.'),
  mu: z.number().optional().describe('Mean of the normal distributions, of the logarithm for `log_normal`; 0 where left out.'),
  sigma: z.number().positive().optional().describe('Standard deviation, likewise; 1 where left out.'),
  q: z.number().positive().optional().describe('Step of the distributions beginning with `q_`: values are multiples of it; 1 where left out.'),
});
export type ParameterSpec = z.output<typeof parameter>;

export const HYPERPARAMETER_NAMES = Object.keys(hyperparameters.shape) as (keyof typeof hyperparameters.shape)[];

/** Keys of W&B's file that say what Sortline knows already, and so say nothing here. */
export const IGNORED_KEYS = ['program', 'command', 'entity', 'project', 'controller', 'apiVersion', 'kind'] as const;

export const sweepConfig = z.strictObject({
  name: z.string().min(1).max(200).optional().describe('What the sweep is called in lists.'),
  description: z.string().max(10_000).optional().describe('For people.'),
  method: z.enum(['grid', 'random', 'bayes']).describe('`grid` tries every combination, `random` draws, `bayes` draws where a model of the trials so far expects an improvement.'),
  metric: z.strictObject({
    name: z.string().min(1).describe('A number that the training run reports, such as `val/accuracy`, `val/loss` or `val/accuracy/glass`.'),
    goal: z.enum(['minimize', 'maximize']).default('minimize').describe('Which end is better.'),
    target: z.number().optional().describe('When a trial reaches it, no new trials begin.'),
  }).optional().describe('What makes one trial better than another.'),
  parameters: z.strictObject(Object.fromEntries(HYPERPARAMETER_NAMES.map((name) => [name, parameter.optional()])))
    .describe('The hyperparameters to search; the others keep the values of the recipe or their defaults.'),
  early_terminate: z.strictObject({
    type: z.literal('hyperband'),
    min_iter: z.int().min(1).optional().describe('First bracket, in reports of the metric; the next ones are `eta` times further each.'),
    max_iter: z.int().min(1).optional().describe('Longest trial, in reports of the metric; the brackets are at `max_iter`/`eta`, `max_iter`/`eta`² …'),
    s: z.int().min(1).optional().describe('How many brackets there are; belongs to `max_iter`.'),
    eta: z.number().gt(1).default(3).describe('At each bracket about one in `eta` goes on.'),
    strict: z.boolean().default(false).describe('Judge by the value at the bracket instead of the best value up to now: stops more trials.'),
  }).optional().describe('Stops trials that are behind the others.'),
  run_cap: z.int().min(1).optional().describe('Most trials in the whole sweep, count.'),
  seed: z.int().min(0).max(0xffff_ffff).default(1).describe('The draws follow from it and the number of the trial. Not in W&B.'),
  ...Object.fromEntries(IGNORED_KEYS.map((key) => [key, z.unknown().optional()])) as Record<(typeof IGNORED_KEYS)[number], z.ZodOptional<z.ZodUnknown>>,
});

export type SweepConfig = z.output<typeof sweepConfig>;
export type SweepMetric = NonNullable<SweepConfig['metric']>;
export type Hyperband = NonNullable<SweepConfig['early_terminate']>;
/** What a trial is told: hyperparameters by name. */
export type Parameters = Readonly<Record<string, Choice>>;

/** Whether `a` is better than `b`. */
export function isBetter(goal: SweepMetric['goal'], a: number, b: number): boolean {
  return goal === 'maximize' ? a > b : a < b;
}

/** The metric that decides where the file names none: what is best then is what recognises most. */
export const DEFAULT_METRIC: SweepMetric = { name: 'val/accuracy', goal: 'maximize' };

export function metricOf(config: SweepConfig): SweepMetric {
  return config.metric ?? DEFAULT_METRIC;
}
