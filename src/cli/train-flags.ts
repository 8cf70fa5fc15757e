// The hyperparameters on the command line: one flag for each, made from their schema, over a recipe file, over the defaults.
import type { Command } from 'commander';
import { Option } from 'commander';
import { SortlineError } from '../base/errors.ts';
import { loadSchemaFile } from '../config/load-schema-file.ts';
import { formatProblem } from '../config/problem.ts';
import { checkRatios } from '../learning/data/split-ratios.ts';
import { limitsOf, takes, takesText } from '../learning/sweep/hyperparameter-limits.ts';
import type { Hyperparameters, Recipe } from '../learning/train/hyperparameters.ts';
import { hyperparameters, recipe } from '../learning/train/hyperparameters.ts';
import { refuseValue } from './arguments.ts';

type Name = keyof Hyperparameters;
const NAMES = Object.keys(hyperparameters.shape) as Name[];
const DEFAULTS = hyperparameters.parse({});

/** Adds `--learn-rate <number>` for `learn_rate`, and so on. */
export function addHyperparameterFlags(command: Command): void {
  command.optionsGroup('Hyperparameters:');
  for (const name of NAMES) {
    const flag = name.replaceAll('_', '-'), byDefault = DEFAULTS[name];
    const about = (hyperparameters.shape[name].description ?? '').replaceAll('`', '');
    if (typeof byDefault === 'boolean') {
      command.addOption(new Option(`--${flag}`, `${about} (default: ${byDefault ? 'on' : 'off'})`));
      command.addOption(new Option(`--no-${flag}`, `Not: ${flag}.`).hideHelp(false));
      continue;
    }
    const option = new Option(`--${flag} <${typeof byDefault === 'number' ? 'number' : 'word'}>`, `${about} (default: ${String(byDefault)})`);
    command.addOption(option.argParser((text) => valueOf(name, text)));
  }
  command.optionsGroup('Options:');
}

/** What flags and recipe file say, without defaults. Prints every problem of the file and throws CONFIG_INVALID where there is one. */
export function givenHyperparameters(flags: Readonly<Record<string, unknown>>, recipeFile: string | undefined): Recipe {
  const given = Object.fromEntries(NAMES.map((name) => [name, flags[camelCase(name)]]).filter(([, value]) => value !== undefined));
  return { ...(recipeFile === undefined ? {} : recipeFrom(recipeFile)), ...given };
}

/** Throws DATA_SPLIT_INVALID where the shares of the parts do not add up. */
export function completed(given: Recipe): Hyperparameters {
  const all = hyperparameters.parse(given);
  checkRatios({ train: all.train_ratio, val: all.val_ratio, test: all.test_ratio });
  return all;
}

function recipeFrom(file: string): Recipe {
  const loaded = loadSchemaFile(file, { schema: recipe, environment: process.env });
  if (loaded.ok) return loaded.value;
  const { problems } = loaded;
  for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
  throw new SortlineError('CONFIG_INVALID', `the recipe ${file} has ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}, named above: correct ${problems.length === 1 ? 'it' : 'them'}; \`sortline train --help\` says what a recipe may hold`, { context: { file } });
}

function valueOf(name: Name, text: string): string | number {
  const isNumber = limitsOf(name).kind !== 'words';
  const value = isNumber && text.trim() !== '' ? Number(text) : text;
  return takes(name, value) ? value : refuseValue(text, takesText(name).replaceAll('`', ''));
}

/** As commander calls `--learn-rate`. */
function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
