// An outage for real: Mosquitto is killed, the line goes on, is itself killed with SIGKILL twice meanwhile and started again on
// the same ledger, and the broker comes back. What a subscriber heard is held against the ledger.
//
//   line 1 ──┐ SIGKILL   line 2 ──┐ SIGKILL   line 3 ─────────────▶ ends in order
//   broker ──┘ SIGKILL                                └─▶ back
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { TestBroker } from '../publish/brokers.ts';
import { openMosquitto } from '../publish/brokers.ts';
import { Gate } from '../publish/gate.ts';
import type { Heard } from '../publish/listener.ts';
import { listen } from '../publish/listener.ts';

const CHILD = fileURLToPath(new URL('../publish/child-line.ts', import.meta.url));

export interface OutageReport {
  readonly items: number;
  readonly predictions: number;
  readonly outcomes: number;
  /** Of them, items that a killed run left open. */
  readonly lostItems: number;
  readonly messages: number;
  readonly duplicates: number;
  /** What a reader could not rely on; empty where all is well. */
  readonly problems: readonly string[];
  readonly outageSeconds: number;
  /** From the broker's return to the last event of the run, which goes on for a while. */
  readonly drainSeconds: number;
}

/** `items`: made in all, by three runs one after another; the broker is down from a tenth of them to nine tenths. */
export async function runOutage({ items, itemsPerSecond }: { items: number; itemsPerSecond: number }): Promise<OutageReport> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-outage-'));
  const ledgerPath = join(folder, 'ledger.sqlite');
  let broker: TestBroker = await openMosquitto();
  const gate = new Gate(() => broker.port);
  await gate.open();
  const heard: Heard[] = [];
  const subscribe = async (): Promise<Awaited<ReturnType<typeof listen>>> => listen(broker.url, 'sortline/hall1/east/item/+');
  const shares = [0.3, 0.3, 0.4].map((share) => Math.round(items * share));
  const start = (run: number): LineProcess => new LineProcess([gate.url, ledgerPath, `run${run}`, String(shares[run - 1]! * (run === 3 ? 1 : 10)), String(itemsPerSecond)]);
  let line = start(1);
  try {
    const before = await subscribe();
    await line.made(items * 0.1);
    await gate.close();
    await broker.close();
    const downNs = process.hrtime.bigint();
    heard.push(...before.heard);
    await before.close();
    for (const run of [1, 2]) {
      await line.made(shares[run - 1]!);
      await line.kill();
      line = start(run + 1);
    }
    await line.made(items * 0.3);
    broker = await openMosquitto();
    const after = await subscribe();
    await gate.open();
    const upNs = process.hrtime.bigint();
    await line.made(shares[2]!);
    const isLast = `run3-${String(shares[2]).padStart(6, '0')}`;
    await after.until(({ heard: fresh }) => fresh.at(-1)?.payload['itemId'] === isLast && fresh.at(-1)?.payload['sequence'] === eventCount(ledgerPath));
    const doneNs = process.hrtime.bigint();
    await line.end();
    heard.push(...after.heard);
    await after.close();
    return { ...judge(heard, ledgerPath), outageSeconds: Number(upNs - downNs) / 1e9, drainSeconds: Number(doneNs - upNs) / 1e9 };
  } finally {
    await line.kill();
    await gate.close();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

class LineProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #made = 0;
  #wake: () => void = () => undefined;

  constructor(argv: readonly string[]) {
    this.#child = spawn(process.execPath, [CHILD, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ended = once(this.#child, 'exit');
    this.#child.stdout!.on('data', (data: Buffer) => {
      this.#made = Number(data.toString().trim().split('\n').at(-1));
      this.#wake();
    });
    this.#child.on('exit', () => this.#wake());
  }

  async made(items: number): Promise<void> {
    while (this.#made < items) {
      if (this.#child.exitCode !== null) throw new Error(`the line ended with exit code ${this.#child.exitCode}`);
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

/** Events that the line numbered; every one of them should have been heard. */
function eventCount(ledgerPath: string): number {
  const database = new DatabaseSync(ledgerPath, { readOnly: true });
  const { next } = database.prepare('SELECT next_sequence AS next FROM outbox_lines').get() as { next: number };
  database.close();
  return next - 1;
}

function judge(heard: readonly Heard[], ledgerPath: string): Omit<OutageReport, 'outageSeconds' | 'drainSeconds'> {
  const problems: string[] = [];
  const byEvent = new Map<unknown, Heard>();
  for (const message of heard) {
    const known = byEvent.get(message.payload['eventId']);
    if (known === undefined) byEvent.set(message.payload['eventId'], message);
    else if (known.text !== message.text) problems.push(`event ${String(message.payload['eventId'])} came with two contents`);
  }
  const events = [...byEvent.values()];
  events.forEach(({ payload }, index) => {
    if (payload['sequence'] !== index + 1 && problems.length < 5) problems.push(`number ${String(payload['sequence'])} came as the ${index + 1}th`);
  });
  const database = new DatabaseSync(ledgerPath, { readOnly: true });
  const items = database.prepare('SELECT item_id AS itemId, outcome, decided_ns IS NOT NULL AS isDecided FROM items').all() as { itemId: string; outcome: string; isDecided: number }[];
  const { waiting } = database.prepare('SELECT COUNT(*) AS waiting FROM outbox').get() as { waiting: number };
  database.close();
  if (waiting > 0) problems.push(`${waiting} events are still in the outbox`);
  const on = (topic: string): Heard[] => events.filter((message) => message.topic.endsWith(`/item/${topic}`));
  const predicted = Map.groupBy(on('prediction'), ({ payload }) => String(payload['itemId']));
  const settled = Map.groupBy(on('outcome'), ({ payload }) => String(payload['itemId']));
  for (const { itemId, outcome, isDecided } of items) {
    const outcomes = settled.get(itemId)?.map(({ payload }) => payload['outcome']) ?? [];
    if (outcomes.length !== 1 || outcomes[0] !== outcome) problems.push(`item ${itemId}: outcomes ${outcomes.join()}, in the ledger ${outcome}`);
    if ((predicted.get(itemId)?.length ?? 0) !== isDecided) problems.push(`item ${itemId}: ${predicted.get(itemId)?.length ?? 0} predictions`);
  }
  if (settled.size !== items.length) problems.push(`${settled.size} items were heard of, ${items.length} are in the ledger`);
  return {
    items: items.length, predictions: predicted.size, outcomes: settled.size, lostItems: items.filter(({ outcome }) => outcome === 'lost').length,
    messages: heard.length, duplicates: heard.length - events.length, problems,
  };
}
