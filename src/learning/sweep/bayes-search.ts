// Bayesian search: a Gaussian process learns the metric from the trials so far, and the next trial is the one from which it expects
// the greatest improvement (Jones et al., 1998). Trials that still run are believed to turn out as expected, so that agents side by
// side try different things. Deterministic: the same trials and the same randomness give the same next trial.
import type { Random } from '../../base/random.ts';
import type { Distribution } from './distributions.ts';
import type { GaussianProcess } from './gaussian-process.ts';
import { fitGaussianProcess } from './gaussian-process.ts';
import { normalDensity, normalShare } from './normal.ts';
import type { Parameters } from './sweep-config.ts';

export type Space = ReadonlyMap<string, Distribution>;

/** A trial as the search sees it. */
export interface SearchedTrial {
  readonly parameters: Parameters;
  /** Smaller is better; undefined while it runs. A trial that failed has the value of the worst one. */
  readonly cost: number | undefined;
}

/** Candidates at random, and around each of the best trials. */
const CANDIDATES = 800;
const NEIGHBOURS = 150;
const BEST_TRIALS = 4;
/** The process looks at no more trials than this, the best and the latest: other agents wait while one makes up its mind. */
const MOST_TRIALS = 120;

/** Trials to draw at random before a model of them says anything. */
export function randomTrialsFirst(space: Space): number {
  return Math.min(10, space.size + 2);
}

/** Every parameter drawn from its distribution. */
export function drawParameters(space: Space, random: Random): Parameters {
  return Object.fromEntries([...space].map(([name, distribution]) => [name, distribution.at(shareFrom(random))]));
}

/** What to try next. Draws at random while there are too few trials with a result. */
export function improveParameters(space: Space, trials: readonly SearchedTrial[], random: Random): Parameters {
  const finished = trials.filter((trial): trial is SearchedTrial & { cost: number } => trial.cost !== undefined);
  if (trials.length < randomTrialsFirst(space) || finished.length < 2) return drawParameters(space, random);
  const best = finished.toSorted((a, b) => a.cost - b.cost);
  const looked = best.length <= MOST_TRIALS ? best : [...new Set([...best.slice(0, MOST_TRIALS / 2), ...finished.slice(-MOST_TRIALS / 2)])];
  const coordinatesOf = (parameters: Parameters): number[] => [...space].flatMap(([name, distribution]) => distribution.coordinatesOf(parameters[name]!));
  const observed = fitGaussianProcess(looked.map(({ parameters }) => coordinatesOf(parameters)), looked.map(({ cost }) => cost));
  const process = observed.believing(trials.filter(({ cost }) => cost === undefined).map(({ parameters }) => coordinatesOf(parameters)));
  // What the process says of the best trial, not what that trial happened to measure: the metric is noisy.
  const lowest = Math.min(...looked.map(({ parameters }) => observed.predict(coordinatesOf(parameters)).mean));
  const tried = new Set(trials.map(({ parameters }) => JSON.stringify(parameters)));
  const candidates = candidatesFor(space, best, random);
  const fresh = candidates.filter((candidate) => !tried.has(JSON.stringify(candidate)));
  return bestOf(fresh.length > 0 ? fresh : candidates, (candidate) => logExpectedImprovement(process, coordinatesOf(candidate), lowest));
}

function candidatesFor(space: Space, best: readonly SearchedTrial[], random: Random): Parameters[] {
  const candidates = Array.from({ length: CANDIDATES }, () => drawParameters(space, random));
  for (const { parameters } of best.slice(0, BEST_TRIALS)) {
    for (let count = 0; count < NEIGHBOURS; count++) candidates.push(neighbourOf(parameters, space, random));
  }
  return candidates;
}

/** Some parameters of `parameters` moved a little, or chosen anew where the values have no order. */
function neighbourOf(parameters: Parameters, space: Space, random: Random): Parameters {
  const reach = 10 ** random.between(-2.5, -0.5);
  const moved = Math.max(0.3, 2 / space.size);
  return Object.fromEntries([...space].map(([name, distribution]) => {
    const value = parameters[name]!;
    if (random.next() > moved) return [name, value];
    if (!distribution.isOrdered) return [name, distribution.at(shareFrom(random))];
    const share = distribution.coordinatesOf(value)[0]! + reach * random.gaussian();
    return [name, distribution.at(Math.min(1 - 1e-9, Math.max(1e-9, share)))];
  }));
}

function bestOf<T>(items: readonly T[], scoreOf: (item: T) => number): T {
  let best = items[0] as T, bestScore = -Infinity;
  for (const item of items) {
    const score = scoreOf(item);
    if (score > bestScore) [best, bestScore] = [item, score];
  }
  return best;
}

/** The logarithm, because far from the best the improvement itself is too small for a double. */
function logExpectedImprovement(process: GaussianProcess, point: readonly number[], lowest: number): number {
  const { mean, deviation } = process.predict(point);
  const z = (lowest - mean) / deviation;
  // Below -5 the two terms cancel; the first term of the asymptotic series is what is left.
  const factor = z > -5 ? Math.log(z * normalShare(z) + normalDensity(z)) : -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - 2 * Math.log(-z);
  return Math.log(deviation) + factor;
}

/** In (0, 1), without the ends. */
function shareFrom(random: Random): number {
  return random.next() + 2 ** -33;
}
