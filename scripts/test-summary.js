// @ts-check
// Prints the last test run (or the report given) as one plain line, 'N passed, N failed', for machines; exits 1 when
// anything failed or nothing ran.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSite } from './setup/site.js';

const { passed, failed } = counts(process.argv[2] ?? join(createSite().own, 'test-report.json'));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;

/** A test file that could not even be loaded has no tests to count: it counts as one failure. @param {string} file */
function counts(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const unloaded = report.testResults.filter((/** @type {any} */ suite) => suite.status === 'failed' && suite.assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded };
}
