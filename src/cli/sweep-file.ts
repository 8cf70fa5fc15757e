// A sweep file from the command line: the checked sweep, or everything that is wrong with it on stderr.
import { SortlineError } from '../base/errors.ts';
import { loadSchemaFile } from '../config/load-schema-file.ts';
import { formatProblem } from '../config/problem.ts';
import { findingsOf } from '../learning/sweep/sweep-checks.ts';
import type { SweepConfig } from '../learning/sweep/sweep-config.ts';
import { IGNORED_KEYS, sweepConfig } from '../learning/sweep/sweep-config.ts';

/** The file's sweep. Prints every problem to stderr and throws SWEEP_INVALID where there is one. */
export function sweepFrom(file: string): SweepConfig {
  const loaded = loadSchemaFile(file, { schema: sweepConfig, check: findingsOf, ignoredKeys: IGNORED_KEYS, environment: process.env });
  if (loaded.ok) return loaded.value;
  const { problems } = loaded;
  if (problems[0]!.code === 'CONFIG_UNREADABLE') throw new SortlineError('SWEEP_INVALID', `${file}: ${problems[0]!.message}`, { context: { file } });
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  throw new SortlineError('SWEEP_INVALID', `${file} has ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}, named above: correct ${problems.length === 1 ? 'it' : 'them'}; docs/learning.md says what a sweep file may hold`, { context: { file } });
}
