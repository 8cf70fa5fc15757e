// Gaussian process regression (Rasmussen and Williams, 2006, chapters 2 and 5): what a function known at some points may be at the
// others. Matérn 5/2 kernel with a length scale for each coordinate; length scales and noise are the most probable ones given the
// points and weak priors, found by trying. Pure and deterministic. Made for at most some hundred points: its cost grows with their cube.
import { cholesky, solveLower, solveUpper } from '../../base/cholesky.ts';

export interface GaussianProcess {
  /** Mean and standard deviation of the function at `point`. */
  predict(point: readonly number[]): { readonly mean: number; readonly deviation: number };
  /** The same process after it was also told that the function is what it expects at `points`: there it is no longer uncertain. */
  believing(points: readonly (readonly number[])[]): GaussianProcess;
}

interface Fit {
  readonly points: readonly (readonly number[])[];
  /** Standardised: mean 0, standard deviation 1. */
  readonly values: readonly number[];
  readonly centre: number;
  readonly scale: number;
}

/** Logarithms of the length scales, one a coordinate, and last of the noise's variance. */
type Shape = readonly number[];

/** `points` lie in the unit cube; at least one, with a finite value each. */
export function fitGaussianProcess(points: readonly (readonly number[])[], values: readonly number[]): GaussianProcess {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length);
  const scale = spread > 0 ? spread : 1;
  const fit = { points, values: values.map((value) => (value - centre) / scale), centre, scale };
  return processOf(fit, mostProbableShape(fit));
}

function processOf(fit: Fit, shape: Shape): GaussianProcess {
  const { points, values, centre, scale } = fit;
  const lower = cholesky(covariance(points, shape));
  const weights = solveUpper(lower, solveLower(lower, values));
  const known = scaled(points, shape);
  const predict = (point: readonly number[]): { mean: number; deviation: number } => {
    const at = scaled([point], shape)[0]!;
    const near = known.map((other) => kernel(at, other));
    const reduced = solveLower(lower, near);
    const variance = 1 - reduced.reduce((sum, value) => sum + value * value, 0);
    return { mean: centre + scale * near.reduce((sum, value, index) => sum + value * weights[index]!, 0), deviation: scale * Math.sqrt(Math.max(variance, 1e-12)) };
  };
  return {
    predict,
    believing: (more) => processOf({ ...fit, points: [...points, ...more], values: [...values, ...more.map((point) => (predict(point).mean - centre) / scale)] }, shape),
  };
}

/** Points in units of the length scales. */
function scaled(points: readonly (readonly number[])[], shape: Shape): number[][] {
  const scales = shape.map((logarithm) => Math.exp(-logarithm));
  return points.map((point) => point.map((value, index) => value * scales[index]!));
}

/** Matérn 5/2 of two scaled points. */
function kernel(a: readonly number[], b: readonly number[]): number {
  let squared = 0;
  for (let index = 0; index < a.length; index++) squared += (a[index]! - b[index]!) ** 2;
  const distance = Math.sqrt(5 * squared);
  return (1 + distance + (5 / 3) * squared) * Math.exp(-distance);
}

/** The lower triangle. */
function covariance(points: readonly (readonly number[])[], shape: Shape): Float64Array[] {
  const noise = Math.exp(shape.at(-1)!);
  const known = scaled(points, shape);
  return known.map((point, row) => Float64Array.from({ length: row + 1 }, (_, column) => kernel(point, known[column]!) + (row === column ? noise : 0)));
}

const NOISE = { expected: Math.log(1e-3), spread: 2, min: Math.log(1e-6), max: Math.log(0.3) };
const LENGTH = { spread: 0.8, min: Math.log(0.03), max: Math.log(30) };

/** Coordinate by coordinate, up or down as long as it becomes more probable, in steps that halve. */
function mostProbableShape(fit: Fit): Shape {
  const coordinates = fit.points[0]!.length;
  const expected = [...Array.from({ length: coordinates }, () => Math.log(0.4 * Math.sqrt(coordinates))), NOISE.expected];
  const probabilityOf = (shape: Shape): number => logLikelihood(fit, shape) - shape.reduce((sum, value, index) =>
    sum + 0.5 * ((value - expected[index]!) / (index < coordinates ? LENGTH.spread : NOISE.spread)) ** 2, 0);
  let best: Shape = expected, bestProbability = probabilityOf(expected);
  for (let step = 1; step > 0.1; step /= 2) {
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index <= coordinates; index++) {
        const { min, max } = index < coordinates ? LENGTH : NOISE;
        for (const direction of [step, -step]) {
          const shape = best.with(index, Math.min(max, Math.max(min, best[index]! + direction)));
          const probability = probabilityOf(shape);
          if (probability > bestProbability) [best, bestProbability] = [shape, probability];
        }
      }
    }
  }
  return best;
}

function logLikelihood({ points, values }: Fit, shape: Shape): number {
  const lower = cholesky(covariance(points, shape));
  const reduced = solveLower(lower, values);
  return lower.reduce((sum, row, index) => sum - Math.log(row[index]!) - 0.5 * reduced[index]! ** 2, 0);
}
