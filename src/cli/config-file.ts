// What every command with `-c` does first: load the file, or say everything that is wrong with it.
import { SortlineError } from '../base/errors.ts';
import { loadConfig } from '../config/load-config.ts';
import { formatProblem } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';

/** The file's configuration. Prints every problem to stderr and throws CONFIG_INVALID where there is one. */
export function configFrom(file: string): Config {
  const loaded = loadConfig(file);
  if (loaded.ok) return loaded.config;
  const [first] = loaded.problems;
  if (first!.code === 'CONFIG_UNREADABLE') throw new SortlineError('CONFIG_UNREADABLE', `${file}: ${first!.message}`, { context: { file } });
  for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  const { length } = loaded.problems;
  throw new SortlineError('CONFIG_INVALID', `${file} has ${length === 1 ? 'one problem' : `${length} problems`}, named above: correct ${length === 1 ? 'it' : 'them'}; \`sortline config --reference\` lists what is allowed`, { context: { file } });
}
