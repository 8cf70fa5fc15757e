// The first principal axes of a symmetric matrix that is only known by what it makes of vectors: orthogonal iteration (Golub and Van
// Loan, Matrix Computations, 8.2.4; Halko et al., 2011, for how few rounds random vectors need). Some hundred axes of ten thousand take
// seconds, a whole decomposition hours.
import { createRandom } from '../../base/random.ts';

/** Axes that are close in size are still mixed then, which does no harm: together they span the same. */
const ROUNDS = 8;
const SEED = 1;

export interface AxesRequest {
  readonly size: number;
  /** At most `size`. */
  readonly count: number;
  /** The matrix times each of the vectors. */
  multiply(vectors: readonly Float64Array[]): Promise<Float64Array[]>;
}

export interface PrincipalAxes {
  /** Unit vectors at right angles, the one with the largest moment first. */
  readonly axes: readonly Float64Array[];
  /** How long the matrix makes each: its moment. */
  readonly lengths: readonly number[];
}

/** The same numbers every time. */
export async function principalAxes({ size, count, multiply }: AxesRequest): Promise<PrincipalAxes> {
  const random = createRandom(SEED);
  let axes: Float64Array[] = Array.from({ length: count }, () => Float64Array.from({ length: size }, () => random.gaussian()));
  orthonormalise(axes);
  for (let round = 1; round < ROUNDS; round++) {
    axes = await multiply(axes);
    orthonormalise(axes);
  }
  const products = await multiply(axes);
  return { axes, lengths: axes.map((axis, at) => dot(axis, products[at]!)) };
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** Makes each of the axes a unit vector at a right angle to those before it, in place (modified Gram-Schmidt). */
function orthonormalise(axes: readonly Float64Array[]): void {
  for (const [at, axis] of axes.entries()) {
    for (const earlier of axes.slice(0, at)) {
      const share = dot(axis, earlier);
      for (let index = 0; index < axis.length; index++) axis[index]! -= share * earlier[index]!;
    }
    const length = Math.sqrt(dot(axis, axis));
    if (length > 0) for (let index = 0; index < axis.length; index++) axis[index]! /= length;
  }
}
