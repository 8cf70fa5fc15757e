// docs/errors.md and the union of codes say the same: an operator finds every code, and no row describes a code that is gone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONFIG_PROBLEM_CODES } from '../../src/config/problem.ts';
import { codeOf, root, sourceFiles } from './source-files.ts';

const union = /export type SortlineErrorCode =([\s\S]*?);/.exec(readFileSync(join(root, 'src/base/errors.ts'), 'utf8'))?.[1] ?? '';
const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map((match) => match[1] ?? '');
const [errors = '', configProblems = ''] = readFileSync(join(root, 'docs/errors.md'), 'utf8').split('## Problems in a config file');
const rows = rowsOf(errors);
const reactions = ['refuse start', 'refuse command', 'warn', 'safe state'];

describe('docs/errors.md', () => {
  test('has one row for each code, and no other', () => {
    expect(codes.length).toBeGreaterThan(20);
    expect(rows.map(codeIn).toSorted()).toEqual(codes.toSorted());
  });

  test('has one row for each problem a config file can have, and no other', () => {
    expect(rowsOf(configProblems).map(codeIn).toSorted()).toEqual([...CONFIG_PROBLEM_CODES].toSorted());
  });

  test('fills every column, and names a known reaction', () => {
    const cells = rows.map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\|\s*|\s*\|$/g, '').trim()));
    expect(cells.filter((row) => row.length !== 5 || row.includes('')).map((row) => row[0])).toEqual([]);
    expect(cells.filter((row) => !reactions.some((reaction) => row[3]?.startsWith(reaction))).map((row) => `${row[0]}: ${row[3]}`)).toEqual([]);
  });

  test('each code is raised somewhere', () => {
    const code = sourceFiles('src').filter((file) => file.path !== 'src/base/errors.ts').map((file) => codeOf(file.text)).join('\n');
    expect(codes.filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
  });
});

function rowsOf(text: string): string[] {
  return text.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line));
}

function codeIn(row: string): string {
  return /`([A-Z_]+)`/.exec(row)?.[1] ?? '';
}
