// `sortline check`: everything that is wrong with a config at once, and what the parts it names say when they are opened.
import type { Command } from 'commander';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Problem } from '../config/problem.ts';
import { formatProblem, pathText } from '../config/problem.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';

interface CheckFlags {
  readonly config: string;
  readonly json?: boolean;
  /** False with `--no-open`. */
  readonly open: boolean;
}

export function addCheckCommand(program: Command): void {
  program.command('check')
    .summary('say everything that is wrong with a config file')
    .description('Checks a config file, then opens every part it names, from the model to the dashboard, and reports each. Nothing moves: the board is not armed.')
    .option('-c, --config <file>', 'the config file', 'sortline.yaml')
    .option('--no-open', 'check the file only, open nothing')
    .option('--json', 'print {ok, problems: [{file, line, column, path, code, message}]}')
    .addHelpText('after', '\nExample:\n  $ sortline check -c sortline.yaml')
    .action(async (flags: CheckFlags) => {
      const loaded = loadConfig(flags.config);
      const say = (line: string): void => void (flags.json === true ? process.stderr : process.stdout).write(`${line}\n`);
      const problems = loaded.ok ? await openParts(loaded, flags, say) : loaded.problems;
      for (const problem of problems) say(formatProblem(problem));
      const ok = problems.length === 0;
      if (flags.json === true) process.stdout.write(`${JSON.stringify({ ok, problems })}\n`);
      else say(ok ? `${flags.config} is good` : `${flags.config}: ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}`);
      process.exitCode = ok ? EXIT_OK : EXIT_REFUSED;
    });
}

/** Opens one part after the other, so that two never compete for a device; each that fails is a problem. */
async function openParts(loaded: LoadedConfig & { ok: true }, flags: CheckFlags, say: (line: string) => void): Promise<Problem[]> {
  if (!flags.open) return [];
  const { PART_CHECKS } = await import('./check-parts.ts');
  const problems: Problem[] = [];
  for (const { part, path, open } of PART_CHECKS) {
    try {
      say(`ok    ${part.padEnd(12)} ${await open(loaded.config)}`);
    } catch (error) {
      say(`wrong ${part}`);
      problems.push({
        file: flags.config, ...loaded.placeOf(path), path: pathText(path),
        code: isSortlineError(error) ? error.code : 'INTERNAL', message: reasonOf(error),
      });
    }
  }
  return problems;
}
