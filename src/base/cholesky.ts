// Symmetric positive definite systems by Cholesky's decomposition (Golub and Van Loan, Matrix Computations, 4.2): matrices of some
// hundred rows, each an array.

/** The lower triangle L with L·Lᵀ = `matrix`, which is positive definite; its lower triangle is given and overwritten. */
export function cholesky(matrix: Float64Array[]): Float64Array[] {
  for (const [row, values] of matrix.entries()) {
    for (let column = 0; column <= row; column++) {
      const other = matrix[column]!;
      let rest = values[column]!;
      for (let index = 0; index < column; index++) rest -= values[index]! * other[index]!;
      // Noise on the diagonal keeps the pivot positive; rounding may still take it below nothing.
      values[column] = row === column ? Math.sqrt(Math.max(rest, 1e-10)) : rest / other[column]!;
    }
  }
  return matrix;
}

/** Solves L·x = `right`. */
export function solveLower(lower: readonly Float64Array[], right: ArrayLike<number>): number[] {
  const solution: number[] = [];
  for (const [row, values] of lower.entries()) {
    let rest = right[row]!;
    for (let index = 0; index < row; index++) rest -= values[index]! * solution[index]!;
    solution.push(rest / values[row]!);
  }
  return solution;
}

/** Solves Lᵀ·x = `right`. */
export function solveUpper(lower: readonly Float64Array[], right: ArrayLike<number>): number[] {
  const solution = Array.from(right);
  for (let row = lower.length - 1; row >= 0; row--) {
    solution[row]! /= lower[row]![row]!;
    for (let index = 0; index < row; index++) solution[index]! -= lower[row]![index]! * solution[row]!;
  }
  return solution;
}
