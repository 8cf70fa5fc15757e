// What differs between two configurations, and whether a running line can take it.
import { isDeepStrictEqual } from 'node:util';
import type { Config, Section } from './schema.ts';

export interface ConfigChanges {
  /** Recipe, thresholds or a bin's switch differ: they apply while the line runs. */
  readonly live: boolean;
  /** Sections whose changes need a restart of the service. */
  readonly restartNeeded: readonly Section[];
}

export function compareConfigs(before: Config, after: Config): ConfigChanges {
  const sections = Object.keys(after) as Section[];
  const changed = sections.filter((section) => !isDeepStrictEqual(before[section], after[section]));
  const idsOf = (config: Config): string[] => config.bins.map((bin) => bin.id).toSorted();
  // Which bins there are is bound to the actuators; which may be used is not.
  const sameBins = isDeepStrictEqual(idsOf(before), idsOf(after));
  return {
    live: changed.includes('recipe') || (changed.includes('bins') && sameBins),
    restartNeeded: changed.filter((section) => section !== 'recipe' && (section !== 'bins' || !sameBins)),
  };
}

/** The running configuration with what may change while the line runs taken from `after`. */
export function withLiveChanges(running: Config, after: Config): Config {
  const { live, restartNeeded } = compareConfigs(running, after);
  if (!live || restartNeeded.includes('bins')) return running;
  return { ...running, recipe: after.recipe, bins: after.bins };
}
