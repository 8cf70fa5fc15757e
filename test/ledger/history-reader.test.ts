// The history thread: the real one on a real ledger, and threads that hang or die.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { HistoryReader } from '../../src/ledger/history-reader.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { seen, settled } from './events.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-history-'));
  path = join(folder, 'ledger.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const everything = { period: { fromMs: 0, toMs: Date.UTC(2100, 0, 1) } };

function reader(options: { clock?: ManualClock; script?: string } = {}): HistoryReader {
  const { clock = systemClock, script } = options;
  const made = new HistoryReader({ clock, log: silentLogger, path, ...(script === undefined ? {} : { openWorker: () => new Worker(script, { eval: true }) }) });
  onTestFinished(() => made.close());
  return made;
}

describe('the history thread', () => {
  test('reads beside the line that writes, and sees what is committed', async () => {
    const clock = new ManualClock();
    const ledger = openLedger({ clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'run1', line: 'demo' } });
    onTestFinished(() => ledger.close());
    const history = reader();
    for (const expected of [1, 2]) {
      ledger.handle(seen(`item-${expected}`));
      ledger.handle(settled(`item-${expected}`));
      await clock.advanceMs(500);
      const overview = await history.ask('overview', everything);
      expect(overview).toMatchObject({ kind: 'answer', answer: { tallies: [{ outcome: 'sorted', items: expected }] } });
    }
    expect(await history.ask('item', { itemId: 'item-2' })).toMatchObject({ kind: 'answer', answer: { itemId: 'item-2' } });
    expect(await history.ask('item', { itemId: 'item-3' })).toEqual({ kind: 'answer', answer: undefined });
  });

  test('says so where there is no ledger, and looks again at the next question', async () => {
    const history = reader();
    expect(await history.ask('overview', everything)).toMatchObject({ kind: 'failed', reason: expect.stringContaining(path) });
    writeFileSync(path, 'this is no database, however long one looks at it');
    expect(await history.ask('overview', everything)).toMatchObject({ kind: 'failed', reason: expect.stringContaining(path) });
    rmSync(path);
    openLedger({ clock: new ManualClock(), log: silentLogger, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'run1', line: 'demo' } }).close();
    expect(await history.ask('overview', everything)).toMatchObject({ kind: 'answer' });
  });

  test('that hangs is given up after a while, and the next question has a new one', async () => {
    const clock = new ManualClock();
    const history = reader({ clock, script: "require('node:worker_threads').parentPort.on('message', () => {})" });
    for (let k = 0; k < 2; k++) {
      const answer = history.ask('overview', everything);
      await clock.advanceMs(10_001);
      expect(await answer).toMatchObject({ kind: 'slow', reason: expect.stringContaining('shorter period') });
    }
  });

  test('that dies is told, and the questions behind it go on', async () => {
    const history = reader({ script: "require('node:worker_threads').parentPort.on('message', ({ id }) => { if (id === 1) process.exit(3); require('node:worker_threads').parentPort.postMessage({ id, answer: id }); })" });
    const [first, second] = await Promise.all([history.ask('overview', everything), history.ask('overview', everything)]);
    expect(first).toMatchObject({ kind: 'failed', reason: expect.stringContaining('code 3') });
    expect(second).toEqual({ kind: 'answer', answer: 2 });
  });

  test('refuses when too many wait', async () => {
    const history = reader({ clock: new ManualClock(), script: "require('node:worker_threads').parentPort.on('message', () => {})" });
    const answers = Array.from({ length: 20 }, () => history.ask('overview', everything));
    expect(await Promise.race(answers)).toMatchObject({ kind: 'busy' });
    await history.close();
    const kinds = (await Promise.all(answers)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'failed')).toHaveLength(17);
    expect(kinds.filter((kind) => kind === 'busy')).toHaveLength(3);
  });
});
