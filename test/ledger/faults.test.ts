// What the ledger does when the disk or the process fails: the line goes on, nothing is half, and it says so.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import type { Ledger, LedgerDeps } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import type { Database } from '../../src/ledger/sqlite.ts';
import { openSqlite } from '../../src/ledger/sqlite.ts';
import { look, seen, settled, wholeLife } from './events.ts';

let folder: string;
let path: string;
let clock: ManualClock;
let failures: string[];
let recoveries: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-ledger-'));
  path = join(folder, 'ledger.sqlite');
  clock = new ManualClock();
  failures = [];
  recoveries = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(deps: Partial<LedgerDeps> = {}): Ledger {
  return openLedger({
    clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'run1', line: 'demo' },
    onFailing: (message) => failures.push(message), onRecovered: () => { recoveries++; }, ...deps,
  });
}

function query(sql: string): Record<string, unknown> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return { ...database.prepare(sql).get() };
  } finally {
    database.close();
  }
}

/** SQLite itself says that the disk is full when a file may not grow past `maxPages`. */
function fullAfter(maxPages: () => number): (path: string) => Database {
  return (each) => {
    const database = openSqlite(each);
    return {
      ...database,
      transaction: (work) => {
        database.exec(`PRAGMA max_page_count = ${maxPages()}`);
        return database.transaction(work);
      },
    };
  };
}

describe('a full disk', () => {
  test('sorting goes on, it is said once, everything is written when there is room', async () => {
    let pages = 40;
    const ledger = open({ openDatabase: fullAfter(() => pages) });
    for (let index = 0; index < 2000; index++) for (const event of wholeLife(`a${index}`)) ledger.handle(event);
    await clock.advanceMs(60_000);
    expect(failures).toEqual([expect.stringMatching(/ledger\.sqlite cannot be written: .*full.*Sorting goes on/)]);
    expect(ledger.failure).toBe(failures[0]);
    expect(ledger.summary()).toMatchObject({ settled: 2000, outcomes: { sorted: 2000 }, droppedEvents: 0 });
    // No item is there by half: what is on disk was written in whole batches.
    expect(query('SELECT COUNT(*) AS n FROM items WHERE (outcome IS NULL) <> (cause IS NULL)')).toEqual({ n: 0 });
    pages = 1_000_000;
    await clock.advanceMs(60_000);
    expect({ recoveries, failure: ledger.failure, pending: ledger.pendingEvents }).toEqual({ recoveries: 1, failure: undefined, pending: 0 });
    expect(query("SELECT COUNT(*) AS n FROM items WHERE outcome = 'sorted'")).toEqual({ n: 2000 });
    expect(query('SELECT COUNT(*) AS n FROM looks')).toEqual({ n: 2000 });
    ledger.close();
  });

  test('for too long, memory stays bounded: looks go first, then the oldest; counted, and noted in the file', async () => {
    let pages = 1_000_000;
    const ledger = open({ openDatabase: fullAfter(() => pages) });
    pages = 1;
    for (let index = 0; index < 20_000; index++) for (const event of wholeLife(`a${index}`)) ledger.handle(event);
    await clock.advanceMs(1000);
    expect(ledger.pendingEvents).toBeLessThanOrEqual(50_250);
    const { droppedEvents, settled: count, outcomes } = ledger.summary();
    expect({ count, sorted: outcomes.sorted }).toEqual({ count: 20_000, sorted: 20_000 });
    expect(droppedEvents + ledger.pendingEvents).toBe(120_000);
    pages = 1_000_000;
    await clock.advanceMs(120_000);
    expect(ledger.pendingEvents).toBe(0);
    expect(JSON.parse(String(query("SELECT detail FROM events WHERE kind = 'ledger.gap'").detail))).toMatchObject({ droppedEvents });
    // The newest items have their outcome, though the looks are gone.
    expect(query("SELECT outcome, cause FROM items WHERE item_id = 'a19999'")).toEqual({ outcome: 'sorted', cause: 'fired' });
    ledger.close();
  });

  const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
  test.skipIf(!canMount)('on a real file system without room', async (context) => {
    const mountPoint = join(folder, 'disk');
    mkdirSync(mountPoint);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint]).status !== 0) context.skip('needs the right to mount a file system');
    try {
      path = join(mountPoint, 'ledger.sqlite');
      const filler = join(mountPoint, 'filler');
      const ledger = open();
      await clock.advanceMs(200);
      const room = 600 * 1024;
      writeFileSync(filler, Buffer.alloc(room));
      for (let index = 0; index < 1500; index++) for (const event of wholeLife(`a${index}`).filter(({ kind }) => kind !== 'item.look')) ledger.handle(event);
      await clock.advanceMs(30_000);
      expect(failures).toHaveLength(1);
      rmSync(filler);
      const more = spawnSync('mount', ['-o', 'remount,size=16m', mountPoint]);
      expect(more.status).toBe(0);
      await clock.advanceMs(60_000);
      expect(recoveries).toBe(1);
      ledger.close();
      expect(query('SELECT COUNT(*) AS n FROM items WHERE outcome IS NOT NULL')).toEqual({ n: 1500 });
      expect(query('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
    } finally {
      spawnSync('umount', ['-l', mountPoint]);
    }
  });

  test('at opening: the ledger opens when there is room, and nothing is missing', async () => {
    let isFull = true;
    const ledger = open({
      openDatabase: (each) => {
        if (isFull) throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
        return openSqlite(each);
      },
    });
    for (const event of wholeLife('a')) ledger.handle(event);
    await clock.advanceMs(5000);
    expect(failures).toHaveLength(1);
    isFull = false;
    await clock.advanceMs(10_000);
    expect(recoveries).toBe(1);
    ledger.close();
    expect(query('SELECT outcome FROM items')).toEqual({ outcome: 'sorted' });
  });
});

test('a file locked by another program is waited for, not blocked on', async () => {
  const ledger = open();
  const other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  for (const event of [seen('a'), look('a'), settled('a')]) ledger.handle(event);
  await clock.advanceMs(300);
  expect(failures).toEqual([expect.stringContaining('locked')]);
  other.exec('ROLLBACK');
  other.close();
  await clock.advanceMs(1000);
  expect({ recoveries, pending: ledger.pendingEvents }).toEqual({ recoveries: 1, pending: 0 });
  ledger.close();
});

test('after kill -9 the ledger opens clean: whole items are whole, open ones are lost', async () => {
  const child = spawn(process.execPath, [new URL('child-ledger.ts', import.meta.url).pathname, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const warnings: unknown[] = [];
  const log = { ...silentLogger, warn: (fields: unknown) => void warnings.push(fields), child: () => log };
  const ledger = openLedger({ clock, log, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'next', line: 'demo' } });
  expect(query('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
  const { open: openItems, lost, sorted, all } = query(`SELECT COUNT(*) FILTER (WHERE outcome IS NULL) AS open, COUNT(*) FILTER (WHERE outcome = 'lost' AND cause = 'no-report') AS lost,
    COUNT(*) FILTER (WHERE outcome = 'sorted') AS sorted, COUNT(*) AS "all" FROM items`) as Record<string, number>;
  expect(openItems).toBe(0);
  expect(lost).toBeGreaterThan(0);
  expect(sorted).toBeGreaterThan(0);
  expect(lost! + sorted!).toBe(all);
  expect(warnings).toEqual([{ closedItems: lost }]);
  expect(query("SELECT ended_wall_ms >= started_wall_ms AS ended FROM runs WHERE run_id = 'killed'")).toEqual({ ended: 1 });
  ledger.close();
});
