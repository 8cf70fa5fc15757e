// Files with a schema of their own; what a message says of a value is tested with the line's configuration.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadSchemaFile, parseSchemaText } from '../../src/config/load-schema-file.ts';
import type { FileRules } from '../../src/config/load-schema-file.ts';

const schema = z.strictObject({ low: z.int().min(0), high: z.int().default(9), command: z.unknown().optional() });
const rules: FileRules<z.output<typeof schema>> = {
  schema, environment: {}, ignoredKeys: ['command'],
  check: ({ low, high }) => (low < high ? [] : [{ path: ['high'], message: `found ${high}; allowed is more than \`low\`` }]),
};
const placesIn = (text: string): string[] => {
  const parsed = parseSchemaText(text, 'f.yaml', rules);
  return parsed.ok ? [] : parsed.problems.map(({ line, column, code, path }) => `${line}:${column} ${code} ${path}`);
};

describe('parseSchemaText', () => {
  test('gives the value with its defaults', () => {
    expect(parseSchemaText('low: 3\n', 'f.yaml', rules)).toEqual({ ok: true, value: { low: 3, high: 9 } });
  });

  test('places what the schema and what the rules find', () => {
    expect(placesIn('lwo: 3\n')).toEqual(['1:1 CONFIG_MISSING low', '1:1 CONFIG_UNKNOWN_KEY lwo']);
    expect(placesIn('low: 3\nhigh: 2\n')).toEqual(['2:7 CONFIG_NOT_ALLOWED high']);
    expect(placesIn('low: 10\n')).toEqual(['1:1 CONFIG_NOT_ALLOWED high']);
    expect(placesIn('low: [\n')[0]).toContain('CONFIG_SYNTAX');
  });

  test('`${…}` below an ignored key is no variable', () => {
    expect(parseSchemaText('low: 1\ncommand: [ "${env}", "${program}" ]\n', 'f.yaml', rules).ok).toBe(true);
    expect(placesIn('low: "${LOW}"\n')).toContain('1:6 CONFIG_VARIABLE low');
  });
});

test('a file that is not there is a problem, not an exception', () => {
  const loaded = loadSchemaFile('/nowhere/f.yaml', rules);
  expect(loaded.ok ? [] : loaded.problems.map(({ code }) => code)).toEqual(['CONFIG_UNREADABLE']);
});

test('a file without an end is refused for its length', () => {
  expect(loadSchemaFile('/dev/zero', rules)).toMatchObject({ ok: false, problems: [{ code: 'CONFIG_UNREADABLE', message: expect.stringContaining('at most 1000000') }] });
});
