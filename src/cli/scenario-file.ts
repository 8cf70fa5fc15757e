// The scenario that `--scenario` names: a file, or the one that is built in.
import { SortlineError } from '../base/errors.ts';
import { loadSchemaFile } from '../config/load-schema-file.ts';
import { formatProblem } from '../config/problem.ts';
import type { Scenario } from '../sim/faults/scenario.ts';
import { FULL_MENU, scenarioSchema } from '../sim/faults/scenario.ts';

/** `full`, or a YAML file. Prints every problem to stderr and throws SCENARIO_INVALID where there is one. */
export function scenarioFrom(name: string): Scenario {
  if (name === 'full') return FULL_MENU;
  const loaded = loadSchemaFile(name, { schema: scenarioSchema, environment: process.env });
  if (loaded.ok) return loaded.value;
  const { problems } = loaded;
  if (problems[0]!.code === 'CONFIG_UNREADABLE') throw new SortlineError('SCENARIO_INVALID', `${name}: ${problems[0]!.message}. Expected \`full\` or a scenario file, as docs/faults.md describes it.`, { context: { file: name } });
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  throw new SortlineError('SCENARIO_INVALID', `${name} has ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}, named above; docs/faults.md says what a scenario may hold`, { context: { file: name } });
}
