// Whatever events come in whatever order, the books balance: in memory, and on disk against memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { OUTCOME_CAUSES, OUTCOMES } from '../../src/domain/decision.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { commanded, decided, look, recipeChanged, seen, settled, truth } from './events.ts';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-ledger-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const itemId = fc.integer({ min: 0, max: 12 }).map((index) => `item${index}`);
const bin = fc.constantFrom('glass', 'metal', 'residue');
const event: fc.Arbitrary<LineEvent> = fc.oneof(
  { weight: 4, arbitrary: itemId.map((id) => seen(id)) },
  fc.record({ id: itemId, frame: fc.nat(5) }).map(({ id, frame }) => look(id, frame)),
  fc.record({ id: itemId, material: fc.option(fc.constantFrom(...MATERIALS)) }).map(({ id, material }) => decided(id, { material })),
  itemId.map((id) => commanded(id)),
  { weight: 3, arbitrary: fc.record({ id: itemId, outcome: fc.constantFrom(...OUTCOMES), cause: fc.constantFrom(...OUTCOME_CAUSES.filter((cause) => cause !== 'unseen')), bin }).map(({ id, ...how }) => settled(id, how)) },
  fc.record({ id: itemId, material: fc.constantFrom(...MATERIALS), landedIn: bin }).map(({ id, material, landedIn }) => truth(id, material, landedIn)),
  fc.constant(recipeChanged()),
);

/** Items as the line makes them: seen once, settled at most once, after that. */
function lifelike(events: readonly LineEvent[]): LineEvent[] {
  const state = new Map<string, 'seen' | 'settled'>();
  return events.filter((each) => {
    const id = each.kind === 'item.decided' ? each.decision.itemId : 'itemId' in each ? each.itemId : undefined;
    if (id === undefined) return true;
    if (each.kind === 'item.seen') return !state.has(id) && state.set(id, 'seen') !== undefined;
    if (each.kind === 'item.settled') return state.get(id) === 'seen' && state.set(id, 'settled') !== undefined;
    return state.has(id);
  });
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

test('outcomes and causes sum to the settled items, with the open ones to all; the disk says the same', async () => {
  let run = 0;
  await fc.assert(fc.asyncProperty(fc.array(event, { maxLength: 120 }), fc.array(fc.nat(300), { minLength: 1, maxLength: 5 }), async (anything, pauses) => {
    const events = lifelike(anything);
    const path = join(folder, `${run++}.sqlite`);
    const clock = new ManualClock();
    const ledger = openLedger({ clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'run1', line: 'demo' } });
    for (const [index, each] of events.entries()) {
      ledger.handle(each);
      if (index % 25 === 0) await clock.advanceMs(pauses[index % pauses.length]!);
    }
    const summary = ledger.summary();
    ledger.close();
    expect(sum(summary.outcomes)).toBe(summary.settled);
    expect(sum(summary.causes)).toBe(summary.settled);
    expect(summary.settled + summary.openItems.length).toBe(summary.items);
    expect(summary.items).toBe(events.filter(({ kind }) => kind === 'item.seen').length);
    const landed = events.filter(({ kind }) => kind === 'item.truth').length;
    expect(Object.values(summary.bins).reduce((total, { items }) => total + items, 0)).toBe(landed > 0 ? landed : summary.settled);
    const database = new DatabaseSync(path, { readOnly: true });
    const stored = database.prepare('SELECT outcome, COUNT(*) AS n FROM items GROUP BY outcome').all() as { outcome: string | null; n: number }[];
    database.close();
    const expected = new Map<string | null, number>(Object.entries(summary.outcomes).filter(([, count]) => count > 0));
    if (summary.openItems.length > 0) expected.set(null, summary.openItems.length);
    expect(new Map(stored.map(({ outcome, n }) => [outcome, n]))).toEqual(expected);
    rmSync(path);
  }), { numRuns: 40 });
});

test('events that make no sense never break the balance', () => {
  fc.assert(fc.property(fc.array(event, { maxLength: 200 }), (events) => {
    const ledger = openLedger({ clock: new ManualClock(), log: silentLogger, options: { ...ledgerOptions.parse(undefined), path: ':memory:' }, run: { runId: 'run1', line: 'demo' } });
    for (const each of events) ledger.handle(each);
    const { outcomes, settled: count, items, openItems, bins, accuracy } = ledger.summary();
    ledger.close();
    expect(sum(outcomes)).toBe(count);
    expect(count + openItems.length).toBe(items);
    for (const { purity, recovery } of Object.values(bins)) for (const share of [purity, recovery, accuracy]) expect(share === undefined || (share >= 0 && share <= 1)).toBe(true);
  }), { numRuns: 200 });
});
