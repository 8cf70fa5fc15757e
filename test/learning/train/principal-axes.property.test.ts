import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../../src/base/random.ts';
import { dot, principalAxes } from '../../../src/learning/train/principal-axes.ts';

/** A symmetric matrix whose axes are those of a chain of random reflections, and whose moments fall to a tenth each. */
function matrixOf(size: number, seed: number): { axes: Float64Array[]; multiply: (vector: Float64Array) => Float64Array } {
  const random = createRandom(seed);
  const mirrors = Array.from({ length: 3 }, () => Float64Array.from({ length: size }, () => random.gaussian()));
  const axes = Array.from({ length: size }, (_, at) => mirrors.reduce((axis, mirror) => {
    const share = (2 * dot(axis, mirror)) / dot(mirror, mirror);
    return axis.map((value, index) => value - share * mirror[index]!);
  }, Float64Array.from({ length: size }, (_, index) => (index === at ? 1 : 0))));
  const multiply = (vector: Float64Array): Float64Array => vector.map((_, index) => axes.reduce((sum, axis, at) => sum + 0.1 ** at * dot(axis, vector) * axis[index]!, 0));
  return { axes, multiply };
}

test('finds the axes with the largest moments, largest first', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 3, max: 24 }), fc.integer({ min: 1, max: 3 }), fc.integer(), async (size, count, seed) => {
    const { axes, multiply } = matrixOf(size, seed);
    const found = await principalAxes({ size, count, multiply: (vectors) => Promise.resolve(vectors.map(multiply)) });
    expect(found.axes).toHaveLength(count);
    for (const [at, axis] of found.axes.entries()) {
      expect(Math.abs(dot(axis, axes[at]!))).toBeCloseTo(1, 3);
      expect(found.lengths[at]! / 0.1 ** at).toBeCloseTo(1, 3);
    }
  }));
});

test('gives numbers also for a matrix of nothing', async () => {
  const { axes, lengths } = await principalAxes({ size: 4, count: 2, multiply: (vectors) => Promise.resolve(vectors.map((vector) => vector.map(() => 0))) });
  expect([...axes.flatMap((axis) => [...axis]), ...lengths].every(Number.isFinite)).toBe(true);
});
