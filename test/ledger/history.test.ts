// What the history says of a period is what was told to the ledger in that period.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { Period } from '../../src/ledger/history.ts';
import { historyOverview } from '../../src/ledger/history.ts';
import { historyEvents, itemPage, itemStory } from '../../src/ledger/history-items.ts';
import { runSpans } from '../../src/ledger/history-spans.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import type { Database } from '../../src/ledger/sqlite.ts';
import { openSqlite } from '../../src/ledger/sqlite.ts';
import { decided, look, recipe, recipeChanged, seen, settled, truth } from './events.ts';

const MINUTE = 60_000;
let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-history-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function open(clock: ManualClock, path = join(folder, `${files++}.sqlite`), options: Partial<ReturnType<typeof ledgerOptions.parse>> = {}): { ledger: Ledger; path: string } {
  return { ledger: openLedger({ clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path, ...options }, run: { runId: `run${files++}`, line: 'demo' } }), path };
}

function reading<T>(path: string, work: (database: Database) => T): T {
  const database = openSqlite(path, { readOnly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const sum = (rows: readonly { items: number }[]): number => rows.reduce((total, { items }) => total + items, 0);

describe('a period', () => {
  const item = fc.record({
    afterMs: fc.integer({ min: 0, max: 20 * MINUTE }), material: fc.constantFrom(...MATERIALS), outcome: fc.constantFrom(...OUTCOMES),
    bin: fc.constantFrom('glass', 'metal', 'residue'), isSettled: fc.boolean(), landedIn: fc.option(fc.constantFrom('glass', 'residue'), { nil: undefined }),
  });
  const moment = fc.integer({ min: -30 * MINUTE, max: 300 * MINUTE });

  test('holds exactly the items first seen in it, whatever its bounds', async () => {
    await fc.assert(fc.asyncProperty(fc.array(item, { maxLength: 40 }), moment, moment, async (items, one, other) => {
      const clock = new ManualClock({ wallMs: Date.UTC(2026, 0, 1) });
      const startMs = clock.wallMs();
      const { ledger, path } = open(clock);
      const told: { seenMs: number; settled: boolean; landed: boolean; outcome: string; material: string }[] = [];
      for (const [index, { afterMs, material, outcome, bin, isSettled, landedIn }] of items.entries()) {
        await clock.advanceMs(afterMs);
        const id = `item-${index}`;
        ledger.handle(seen(id));
        ledger.handle(decided(id, { material }));
        if (isSettled) ledger.handle(settled(id, { outcome, bin, material }));
        if (landedIn !== undefined) ledger.handle(truth(id, material, landedIn));
        told.push({ seenMs: clock.wallMs(), settled: isSettled, landed: landedIn !== undefined, outcome, material });
      }
      ledger.close();
      const asked: Period = { fromMs: startMs + Math.min(one, other), toMs: startMs + Math.max(one, other) };
      const { tallies, landings, period, series } = reading(path, (database) => historyOverview(database, asked));
      const within = told.filter(({ seenMs }) => seenMs >= period.fromMs && seenMs < period.toMs);
      expect(period).toEqual(asked);
      expect(sum(tallies)).toBe(within.filter((each) => each.settled).length);
      expect(sum(landings)).toBe(within.filter((each) => each.landed).length);
      for (const outcome of OUTCOMES) expect(sum(tallies.filter((each) => each.outcome === outcome))).toBe(within.filter((each) => each.settled && each.outcome === outcome).length);
      expect(sum(series.points)).toBeGreaterThanOrEqual(sum(tallies));
    }), { numRuns: 25 });
  });

  test('is told from the sums where its items are no longer kept', async () => {
    const clock = new ManualClock();
    const startMs = clock.wallMs();
    const { ledger, path } = open(clock, undefined, { retentionDays: 1 });
    for (let k = 0; k < 30; k++) {
      ledger.handle(seen(`old-${k}`));
      ledger.handle(settled(`old-${k}`));
      await clock.advanceMs(MINUTE);
    }
    await clock.advanceMs(26 * 60 * MINUTE);
    ledger.handle(seen('new'));
    ledger.handle(settled('new'));
    ledger.close();
    reading(path, (database) => {
      expect(itemPage(database, { period: { fromMs: 0, toMs: Infinity }, filter: {}, limit: 100 }).items.map(({ itemId }) => itemId)).toEqual(['new']);
      const { period, tallies } = historyOverview(database, { fromMs: startMs + 12 * MINUTE, toMs: startMs + 40 * MINUTE });
      expect(period).toEqual({ fromMs: startMs + 10 * MINUTE, toMs: startMs + 40 * MINUTE });
      expect(sum(tallies)).toBe(20);
    });
  });

  test('knows its alarms, how often and for how long, and the recipe at its end', async () => {
    const clock = new ManualClock();
    const startMs = clock.wallMs();
    const { ledger, path } = open(clock);
    const raise = (subject: string): void => ledger.handle({ kind: 'alarm.raised', atNs: clock.nowNs(), alarm: 'bin-full', subject, message: 'full', whatToDo: 'Empty it.' });
    const clear = (subject: string): void => ledger.handle({ kind: 'alarm.cleared', atNs: clock.nowNs(), alarm: 'bin-full', subject });
    raise('metal');
    await clock.advanceMs(5 * MINUTE);
    clear('metal');
    ledger.handle(recipeChanged());
    await clock.advanceMs(5 * MINUTE);
    raise('metal');
    raise('glass');
    await clock.advanceMs(5 * MINUTE);
    ledger.close();
    const overview = reading(path, (database) => historyOverview(database, { fromMs: startMs + 2 * MINUTE, toMs: startMs + 20 * MINUTE }));
    expect(overview.alarms).toEqual([
      { alarm: 'bin-full', subject: 'metal', times: 1, activeMs: (3 + 10) * MINUTE },
      { alarm: 'bin-full', subject: 'glass', times: 1, activeMs: 10 * MINUTE },
    ]);
    expect(overview.recipe).toEqual(recipe);
    expect(reading(path, (database) => historyEvents(database, { fromMs: startMs, toMs: startMs + 20 * MINUTE })).map(({ kind }) => kind))
      .toEqual(['alarm.raised', 'alarm.raised', 'recipe.changed', 'alarm.cleared', 'alarm.raised']);
  });
});

test('a ledger of an earlier version gets its sums from its items', () => {
  const clock = new ManualClock();
  const { ledger, path } = open(clock);
  for (const event of [seen('a'), settled('a'), truth('a'), seen('b'), settled('b', { outcome: 'rejected', cause: 'no-look', bin: 'residue' }), seen('open')]) ledger.handle(event);
  ledger.close();
  const before = reading(path, (database) => historyOverview(database, { fromMs: 0, toMs: clock.wallMs() + MINUTE }));
  const old = new DatabaseSync(path);
  const versions = Number(old.prepare('PRAGMA user_version').get()?.['user_version']);
  const later = old.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('runs', 'items', 'looks', 'events', 'migrations', 'sqlite_sequence')").all();
  for (const { name } of later) old.exec(`DROP TABLE ${String(name)}`);
  old.exec('DELETE FROM migrations WHERE version > 2; PRAGMA user_version = 2');
  old.close();
  expect(versions).toBeGreaterThan(2);
  // Opening closes what the earlier run left open.
  open(clock, path).ledger.close();
  const after = reading(path, (database) => historyOverview(database, { fromMs: 0, toMs: clock.wallMs() + MINUTE }));
  const lost = { material: '', bin: 'residue', outcome: 'lost', cause: 'no-report', items: 1, confidence: 0 };
  expect(after.tallies).toEqual(expect.arrayContaining([...before.tallies, lost]));
  expect(after.landings).toEqual(before.landings);
});

describe('single items', () => {
  test('come newest first, each once, whatever the filter, the page and how far one page may look', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...OUTCOMES), fc.nat(3)), { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20 }), fc.option(fc.constantFrom(...OUTCOMES), { nil: undefined }), async (items, limit, scanned, outcome) => {
      const clock = new ManualClock();
      const { ledger, path } = open(clock);
      for (const [index, [how, gapMs]] of items.entries()) {
        await clock.advanceMs(gapMs);
        ledger.handle(seen(`item-${index}`));
        ledger.handle(settled(`item-${index}`, { outcome: how }));
      }
      ledger.close();
      const found: string[] = [];
      reading(path, (database) => {
        for (let before: Parameters<typeof itemPage>[1]['before'], pages = 0; pages < 200; pages++) {
          const page = itemPage(database, { period: { fromMs: 0, toMs: clock.wallMs() + 1 }, filter: { outcome }, before, limit }, scanned);
          found.push(...page.items.map(({ itemId }) => itemId));
          if (page.next === undefined) break;
          before = page.next;
        }
      });
      expect(found).toEqual(items.map(([how], index) => [how, `item-${index}`] as const).filter(([how]) => outcome === undefined || how === outcome).map(([, id]) => id).reverse());
    }), { numRuns: 25 });
  });

  test('tell their whole story, looks included', () => {
    const { ledger, path } = open(new ManualClock());
    for (const event of [seen('a'), look('a', 8), look('a', 9, 'metal'), decided('a'), settled('a')]) ledger.handle(event);
    ledger.close();
    const story = reading(path, (database) => itemStory(database, 'a'));
    expect(story).toMatchObject({ itemId: 'a', material: 'glass', reason: 'recipe', outcome: 'sorted', lengthMm: 90, decidedAfterMs: 200, settledAfterMs: 400, commandedAfterMs: null });
    expect(story!.allLooks.map(({ frame, material }) => [frame, material])).toEqual([[8, 'glass'], [9, 'metal']]);
    expect(story!.probabilities![1]).toBeCloseTo(0.9, 6);
    expect(reading(path, (database) => itemStory(database, 'b'))).toBeUndefined();
  });
});

test('runs are periods, and so is what lies between notes that name a batch', async () => {
  const clock = new ManualClock();
  const { ledger, path } = open(clock);
  const note = (text: string): void => ledger.handle({ kind: 'operator.command', atNs: clock.nowNs(), command: 'note', detail: { text }, by: 'anna', result: 'accepted', reason: undefined });
  await clock.advanceMs(MINUTE);
  note('batch 17 kerbside');
  await clock.advanceMs(MINUTE);
  note('lens cleaned');
  note('batch 18');
  ledger.close();
  const startMs = Date.UTC(2026, 0, 1);
  expect(reading(path, runSpans)).toMatchObject([
    { kind: 'run', fromMs: startMs },
    { kind: 'batch', name: '18', fromMs: startMs + 2 * MINUTE, toMs: undefined },
    { kind: 'batch', name: '17 kerbside', fromMs: startMs + MINUTE, toMs: startMs + 2 * MINUTE },
  ]);
});
