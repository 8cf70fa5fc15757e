import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Records } from '../../src/app/campaign/records.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { seen, settled } from '../ledger/events.ts';

let folder: string;
let ledgers = 0;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-records-')); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A ledger that holds `items` as sorted, and what is to be compared with it. */
function rig(items: readonly string[]) {
  const path = join(folder, `${ledgers++}.sqlite`);
  const ledger = openLedger({ clock: new ManualClock(), log: silentLogger, options: ledgerOptions.parse({ path }), run: { runId: 'r', line: 'l' } });
  for (const item of items) {
    ledger.handle(seen(item));
    ledger.handle(settled(item));
  }
  ledger.close();
  const failed: string[] = [];
  const records = new Records({ ledgerPath: path, fail: (invariant, message) => failed.push(`${invariant}: ${message}`) });
  let sequence = 0;
  const publish = (itemId: string, outcome = 'sorted', number = ++sequence): void => records.published({ topic: 'sortline/s/l/item/outcome', payload: JSON.stringify({ sequence: number, itemId, outcome }), retain: false });
  const tell = (itemId: string): void => {
    records.seen(itemId);
    records.settled(itemId, 'sorted');
  };
  return { records, publish, tell, failed };
}

test('three records that agree', () => {
  const { records, publish, tell, failed } = rig(['a', 'b']);
  for (const item of ['a', 'b']) {
    tell(item);
    publish(item);
  }
  // Delivered twice, as after a lost acknowledgement.
  publish('b', 'sorted', 2);
  records.compare();
  expect(failed).toEqual([]);
  expect(records.publishedCount).toBe(3);
});

test('an item that the ledger has not, has too much, or with another outcome', () => {
  const missing = rig(['a']);
  missing.tell('a');
  missing.tell('b');
  missing.publish('a');
  missing.records.compare();
  expect(missing.failed).toEqual(['ledger-complete: 1 items are not in the ledger of 1, the first is b']);
  const invented = rig(['a']);
  invented.records.compare();
  expect(invented.failed).toEqual(['ledger-complete: the ledger has an item a that nobody saw']);
  const other = rig(['a']);
  other.records.seen('a');
  other.records.settled('a', 'missed');
  other.publish('a');
  other.records.compare();
  expect(other.failed).toEqual(['ledger-complete: item a ended as missed, the ledger says sorted (fired)']);
});

test('an outcome that only one of ledger and broker has, or that differs, and a gap in the numbers', () => {
  const unpublished = rig(['a']);
  unpublished.tell('a');
  unpublished.records.compare();
  expect(unpublished.failed).toEqual(['published-once: the outcome of item a is in the ledger, and not at the broker']);
  const unwritten = rig([]);
  unwritten.publish('a');
  unwritten.records.compare();
  expect(unwritten.failed).toEqual(['published-once: 1 outcomes at the broker are of no item in the ledger, the first of a']);
  const different = rig(['a']);
  different.tell('a');
  different.publish('a', 'missed', 2);
  different.records.compare();
  expect(different.failed).toEqual(['published-once: the broker had event 0 and then event 2', 'published-once: item a is sorted in the ledger, and missed at the broker']);
});

test('what a killed process had not written may be missing, and nothing before it', () => {
  const { records, publish, tell, failed } = rig(['a']);
  for (const item of ['a', 'b', 'c']) tell(item);
  publish('a');
  records.lifeEnded(1);
  records.compare();
  expect(failed).toEqual(['ledger-complete: 1 items are not in the ledger of 1, the first is b']);
});
