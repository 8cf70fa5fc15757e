import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cholesky, solveLower, solveUpper } from '../../src/base/cholesky.ts';
import { createRandom } from '../../src/base/random.ts';

test('solves any positive definite system', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer(), (size, seed) => {
    const random = createRandom(seed);
    const factor = Array.from({ length: size }, () => Array.from({ length: size }, () => random.gaussian()));
    const matrix = factor.map((a, row) => Float64Array.from(factor, (b, column) => a.reduce((sum, value, at) => sum + value * b[at]!, row === column ? 0.1 : 0)));
    const solution = Array.from({ length: size }, () => random.gaussian());
    const right = matrix.map((row) => row.reduce((sum, value, at) => sum + value * solution[at]!, 0));
    const lower = cholesky(matrix.map((row) => row.slice()));
    solveUpper(lower, solveLower(lower, right)).forEach((value, at) => expect(value).toBeCloseTo(solution[at]!, 6));
  }));
});
