// Least squares of a smooth model with a handful of parameters, by Levenberg and Marquardt (Marquardt, 1963), slopes taken
// numerically. Enough for fits that are made once; nothing on the running line uses it.

export interface FitResult {
  readonly parameters: readonly number[];
  /** Root mean square of the residuals. */
  readonly rms: number;
  /** Standard deviation of each parameter, as the residuals suggest it. */
  readonly deviations: readonly number[];
}

/** The residuals of a model; as many for every set of parameters. */
export type Residuals = (parameters: readonly number[]) => readonly number[];

const MAX_STEPS = 60;
const STEP_SHARE = 1e-6;
const CONVERGED_SHARE = 1e-12;
const FIRST_DAMPING = 1e-3;

/** The parameters near `start` for which the sum of squared residuals is least; undefined where they do not depend on the data. */
export function leastSquares(start: readonly number[], residualsOf: Residuals): FitResult | undefined {
  let parameters = [...start];
  let residuals = residualsOf(parameters);
  let cost = sumOfSquares(residuals);
  let damping = FIRST_DAMPING;
  for (let step = 0; step < MAX_STEPS; step++) {
    const { normal, gradient } = normalEquations(parameters, residuals, residualsOf);
    const shift = solveSymmetric(normal.map((row, i) => row.map((value, j) => (i === j ? value * (1 + damping) : value))), gradient);
    if (shift === undefined) return undefined;
    const tried = parameters.map((value, index) => value - shift[index]!);
    const triedResiduals = residualsOf(tried);
    const triedCost = sumOfSquares(triedResiduals);
    if (!(triedCost < cost)) {
      damping *= 10;
      if (damping > 1e9) break;
      continue;
    }
    const gained = (cost - triedCost) / (cost || 1);
    [parameters, residuals, cost, damping] = [tried, triedResiduals, triedCost, damping / 10];
    if (gained < CONVERGED_SHARE) break;
  }
  const { normal } = normalEquations(parameters, residuals, residualsOf);
  const deviations = deviationsOf(normal, cost / Math.max(1, residuals.length - parameters.length));
  return deviations === undefined ? undefined : { parameters, rms: Math.sqrt(cost / residuals.length), deviations };
}

function normalEquations(parameters: readonly number[], residuals: readonly number[], residualsOf: Residuals): { normal: number[][]; gradient: number[] } {
  const slopes = parameters.map((value, index) => {
    const step = STEP_SHARE * Math.max(1e-3, Math.abs(value));
    const above = residualsOf(parameters.with(index, value + step)), below = residualsOf(parameters.with(index, value - step));
    return above.map((residual, at) => (residual - below[at]!) / (2 * step));
  });
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  return { normal: slopes.map((row) => slopes.map((column) => dot(row, column))), gradient: slopes.map((row) => dot(row, residuals)) };
}

function deviationsOf(normal: readonly (readonly number[])[], variance: number): number[] | undefined {
  const deviations: number[] = [];
  for (let index = 0; index < normal.length; index++) {
    const column = solveSymmetric(normal, normal.map((_, row) => (row === index ? 1 : 0)));
    if (column === undefined) return undefined;
    deviations.push(Math.sqrt(Math.max(0, column[index]! * variance)));
  }
  return deviations;
}

/** Solves `matrix` x = `right` for a positive definite matrix (Cholesky); undefined where it is not. */
export function solveSymmetric(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const size = right.length;
  // Parameters of very different size would hide a singular matrix, or feign one.
  const scale = matrix.map((row, index) => Math.sqrt(row[index]!));
  if (scale.some((value) => !(value > 0))) return undefined;
  const lower: number[][] = [];
  for (let i = 0; i < size; i++) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i]![j]! / (scale[i]! * scale[j]!);
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      if (i === j && !(sum > 1e-14)) return undefined;
      lower[i]!.push(i === j ? Math.sqrt(sum) : sum / lower[j]![j]!);
    }
  }
  const forward: number[] = [];
  for (let i = 0; i < size; i++) forward.push((right[i]! / scale[i]! - lower[i]!.slice(0, i).reduce((sum, value, k) => sum + value * forward[k]!, 0)) / lower[i]![i]!);
  const solution = Array<number>(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let sum = forward[i]!;
    for (let k = i + 1; k < size; k++) sum -= lower[k]![i]! * solution[k]!;
    solution[i] = sum / lower[i]![i]!;
  }
  return solution.map((value, index) => value / scale[index]!);
}

function sumOfSquares(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}
