import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import type { Ledger, LedgerDeps } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { SCHEMA_VERSION } from '../../src/ledger/schema.ts';
import { commanded, decided, look, recipeChanged, seen, settled, truth, wholeLife } from './events.ts';

let folder: string;
let path: string;
let clock: ManualClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-ledger-'));
  path = join(folder, 'sub', 'ledger.sqlite');
  clock = new ManualClock();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(options: Partial<LedgerDeps['options']> = {}, runId = 'run1'): Ledger {
  return openLedger({ clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path, ...options }, run: { runId, line: 'demo', configDigest: 'abc' } });
}

function rows(sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(sql).all().map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

describe('what is stored', () => {
  test('an item has its whole story in one row, and its looks', () => {
    const ledger = open();
    ledger.handle({ kind: 'model.in-use', atNs: 1, model: { model: 'resnet18-v0', sha256: 'ab12', provider: 'cpu', unavailable: [], warmUpMs: 1 } });
    for (const event of wholeLife('run1-000001')) ledger.handle(event);
    ledger.close();
    expect(rows('SELECT * FROM items')).toMatchObject([{
      item_id: 'run1-000001', seen_ns: 1e9, first_frame: 7, position_counts: 1000.25, y_mm: 210.5, length_mm: 90, width_mm: 60,
      decided_ns: 1.2e9, material: 'glass', confidence: 0.9, look_count: 1, model_sha256: 'ab12', decided_bin: 'glass', reason: 'recipe',
      commanded_ns: 1.3e9, command_id: 12, output: 1, target_counts: 7000, hold_ms: 40,
      settled_ns: 1.4e9, bin: 'glass', outcome: 'sorted', cause: 'fired', fired_counts: 7000, count_error: 0,
      truth_material: 'glass', landed_bin: 'glass', first_wall_ms: Date.UTC(2026, 0, 1), settled_wall_ms: Date.UTC(2026, 0, 1),
    }]);
    const [model] = rows("SELECT subject, detail FROM events WHERE kind = 'model.in-use'");
    expect([model!.subject, JSON.parse(String(model!.detail))]).toEqual(['resnet18-v0', expect.objectContaining({ sha256: 'ab12', provider: 'cpu' })]);
    const [stored] = rows('SELECT * FROM looks');
    expect(stored).toMatchObject({ frame: 8, x_px: 5, y_px: 6, width_px: 30, height_px: 40, material: 'glass', inference_ms: 22.5 });
    const bytes = stored!.probabilities as Uint8Array;
    expect(new DataView(bytes.buffer, bytes.byteOffset).getFloat32(4, true)).toBeCloseTo(0.9, 6);
    expect(rows('SELECT run_id, line, model, config_digest, ended_ns FROM runs')).toEqual([{ run_id: 'run1', line: 'demo', model: 'resnet18-v0', config_digest: 'abc', ended_ns: 0 }]);
  });

  test('looks are left out where they are switched off', () => {
    const ledger = open({ looks: false });
    for (const event of wholeLife('a')) ledger.handle(event);
    ledger.close();
    expect(rows('SELECT COUNT(*) AS n FROM looks')).toEqual([{ n: 0 }]);
    expect(rows('SELECT look_count FROM items')).toEqual([{ look_count: 1 }]);
  });

  test('line states, alarms, bins and recipes are events', () => {
    const ledger = open();
    ledger.handle({ kind: 'line.state', atNs: 5, state: 'running', reason: 'started', by: 'operator' });
    ledger.handle({ kind: 'alarm.raised', atNs: 6, alarm: 'jam', subject: 'belt', message: 'stuck', whatToDo: 'clear it' });
    ledger.handle({ kind: 'alarm.cleared', atNs: 7, alarm: 'jam', subject: 'belt' });
    ledger.handle({ kind: 'bin.state', atNs: 8, bin: 'glass', full: true, enabled: true });
    ledger.handle(recipeChanged());
    ledger.close();
    expect(rows('SELECT kind, subject FROM events ORDER BY event')).toEqual([
      { kind: 'line.state', subject: 'running' }, { kind: 'alarm.raised', subject: 'jam' }, { kind: 'alarm.cleared', subject: 'jam' },
      { kind: 'bin.state', subject: 'glass' }, { kind: 'recipe.changed', subject: 'standard' },
    ]);
  });

  test('the first outcome of an item stays', () => {
    const ledger = open();
    for (const event of [seen('a'), settled('a'), settled('a', { outcome: 'lost', cause: 'no-report', bin: 'residue' })]) ledger.handle(event);
    expect(ledger.summary()).toMatchObject({ items: 1, settled: 1, outcomes: { sorted: 1, lost: 0 } });
    ledger.close();
    expect(rows('SELECT outcome FROM items')).toEqual([{ outcome: 'sorted' }]);
  });

  test('stamps of a machine that has been up for a year are kept and can be read', () => {
    clock = new ManualClock({ startNs: 3.2e16 });
    const ledger = open();
    ledger.handle(seen('a', 3.2e16));
    ledger.close();
    expect(rows('SELECT seen_ns FROM items')).toEqual([{ seen_ns: 3.2e16 }]);
  });
});

describe('writing', () => {
  test('events reach the disk together, 200 ms after the first, and not before', async () => {
    const ledger = open();
    ledger.handle(seen('a'));
    await clock.advanceMs(150);
    ledger.handle(seen('b'));
    expect(rows('SELECT COUNT(*) AS n FROM items')).toEqual([{ n: 0 }]);
    await clock.advanceMs(50);
    expect(rows('SELECT COUNT(*) AS n FROM items')).toEqual([{ n: 2 }]);
    expect(ledger.pendingEvents).toBe(0);
    ledger.close();
  });

  test('an event that no table takes is counted and does not hold up the others', async () => {
    const ledger = open();
    const broken = settled('a', { outcome: 'sorted' });
    for (const event of [recipeChanged(), seen('a'), { ...broken, outcome: Symbol('x') as never }, seen('b')]) ledger.handle(event);
    await clock.advanceMs(300);
    expect(rows('SELECT item_id FROM items ORDER BY item')).toEqual([{ item_id: 'a' }, { item_id: 'b' }]);
    // The batch that failed was taken back whole, or this would be there twice.
    expect(rows('SELECT kind FROM events')).toEqual([{ kind: 'recipe.changed' }]);
    expect(ledger.summary().droppedEvents).toBe(1);
    ledger.close();
  });

  test('what is older than the retention is deleted in slices while the line runs', async () => {
    const ledger = open({ retentionDays: 1 });
    for (let index = 0; index < 500; index++) for (const event of wholeLife(`old-${index}`)) ledger.handle(event);
    await clock.advanceMs(2 * 86_400_000);
    for (const event of wholeLife('new')) ledger.handle(event);
    await clock.advanceMs(120_000);
    expect(rows('SELECT item_id FROM items')).toEqual([{ item_id: 'new' }]);
    expect(rows('SELECT COUNT(*) AS n FROM looks')).toEqual([{ n: 1 }]);
    ledger.close();
  });
});

describe('opening', () => {
  test('items of a run that was killed are closed as lost, once, and only those of the same line', async () => {
    const killed = open({}, 'run1');
    const other = openLedger({ clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'other', line: 'other-line' } });
    for (const event of [seen('a'), ...wholeLife('b'), seen('c'), decided('c'), commanded('c')]) killed.handle(event);
    other.handle(seen('d'));
    await clock.advanceMs(400);
    const warnings: unknown[] = [];
    const log = { ...silentLogger, warn: (fields: unknown) => void warnings.push(fields), child: () => log };
    const next = openLedger({ clock, log, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'run2', line: 'demo' } });
    expect(warnings).toEqual([{ closedItems: 2 }]);
    expect(rows('SELECT item_id, outcome, cause FROM items ORDER BY item_id')).toEqual([
      { item_id: 'a', outcome: 'lost', cause: 'no-report' }, { item_id: 'b', outcome: 'sorted', cause: 'fired' },
      { item_id: 'c', outcome: 'lost', cause: 'no-report' }, { item_id: 'd', outcome: null, cause: null },
    ]);
    for (const ledger of [next, other]) ledger.close();
  });

  test('a ledger of a newer Sortline is refused, naming both versions', () => {
    open().close();
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 3}`);
    database.close();
    expect(() => open({}, 'run2')).toThrow(expect.objectContaining({ code: 'LEDGER_VERSION', message: expect.stringContaining(`version ${SCHEMA_VERSION + 3}`) }));
    expect(() => open({}, 'run2')).toThrow(`versions up to ${SCHEMA_VERSION}`);
  });

  test('a file that is no ledger is refused, naming it', () => {
    path = join(folder, 'notes.txt');
    writeFileSync(path, 'not a database, but long enough to be taken for one'.repeat(100));
    expect(() => open()).toThrow(expect.objectContaining({ code: 'LEDGER_OPEN_FAILED', message: expect.stringContaining(path) }));
  });

  test('a run id used before is refused: its items would be overwritten', () => {
    open().close();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'LEDGER_OPEN_FAILED', message: expect.stringContaining('run1') }));
  });
});

describe('the summary', () => {
  test('purity and recovery follow the ground truth, and the recipe', () => {
    const ledger = open({ path: ':memory:' });
    ledger.handle(recipeChanged());
    const item = (itemId: string, material: 'glass' | 'metal', landedIn: string): void => {
      for (const event of [seen(itemId), look(itemId), decided(itemId), settled(itemId), truth(itemId, material, landedIn)]) ledger.handle(event);
    };
    item('a', 'glass', 'glass');
    item('b', 'glass', 'residue');
    item('c', 'metal', 'glass');
    const { bins, accuracy, itemsWithTruth } = ledger.summary();
    expect(bins).toEqual({
      glass: { items: 2, purity: 1 / 2, recovery: 1 / 2 },
      metal: { items: 0, purity: undefined, recovery: 0 },
      residue: { items: 1, purity: 0, recovery: undefined },
    });
    expect(Object.keys(bins).at(-1)).toBe('residue');
    expect({ accuracy, itemsWithTruth }).toEqual({ accuracy: 2 / 3, itemsWithTruth: 3 });
    ledger.close();
  });

  test('without ground truth bins are counted by outcome, and nothing is claimed of purity', () => {
    const ledger = open({ path: ':memory:' });
    for (const event of [seen('a'), settled('a', { countError: -1 }), seen('b'), settled('b', { outcome: 'missed', cause: 'too-late', bin: 'residue' }), seen('c')]) ledger.handle(event);
    expect(ledger.summary()).toMatchObject({
      items: 3, settled: 2, openItems: ['c'], causes: { fired: 1, 'too-late': 1 }, maxCountError: 1, accuracy: undefined,
      bins: { glass: { items: 1, purity: undefined, recovery: undefined }, residue: { items: 1 } },
    });
    ledger.close();
  });
});
