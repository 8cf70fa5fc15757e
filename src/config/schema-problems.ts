// zod's issues in the words of a person with an editor open: the place, what was found there, what is allowed.
import type { z } from 'zod';
import type { JsonSchema } from './allowed.ts';
import { allowedText, keysAt, schemasAt } from './allowed.ts';
import type { ConfigPath, ConfigProblemCode } from './problem.ts';
import { isSecretKey, withoutUrlCredentials } from './secrets.ts';
import { suggest } from './suggest.ts';
import type { YamlProblem, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

/** Every issue as a problem with its place; an issue about three unknown keys is three problems. */
export function schemaProblems(issues: readonly Issue[], source: YamlSource, schema: JsonSchema): YamlProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], source, schema));
}

function problemsOf(issue: Issue, prefix: ConfigPath, source: YamlSource, schema: JsonSchema): YamlProblem[] {
  const path = [...prefix, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, source, schema));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The variant that fits best is the one the person meant.
    const nearest = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0]!;
    if (depthOf(nearest) > 0) return nearest.flatMap((inner) => problemsOf(inner, path, source, schema));
  }
  const value = valueAt(source.data, path);
  if (value === undefined) return [missing(path, source, schema)];
  const allowed = allowedAt(issue, path, source, schema);
  return [problemAt(path, source, { code: codeOf(issue), message: `found ${foundText(path, value, source)}; ${allowed}${didYouMean(value, path, source, schema)}` })];
}

function unknownKey(path: ConfigPath, key: string, source: YamlSource, schema: JsonSchema): YamlProblem {
  const allowed = keysAt(schema, path, source.data);
  const near = suggest(key, allowed);
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`;
  const full = [...path, key];
  return {
    ...source.placeOfKey(full), code: 'CONFIG_UNKNOWN_KEY', path: full,
    message: `found the unknown key \`${key}\`; allowed here ${allowed.length === 1 ? 'is' : 'are'} ${allowed.map((name) => `\`${name}\``).join(', ') || 'no keys'}${hint}`,
  };
}

function missing(path: ConfigPath, source: YamlSource, schema: JsonSchema): YamlProblem {
  return problemAt(path, source, { code: 'CONFIG_MISSING', message: `found nothing; needed is ${allowedText(schemasAt(schema, path, source.data))}` });
}

function problemAt(path: ConfigPath, source: YamlSource, what: { code: ConfigProblemCode; message: string }): YamlProblem {
  return { ...source.placeOf(path), path, ...what };
}

function codeOf(issue: Issue): ConfigProblemCode {
  return issue.code === 'invalid_type' ? 'CONFIG_WRONG_TYPE' : 'CONFIG_NOT_ALLOWED';
}

/** A rule in words of its own (a refinement, a pattern) is better than what its JSON Schema says. */
function allowedAt(issue: Issue, path: ConfigPath, source: YamlSource, schema: JsonSchema): string {
  const isWorded = issue.code === 'custom' || (issue.code === 'invalid_format' && !issue.message.startsWith('Invalid '));
  return isWorded ? `the rule is: ${issue.message}` : `allowed is ${allowedText(schemasAt(schema, path, source.data))}`;
}

function didYouMean(value: unknown, path: ConfigPath, source: YamlSource, schema: JsonSchema): string {
  if (typeof value !== 'string') return '';
  const words = schemasAt(schema, path, source.data).flatMap((variant) => [...(variant.enum ?? []), ...(variant.const === undefined ? [] : [variant.const])]).map(String);
  const near = suggest(value, words);
  return near === undefined ? '' : `; did you mean \`${near}\`?`;
}

function foundText(path: ConfigPath, value: unknown, source: YamlSource): string {
  const written = source.writtenAs(path);
  if (written !== undefined) return `\`${written}\` from the environment, which is ${kindOf(value)}`;
  if (path.some((step) => typeof step === 'string' && isSecretKey(step))) return `${kindOf(value)} (not shown)`;
  if (value === null) return 'nothing (leave the key out for the default)';
  if (typeof value === 'string') return `the text \`${shortened(withoutUrlCredentials(value))}\``;
  if (typeof value === 'number' || typeof value === 'boolean') return `\`${String(value)}\``;
  return kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return { string: 'a text', number: 'a number', boolean: 'true or false', object: 'a mapping' }[typeof value as string] ?? typeof value;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

function depthOf(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function valueAt(data: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((inner, step) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step) ? (inner as Record<string | number, unknown>)[step] : undefined), data);
}
