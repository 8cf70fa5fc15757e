// A config file to a checked configuration, or to everything that is wrong with it. Opens nothing the config names.
import { dirname, resolve } from 'node:path';
import { jsonSchemaOf } from './allowed.ts';
import type { Contradiction } from './cross-checks.ts';
import { CROSS_CHECKS } from './cross-checks.ts';
import { readText } from './load-schema-file.ts';
import { resolvePaths } from './paths.ts';
import type { ConfigPath, ConfigProblemCode, Problem } from './problem.ts';
import { pathText } from './problem.ts';
import { repair } from './repair.ts';
import { schemaProblems } from './schema-problems.ts';
import type { Config, Section } from './schema.ts';
import { completeConfig, configSchema } from './schema.ts';
import type { Environment, Place, YamlProblem, YamlSource } from './yaml-source.ts';
import { readYaml } from './yaml-source.ts';

export type ConfigProblem = Problem<ConfigProblemCode>;

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Where a value is written, or what is nearest to it: for problems that show only when the value is used. */
      placeOf(path: ConfigPath): Place;
    }
  /** In the order of the file; at least one. */
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Where to say the text came from, and what fills its `${NAME}`. */
export interface TextOrigin {
  readonly file: string;
  readonly environment: Environment;
}

let cachedSchema: ReturnType<typeof jsonSchemaOf> | undefined;

/** Reads and checks the file at `path`. Never throws for what a file can hold. */
export function loadConfig(path: string, environment: Environment = process.env): LoadedConfig {
  const read = readText(path);
  return read.ok ? parseConfig(read.text, { file: path, environment }) : { ok: false, problems: [read.problem] };
}

/** Checks YAML text as {@link loadConfig} does; relative paths in it start at the folder of `origin.file`. */
export function parseConfig(text: string, origin: TextOrigin): LoadedConfig {
  const source = readYaml(text, origin.environment);
  const { config, problems: found } = checked(source);
  if (found.length === 0) {
    return { ok: true, config: resolvePaths(config, source.data, dirname(resolve(origin.file))), placeOf: source.placeOf };
  }
  const problems = found.map(({ line, column, path, code, message }: YamlProblem): ConfigProblem => ({ file: origin.file, line, column, path: pathText(path), code, message }));
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** The configuration of an empty file: virtual belt, simulated board, embedded broker. */
export function defaultConfig(): Config {
  return resolvePaths(completeConfig(configSchema.parse({})), {}, process.cwd());
}

/** The configuration, with defaults where it is wrong, and all that is wrong. */
function checked(source: YamlSource): { config: Config; problems: readonly YamlProblem[] } {
  if (!source.isReadable) return { config: completeConfig(configSchema.parse({})), problems: source.problems };
  const result = configSchema.safeParse(source.data);
  const unfilled = new Set(source.problems.filter(({ code }) => code === 'CONFIG_VARIABLE').map(({ path }) => pathText(path)));
  const schemaFindings = result.success ? [] : schemaProblems(result.error.issues, source, (cachedSchema ??= jsonSchemaOf(configSchema)))
    .filter(({ path }) => !unfilled.has(pathText(path)));
  const problems = [...source.problems, ...schemaFindings];
  const repaired = repair(configSchema, source.data);
  const config = completeConfig(repaired.value);
  const isWritten = (path: ConfigPath): boolean => Object.hasOwn(source.data as object, path[0] ?? '');
  for (const { path, orAt, message } of contradictionsIn(config, { problems, lostSections: repaired.lostSections })) {
    problems.push({ ...source.placeOf(isWritten(path) ? path : orAt ?? path), path, code: 'CONFIG_INCONSISTENT', message });
  }
  return { config, problems };
}

/** Contradictions that hold whatever the wrong values were meant to be. */
function contradictionsIn(config: Config, wrong: { problems: readonly YamlProblem[]; lostSections: ReadonlySet<string> }): Contradiction[] {
  const wrongPaths = new Set(wrong.problems.map(({ path }) => pathText(path)));
  const wrongSections = new Set(wrong.problems.map(({ path }) => path[0]));
  return CROSS_CHECKS
    .filter(({ reads, isExact }) => !reads.some((section: Section) => wrong.lostSections.has(section) || (isExact === true && wrongSections.has(section))))
    .flatMap(({ check }) => check(config))
    .filter(({ path }) => !wrongPaths.has(pathText(path)));
}
