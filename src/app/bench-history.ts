// `sortline bench --history`: a day of a busy line written by the real ledger, then asked about through the real history thread; at
// last, retention deletes old items while new ones come. The line's time is virtual; what is measured is real.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { ManualClock } from '../base/manual-clock.ts';
import { createRandom } from '../base/random.ts';
import { NS_PER_MS } from '../base/units.ts';
import { HistoryReader } from '../ledger/history-reader.ts';
import type { HistoryQuestion, HistoryQuestions } from '../ledger/history-query.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/ledger.ts';
import { inventedItem } from './invented-items.ts';
import { median } from './order-statistics.ts';

export interface HistoryBenchReport {
  readonly items: number;
  readonly hours: number;
  readonly ledgerMb: number;
  /** Writing an item with its looks and decision, µs of the line's thread. */
  readonly writeMicrosPerItem: number;
  /** Medians from question to answer, ms. */
  readonly overviewMs: number;
  /** Of a period that begins and ends within an hour. */
  readonly unalignedOverviewMs: number;
  readonly itemPageMs: number;
  /** The same with old items being deleted at the same time. */
  readonly whileDeleting: { readonly deletedItems: number; readonly writtenItems: number; readonly writeMicrosPerItem: number; readonly longestStepMs: number; readonly overviewMs: number; readonly ledgerMb: number };
}

export interface HistoryBenchOptions {
  readonly items: number;
  readonly hours: number;
  readonly clock: Clock;
  onProgress(what: string): void;
}

const HOUR_MS = 3_600_000;
const ROUNDS = 9;
/** Virtual time between two looks at what a step of the ledger took, ms. */
const STEP_MS = 1000;

export async function benchHistory({ items, hours, clock, onProgress }: HistoryBenchOptions): Promise<HistoryBenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-history-'));
  const path = join(folder, 'ledger.sqlite');
  const lineClock = new ManualClock();
  const startMs = lineClock.wallMs();
  const options = { path, retentionDays: hours / 24, sumsRetentionDays: 400, looks: true };
  const ledger = openLedger({ clock: lineClock, log: silentLogger, options, run: { runId: 'bench', line: 'bench' } });
  const reader = new HistoryReader({ clock, log: silentLogger, path });
  const line = new WrittenLine({ ledger, lineClock, clock, gapMs: (hours * HOUR_MS) / items });
  const ledgerMb = (): number => (statSync(path).size + statSync(`${path}-wal`).size) / 1e6;
  const overview = (fromMs: number, toMs: number): Promise<number> => medianMs(() => ask(reader, 'overview', { period: { fromMs, toMs } }), clock);
  try {
    onProgress(`writing ${items} items of ${hours} h`);
    const written = await line.write(items);
    const endMs = lineClock.wallMs();
    const filled = ledgerMb();
    onProgress('asking');
    const overviewMs = await overview(startMs, endMs);
    const unalignedOverviewMs = await overview(startMs + HOUR_MS / 3, endMs - HOUR_MS / 3);
    const itemPageMs = await medianMs(() => ask(reader, 'items', { period: { fromMs: startMs, toMs: endMs }, filter: { outcome: 'missed' }, limit: 50 }), clock);
    const more = Math.round(items / 4);
    onProgress(`writing ${more} more while the oldest are deleted`);
    const later = await line.write(more);
    const kept = await line.keptItems(reader);
    const whileDeleting = { deletedItems: items + more - kept, writtenItems: more, ...later, overviewMs: await overview(startMs + hours * HOUR_MS / 4, lineClock.wallMs()), ledgerMb: ledgerMb() };
    return { items, hours, ledgerMb: filled, writeMicrosPerItem: written.writeMicrosPerItem, overviewMs, unalignedOverviewMs, itemPageMs, whileDeleting };
  } finally {
    await reader.close();
    ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface WrittenLineDeps {
  readonly ledger: Ledger;
  readonly lineClock: ManualClock;
  readonly clock: Clock;
  readonly gapMs: number;
}

/** Tells the ledger of items at an even pace of virtual time, and measures what its steps take. */
class WrittenLine {
  readonly #deps: WrittenLineDeps;
  readonly #random = createRandom(1);
  #count = 0;

  constructor(deps: WrittenLineDeps) {
    this.#deps = deps;
  }

  async write(items: number): Promise<{ writeMicrosPerItem: number; longestStepMs: number }> {
    const { ledger, lineClock, clock, gapMs } = this.#deps;
    const perStep = Math.max(1, Math.round(STEP_MS / gapMs));
    let spentMs = 0, longestStepMs = 0;
    for (let written = 0; written < items; written += perStep) {
      const events = Array.from({ length: Math.min(perStep, items - written) }, () => inventedItem(`bench-${String(++this.#count).padStart(6, '0')}`, lineClock.nowNs(), this.#random)).flat();
      const beganNs = clock.nowNs();
      for (const event of events) ledger.handle(event);
      await lineClock.advanceMs(perStep * gapMs);
      const stepMs = (clock.nowNs() - beganNs) / NS_PER_MS;
      spentMs += stepMs;
      longestStepMs = Math.max(longestStepMs, stepMs);
    }
    return { writeMicrosPerItem: (spentMs * 1000) / items, longestStepMs };
  }

  /** Items whose rows are still there, counted through the history, page by page. */
  async keptItems(reader: HistoryReader): Promise<number> {
    let count = 0;
    let before: HistoryQuestions['items']['ask']['before'];
    do {
      const page = await ask(reader, 'items', { period: { fromMs: 0, toMs: this.#deps.lineClock.wallMs() + 1 }, filter: {}, before, limit: 1000 });
      count += page.items.length;
      before = page.next;
    } while (before !== undefined);
    return count;
  }
}

async function medianMs(work: () => Promise<unknown>, clock: Clock): Promise<number> {
  const durations: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const beganNs = clock.nowNs();
    await work();
    durations.push((clock.nowNs() - beganNs) / NS_PER_MS);
  }
  return median(durations);
}

async function ask<Name extends HistoryQuestion>(reader: HistoryReader, name: Name, question: HistoryQuestions[Name]['ask']): Promise<HistoryQuestions[Name]['answer']> {
  const answered = await reader.ask(name, question);
  if (answered.kind !== 'answer') throw new SortlineError('INTERNAL', `the history did not answer: ${answered.reason}`);
  return answered.answer;
}
