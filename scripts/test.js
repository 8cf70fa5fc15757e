// @ts-check
// `npm test`: set-up (with what only the tests need), type check, then every test; `npm test -- test/link` runs a part.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSite, runtimeEnv, runtimeOf } from './setup/site.js';
import { missingSteps, setUp } from './setup/set-up.js';

/** Files of compiled code that are kept; a run of all tests leaves some 600 that are of no more use. */
const MOST_COMPILED = 12_000;

const site = createSite({ forTests: true });
const report = join(site.own, 'test-report.json');
rmSync(report, { force: true });
if (missingSteps(site).length === 0) console.log('Set-up: nothing is missing.');
else if (!(await setUp(site, { stream: process.stdout }))) process.exit(1);

dropCompiled();
console.log('Type check ...');
const isTyped = runOnRuntime('typescript/bin/tsc', ['--noEmit']);
console.log(isTyped ? 'Type check: no errors.' : 'Type check: failed, see above.');
const arePassing = runOnRuntime('vitest/vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)]);
process.exitCode = isTyped && arePassing ? 0 : 1;

/** @param {string} script a file of a package @param {string[]} args */
function runOnRuntime(script, args) {
  const { status } = spawnSync(runtimeOf(site)?.node ?? 'node', [join(site.root, 'node_modules', script), ...args], { cwd: site.root, env: runtimeEnv(site), stdio: 'inherit' });
  return status === 0;
}

/** Vitest names a test file anew in every run, so that what Node compiled of it is read by no other and would fill the disk. */
function dropCompiled() {
  const folder = join(site.own, 'compile-cache');
  if (existsSync(folder) && readdirSync(folder, { recursive: true }).length > MOST_COMPILED) rmSync(folder, { recursive: true, force: true });
}
