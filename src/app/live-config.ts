// What may change in the config file while the line runs: recipe, thresholds, bins' switches. The rest is named and waits.
import type { Logger } from '../base/logger.ts';
import { formatProblem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { ConfigWatch } from '../config/watch-config.ts';
import { watchConfig } from '../config/watch-config.ts';
import { recipeOf } from '../decide/options.ts';
import type { Line } from './line.ts';

/** Applies edits of the file at `path` to the running line until closed. */
export function followConfig(path: string, options: { running: Config; line: Line; log: Logger }): ConfigWatch {
  const { running, line, log } = options;
  return watchConfig(path, {
    onValid: () => line.alarms.clear('config-rejected', path),
    onChange: (config) => line.applyRecipe(recipeOf(config.recipe), config.bins, 'config file'),
    onProblems: (problems) => {
      for (const problem of problems) log.warn(formatProblem(problem));
      line.alarms.raise('config-rejected', path, `the edited config has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}, named in the log; the last good one stays in force`);
    },
    onRestartNeeded: (sections) => log.warn(`changed in the config, but in force only after a restart: ${sections.join(', ')}`),
  }, { running });
}
