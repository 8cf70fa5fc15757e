import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isSortlineError } from '../../../src/base/errors.ts';
import { writeReport } from '../../../src/learning/report/write-report.ts';
import { scratchFolder } from '../store/store-rig.ts';

function scratch(): string {
  const folder = scratchFolder('report');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

it('writes the whole report, in folders that it makes, over the one before, and leaves nothing beside it', () => {
  const folder = scratch(), file = join(folder, 'a', 'b', 'report.html');
  writeReport(file, 'first');
  writeReport(file, 'ä'.repeat(100_000));
  expect(readFileSync(file, 'utf8')).toBe('ä'.repeat(100_000));
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['report.html']);
});

it('names what cannot be written, and leaves nothing behind', () => {
  const folder = scratch(), file = join(folder, 'taken');
  mkdirSync(file);
  expect(() => writeReport(file, 'text')).toThrow(expect.objectContaining({ code: 'REPORT_WRITE_FAILED', message: expect.stringContaining(file) }));
  expect(readdirSync(folder)).toEqual(['taken']);
  try {
    writeReport(join('/proc', 'report.html'), 'text');
    expect.unreachable();
  } catch (error) {
    expect(isSortlineError(error, 'REPORT_WRITE_FAILED')).toBe(true);
  }
});
