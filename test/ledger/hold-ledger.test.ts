import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { holdLedger } from '../../src/ledger/hold-ledger.ts';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-hold-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const moduleOf = (file: string): string => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
const holder = (path: string): string => `Promise.all([import(${moduleOf('ledger/hold-ledger.ts')}), import(${moduleOf('base/clock.ts')})]).then(([{ holdLedger }, { systemClock }]) => { holdLedger(${JSON.stringify(path)}, systemClock); console.log('held'); setInterval(() => undefined, 1000); })`;

test('a ledger is held by one, and free again when that one lets go', () => {
  const path = join(folder, 'made', 'ledger.sqlite');
  const hold = holdLedger(path, systemClock);
  expect(() => holdLedger(path, systemClock)).toThrow(expect.objectContaining({ code: 'LEDGER_OPEN_FAILED', message: expect.stringContaining(`in use by another Sortline (process ${process.pid}, since 20`) as string }));
  hold.release();
  holdLedger(path, systemClock).release();
});

test('a process that is killed -9 holds nothing any more', async () => {
  const path = join(folder, 'ledger.sqlite');
  const child = spawn(process.execPath, ['-e', holder(path)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  try {
    expect(() => holdLedger(path, systemClock)).toThrow(expect.objectContaining({ message: expect.stringContaining(`process ${child.pid}`) as string }));
  } finally {
    child.kill('SIGKILL');
  }
  await once(child, 'exit');
  holdLedger(path, systemClock).release();
});

test('where no lock can be made the ledger itself says what is wrong', () => {
  holdLedger(':memory:', systemClock).release();
  holdLedger('/dev/null/ledger.sqlite', systemClock).release();
});
