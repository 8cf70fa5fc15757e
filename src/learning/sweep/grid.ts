// The combinations of a grid, numbered: the last parameter changes fastest. A trial's number alone says what it is told, so a grid
// ends exactly when as many trials have begun as there are combinations.
import { createDistribution } from './distributions.ts';
import { limitsOf } from './hyperparameter-limits.ts';
import type { Choice, Parameters, SweepConfig } from './sweep-config.ts';

/** How many combinations there are; every parameter must be countable. */
export function gridSizeOf(config: SweepConfig): number {
  return axesOf(config).reduce((size, [, values]) => size * values.length, 1);
}

/** Combination `number`, 0-based; undefined past the last one. */
export function gridPoint(config: SweepConfig, number: number): Parameters | undefined {
  const axes = axesOf(config);
  let rest = number;
  const point = axes.toReversed().map(([name, values]): [string, Choice] => {
    const value = values[rest % values.length]!;
    rest = Math.floor(rest / values.length);
    return [name, value];
  });
  return rest > 0 ? undefined : Object.fromEntries(point.toReversed());
}

function axesOf(config: SweepConfig): [string, readonly Choice[]][] {
  return Object.entries(config.parameters).flatMap(([name, spec]) => (spec === undefined ? [] : [[name, createDistribution(spec, limitsOf(name)).values ?? []]]));
}
