// Gradients by central differences in float64, value by value.
import type { Array64 } from './array64.ts';

const STEP = 1e-5;

/** d f / d values, where `f` reads `values`, which are put back as they were. */
export function finiteDifferences(values: Array64, f: () => number): Float64Array {
  return values.data.map((value, index) => {
    values.data[index] = value + STEP;
    const above = f();
    values.data[index] = value - STEP;
    const below = f();
    values.data[index] = value;
    return (above - below) / (2 * STEP);
  });
}

/** d f / d t along `direction`, one array per array of `point`, which are put back as they were. */
export function directionalDifference(point: readonly Array64[], direction: readonly Float64Array[], f: () => number): number {
  const before = point.map(({ data }) => data.slice());
  const at = (t: number): number => {
    point.forEach(({ data }, array) => data.forEach((_, index) => { data[index] = before[array]![index]! + t * direction[array]![index]!; }));
    return f();
  };
  const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
  at(0);
  return slope;
}
