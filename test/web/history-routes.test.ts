// The history over HTTP on a real ledger: figures, pages, exports, and what is refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { HistoryReader } from '../../src/ledger/history-reader.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { wholeLife, recipe, seen, settled } from '../ledger/events.ts';
import type { Served } from './serve.ts';
import { serve } from './serve.ts';

const startMs = Date.UTC(2026, 0, 1);
const DAY = `from=${startMs}&to=${startMs + 86_400_000}`;

async function serveLedger(events: readonly LineEvent[]): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-web-history-'));
  const path = join(folder, 'ledger.sqlite');
  const clock = new ManualClock({ wallMs: startMs });
  const ledger = openLedger({ clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path }, run: { runId: 'run1', line: 'demo' } });
  for (const event of events) {
    ledger.handle(event);
    await clock.advanceMs(10);
  }
  ledger.close();
  const history = new HistoryReader({ clock: systemClock, log: silentLogger, path });
  onTestFinished(async () => {
    await history.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return serve({ history });
}

const manyItems = (count: number): LineEvent[] => Array.from({ length: count }, (_, index) => [seen(`run1-${String(index).padStart(6, '0')}`), settled(`run1-${String(index).padStart(6, '0')}`)]).flat();

describe('the history', () => {
  it('gives overview, items, one item and events of a period', async () => {
    const { url } = await serveLedger([{ kind: 'recipe.changed', atNs: 0, recipe, by: 'test' }, ...wholeLife('run1-000001')]);
    const ask = async (path: string): Promise<unknown> => (await fetch(`${url}api/history/${path}`)).json();
    expect(await ask(`overview?${DAY}`)).toMatchObject({ tallies: [{ material: 'glass', outcome: 'sorted', items: 1 }], bins: expect.arrayContaining([expect.objectContaining({ bin: 'glass', purity: 1, recovery: 1, from: 'truth' })]) });
    expect(await ask(`items?${DAY}&outcome=sorted`)).toMatchObject({ items: [{ itemId: 'run1-000001' }] });
    expect(await ask(`items?${DAY}&outcome=missed`)).toEqual({ items: [] });
    expect(await ask('item/run1-000001')).toMatchObject({ material: 'glass', allLooks: [{ material: 'glass' }] });
    expect(await ask(`events?${DAY}`)).toMatchObject([{ kind: 'recipe.changed' }]);
    expect((await fetch(`${url}api/history/item/run1-000002`)).status).toBe(404);
  });

  it('exports every item once, page after page', async () => {
    const { url } = await serveLedger(manyItems(2300));
    const response = await fetch(`${url}api/history/export.csv?${DAY}`);
    expect(response.headers.get('content-disposition')).toContain('sortline-line-1-2026-01-01T0000.csv');
    const lines = (await response.text()).trimEnd().split('\r\n');
    expect(lines[0]).toContain('item_id,first_seen,material');
    expect(new Set(lines.slice(1).map((line) => line.split(',')[0])).size).toBe(2300);
    expect(lines).toHaveLength(2301);
  });

  it('writes a report that needs nothing else, and shows HTML in a name as text', async () => {
    const evil: LineEvent = { kind: 'recipe.changed', atNs: 0, by: 'test', recipe: { ...recipe, name: '<img src=x onerror=alert(1)>' } };
    const { url } = await serveLedger([evil, { kind: 'alarm.raised', atNs: 0, alarm: 'bin-full', subject: '<script>alert(1)</script>', message: 'full', whatToDo: 'Empty it.' }, ...manyItems(3)]);
    const report = await (await fetch(`${url}api/history/report.html?${DAY}`)).text();
    expect(report).toContain('<strong>3</strong> items');
    expect(report).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(report).not.toMatch(/<img|<script|https?:/);
  });

  it.each([
    ['no period', ''], ['half a period', `from=${startMs}`], ['words', 'from=yesterday&to=today'], ['a period that ends before it begins', `from=${startMs}&to=${startMs - 1}`],
    ['a hundred years', `from=0&to=${startMs + 3e12}`], ['a number beyond time', `from=0&to=9e99`], ['an endless one', 'from=0&to=Infinity'],
  ])('refuses %s with a reason', async (_, query) => {
    const { url } = await serveLedger([]);
    const response = await fetch(`${url}api/history/overview?${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/period/);
  });

  it('takes no filter but words, and years only where they are cheap', async () => {
    const { url } = await serveLedger([]);
    expect((await fetch(`${url}api/history/items?${DAY}&material=${encodeURIComponent("x' OR 1=1 --")}`)).status).toBe(400);
    const years = `from=${startMs - 9 * 365 * 86_400_000}&to=${startMs}`;
    expect((await fetch(`${url}api/history/overview?${years}`)).status).toBe(200);
    expect((await fetch(`${url}api/history/export.csv?${years}`)).status).toBe(400);
  });

  it('says so where the ledger cannot be read', async () => {
    const { url } = await serve();
    const response = await fetch(`${url}api/history/overview?${DAY}`);
    expect([response.status, await response.text()]).toEqual([503, 'no ledger in this test']);
  });
});
