import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../structure/source-files.ts';
import { scratchSite } from './scratch-site.ts';

const ran = { status: 'passed', assertionResults: [{}] };

describe('the line for machines', () => {
  test.each([
    ['all passed', { numPassedTests: 12, numFailedTests: 0, testResults: [ran] }, '12 passed, 0 failed', 0],
    ['one failed', { numPassedTests: 11, numFailedTests: 1, testResults: [ran] }, '11 passed, 1 failed', 1],
    ['a file that could not be loaded', { numPassedTests: 11, numFailedTests: 0, testResults: [ran, { status: 'failed', assertionResults: [] }] }, '11 passed, 1 failed', 1],
    ['nothing ran', { numPassedTests: 0, numFailedTests: 0, testResults: [] }, '0 passed, 0 failed', 1],
    ['no report', undefined, '0 passed, 1 failed', 1],
  ])('%s', (_name, report, line, code) => {
    using scratch = scratchSite();
    const file = join(scratch.site.root, 'report.json');
    if (report !== undefined) writeFileSync(file, JSON.stringify(report));
    const { stdout, status } = spawnSync(process.execPath, [join(root, 'scripts', 'test-summary.js'), file], { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: `${line}\n`, status: code });
  });
});
