// A YAML file against a schema of its own, a sweep or a recipe: checked like the line's configuration, with the place of every
// problem. Knows nothing of what the schema describes.
import { closeSync, openSync, readSync } from 'node:fs';
import type { z } from 'zod';
import { reasonOf } from '../base/errors.ts';
import { jsonSchemaOf } from './allowed.ts';
import type { ConfigPath, ConfigProblemCode, Problem } from './problem.ts';
import { pathText } from './problem.ts';
import { schemaProblems } from './schema-problems.ts';
import type { Environment, YamlProblem } from './yaml-source.ts';
import { readYaml } from './yaml-source.ts';

export interface FileRules<T> {
  readonly schema: z.ZodType<T>;
  /** Rules that a schema cannot hold; asked only when the schema found nothing. The message says what was found and what is allowed. */
  readonly check?: (value: T) => readonly { readonly path: ConfigPath; readonly message: string }[];
  /** Keys whose value is nobody's business, so that a `${NAME}` in it is no variable. */
  readonly ignoredKeys?: readonly string[];
  /** Fills `${NAME}`. */
  readonly environment: Environment;
}

export type LoadedFile<T> =
  | { readonly ok: true; readonly value: T }
  /** In the order of the file; at least one. */
  | { readonly ok: false; readonly problems: readonly Problem<ConfigProblemCode>[] };

/** Reads and checks the file at `path`. Never throws for what a file can hold. */
export function loadSchemaFile<T>(path: string, rules: FileRules<T>): LoadedFile<T> {
  const read = readText(path);
  return read.ok ? parseSchemaText(read.text, path, rules) : { ok: false, problems: [read.problem] };
}

/** Checks `text` as {@link loadSchemaFile} does; problems are said to be of `file`. */
export function parseSchemaText<T>(text: string, file: string, rules: FileRules<T>): LoadedFile<T> {
  const source = readYaml(text, rules.environment);
  const found: YamlProblem[] = source.problems.filter(({ code, path }) => code !== 'CONFIG_VARIABLE' || rules.ignoredKeys?.includes(String(path[0])) !== true);
  if (source.isReadable) {
    const result = rules.schema.safeParse(source.data);
    if (!result.success) found.push(...schemaProblems(result.error.issues, source, jsonSchemaOf(rules.schema)));
    else if (found.length === 0) {
      for (const { path, message } of rules.check?.(result.data) ?? []) found.push({ ...source.placeOf(path), path, message, code: 'CONFIG_NOT_ALLOWED' });
      if (found.length === 0) return { ok: true, value: result.data };
    }
  }
  const problems = found.map(({ line, column, path, code, message }) => ({ file, line, column, path: pathText(path), code, message }));
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** The text of a file that is to be UTF-8. */
export function readText(path: string): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: Problem<ConfigProblemCode> } {
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(readStart(path)) };
  } catch (error) {
    const reason = error instanceof TypeError ? 'the file is not text in UTF-8' : reasonOf(error);
    return { ok: false, problem: { file: path, line: 1, column: 1, path: '', code: 'CONFIG_UNREADABLE', message: `the file cannot be read: ${reason}` } };
  }
}

/** More than any such file may have in whatever characters; what is longer is refused for its length. */
const MOST_BYTES = 4_100_000;

/** The bytes of the file, or the first of one that is longer or has no end. */
function readStart(path: string): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(MOST_BYTES);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(descriptor, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
