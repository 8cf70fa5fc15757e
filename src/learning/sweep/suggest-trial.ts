// What a trial of a sweep is told: from the sweep's file, the number of the trial and, for `bayes`, the trials so far. Pure, so that
// any agent on any machine gives a trial the same parameters.
import { createRandom } from '../../base/random.ts';
import type { SearchedTrial, Space } from './bayes-search.ts';
import { drawParameters, improveParameters } from './bayes-search.ts';
import { createDistribution } from './distributions.ts';
import { gridPoint } from './grid.ts';
import { limitsOf } from './hyperparameter-limits.ts';
import type { Parameters, SweepConfig } from './sweep-config.ts';
import { metricOf } from './sweep-config.ts';

/** A trial that has begun. */
export interface TrialSoFar {
  readonly parameters: Parameters;
  readonly state: 'open' | 'done' | 'failed';
  /** The best value of the metric; undefined before the first. */
  readonly value: number | undefined;
}

/** Parameters of trial `number`, 0-based; undefined past the end of a grid. */
export function suggestTrial(config: SweepConfig, number: number, trials: readonly TrialSoFar[]): Parameters | undefined {
  if (config.method === 'grid') return gridPoint(config, number);
  const random = createRandom(config.seed).fork(number);
  const space = spaceOf(config);
  return config.method === 'random' ? drawParameters(space, random) : improveParameters(space, searched(config, trials), random);
}

function spaceOf(config: SweepConfig): Space {
  return new Map(Object.entries(config.parameters).flatMap(([name, spec]) => (spec === undefined ? [] : [[name, createDistribution(spec, limitsOf(name))]])));
}

function searched(config: SweepConfig, trials: readonly TrialSoFar[]): SearchedTrial[] {
  const sign = metricOf(config).goal === 'maximize' ? -1 : 1;
  const costs = trials.filter(({ state, value }) => state === 'done' && value !== undefined).map(({ value }) => sign * value!);
  const worst = costs.length === 0 ? undefined : Math.max(...costs);
  return trials.flatMap(({ parameters, state, value }): SearchedTrial[] => {
    if (state === 'open') return [{ parameters, cost: undefined }];
    const cost = state === 'done' && value !== undefined ? sign * value : worst;
    return cost === undefined ? [] : [{ parameters, cost }];
  });
}
