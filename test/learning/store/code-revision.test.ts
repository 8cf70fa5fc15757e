import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeRevision } from '../../../src/learning/store/code-revision.ts';
import { scratchFolder } from './store-rig.ts';

let folder: string;
beforeEach(() => {
  folder = scratchFolder('revision');
  writeFileSync(join(folder, 'package.json'), '{"version":"1.2.3"}');
});
afterEach(() => rmSync(folder, { recursive: true }));

const hasGit = spawnSync('git', ['--version']).status === 0;

function git(...args: string[]): string {
  return execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8' }).trim();
}

test.skipIf(!hasGit)('in a checkout: version, commit, and whether files differ from it', () => {
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '-m', 'x');
  const commit = git('rev-parse', '--short=12', 'HEAD');
  expect(codeRevision(folder)).toBe(`1.2.3 ${commit}`);
  writeFileSync(join(folder, 'new.ts'), '');
  expect(codeRevision(folder)).toBe(`1.2.3 ${commit}+dirty`);
});

test.skipIf(!hasGit)('installed below somebody else\'s repository, or in a broken one: the version', () => {
  git('init', '--quiet');
  const installed = join(folder, 'node_modules', 'sortline');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{"version":"0.9.0"}');
  expect(codeRevision(installed)).toBe('0.9.0');
  // No commit yet.
  expect(codeRevision(folder)).toBe('1.2.3');
});
