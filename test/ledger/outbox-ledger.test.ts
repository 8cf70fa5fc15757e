// Ledger and outbox together: what is published is what the ledger holds, once, in order, over bad disks and killed runs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import type { Ledger, LedgerDeps } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { Outbox } from '../../src/ledger/outbox.ts';
import type { OutboxMessage } from '../../src/ledger/outbox-table.ts';
import { openSqlite } from '../../src/ledger/sqlite.ts';
import { decided, look, seen, settled, wholeLife } from './events.ts';

let folder: string;
let clock: ManualClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-outbox-'));
  clock = new ManualClock();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function messageOf(event: LineEvent): OutboxMessage | undefined {
  if (event.kind === 'item.decided') return { kind: 'prediction', payload: { itemId: event.decision.itemId } };
  return event.kind === 'item.settled' ? { kind: 'outcome', payload: { itemId: event.itemId, outcome: event.outcome, material: event.material } } : undefined;
}

function open(deps: Partial<LedgerDeps> = {}, runId = 'run1'): { ledger: Ledger; outbox: Outbox; added: number[]; heard: () => string[] } {
  const outbox = new Outbox({ maxEvents: 100_000, maxBytes: 1e9 }, silentLogger);
  const added: number[] = [];
  outbox.onAdded = () => added.push(clock.nowNs() / 1e6);
  const ledger = openLedger({
    clock, log: silentLogger, options: ledgerOptions.parse({ path: join(folder, 'ledger.sqlite') }), run: { runId, line: 'demo' }, publishing: { outbox, messageOf }, ...deps,
  });
  const heard = (): string[] => outbox.take(10_000).map(({ sequence, kind, payload }) => `${sequence} ${kind} ${String((JSON.parse(payload) as { itemId: string }).itemId)}`);
  return { ledger, outbox, added, heard };
}

test('an item event is there for the broker within 40 ms, together with its item', async () => {
  const { ledger, added, heard } = open();
  ledger.handle(seen('a'));
  ledger.handle(look('a'));
  await clock.advanceMs(100);
  ledger.handle(decided('a'));
  expect(heard()).toEqual([]);
  await clock.advanceMs(40);
  expect(added).toEqual([140]);
  expect(heard()).toEqual(['1 prediction a']);
  ledger.close();
});

test('a second outcome of an item is not told', async () => {
  const { ledger, heard } = open();
  for (const event of [...wholeLife('a'), settled('a', { outcome: 'lost', cause: 'no-report' })]) ledger.handle(event);
  await clock.advanceMs(200);
  expect(heard()).toEqual(['1 prediction a', '2 outcome a']);
  ledger.close();
});

test('the next run tells what a killed one left open, and goes on counting', async () => {
  const first = open();
  for (const event of [...wholeLife('a'), seen('b'), decided('b', { material: 'metal' }), seen('c')]) first.ledger.handle(event);
  await clock.advanceMs(200);
  expect(first.outbox.take(2)).toHaveLength(2);
  // Killed: nothing is closed, nothing that was taken is known to be at the broker.
  const second = open({}, 'run2');
  expect(second.outbox.stream).toBe('run1');
  second.ledger.handle(decided('d'));
  second.ledger.flush();
  const rows = second.outbox.take(100);
  expect(rows.map(({ sequence, payload }) => ({ sequence, ...(JSON.parse(payload) as object) }))).toMatchObject([
    { sequence: 1, itemId: 'a' }, { sequence: 2, itemId: 'a', outcome: 'sorted' }, { sequence: 3, itemId: 'b' },
    { sequence: 4, itemId: 'b', outcome: 'lost', material: 'metal', eventId: 'run1/4' }, { sequence: 5, itemId: 'c', outcome: 'lost' }, { sequence: 6, itemId: 'd' },
  ]);
  second.ledger.close();
});

test('while the disk is full nothing is told; when there is room everything follows, in order', async () => {
  let pages = 60;
  const { ledger, outbox, heard } = open({
    openDatabase: (path) => {
      const database = openSqlite(path);
      return { ...database, transaction: (work) => {
        database.exec(`PRAGMA max_page_count = ${pages}`);
        return database.transaction(work);
      } };
    },
  });
  const items = Array.from({ length: 500 }, (_, index) => `a${index}`);
  for (const itemId of items) for (const event of wholeLife(itemId)) ledger.handle(event);
  await clock.advanceMs(60_000);
  expect(ledger.failure).toBeDefined();
  const before = heard();
  expect(before.length).toBeLessThan(1000);
  pages = 1_000_000;
  await clock.advanceMs(60_000);
  expect([...before, ...heard()]).toEqual(items.flatMap((itemId, index) => [`${2 * index + 1} prediction ${itemId}`, `${2 * index + 2} outcome ${itemId}`]));
  expect(outbox.dropped).toBeUndefined();
  ledger.close();
});

test('what memory could not keep through a bad disk is counted and told', async () => {
  let isFull = false;
  const { ledger, outbox } = open({
    openDatabase: (path) => {
      const database = openSqlite(path);
      return { ...database, transaction: (work) => {
        database.exec(`PRAGMA max_page_count = ${isFull ? 1 : 1_000_000}`);
        return database.transaction(work);
      } };
    },
  });
  isFull = true;
  for (let index = 0; index < 26_000; index++) for (const event of [decided(`a${index}`), settled(`a${index}`)]) ledger.handle(event);
  await clock.advanceMs(1000);
  isFull = false;
  await clock.advanceMs(120_000);
  const { predictions, outcomes } = outbox.dropped!;
  expect(predictions + outcomes).toBeGreaterThan(1000);
  expect(predictions + outcomes + outbox.size).toBe(52_000);
  expect(outbox.take(52_000).map(({ sequence }) => sequence)).toEqual(Array.from({ length: outbox.size }, (_, index) => index + 1));
  ledger.close();
});
