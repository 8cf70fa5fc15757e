// A line under load, in a process of its own: the whole service on the virtual belt, told when to begin a measurement and asked
// what it came to. Forked by bench-load.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { ItemId } from '../domain/decision.ts';
import type { Look } from '../domain/item.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { calibrationFor } from './calibration-for.ts';
import type { LiveLine } from './live-line.ts';
import { openLiveLine } from './live-line.ts';
import { openOutlets } from './outlets.ts';

export type ToLoadWorker = { readonly kind: 'start'; readonly config: Config } | { readonly kind: 'begin' } | { readonly kind: 'end' } | { readonly kind: 'stop' };

export type FromLoadWorker =
  | { readonly kind: 'running'; readonly dashboard: string; readonly mqtt: string }
  /** The line was stopped, by a fault; it is started again at once. */
  | { readonly kind: 'stopped'; readonly reason: string }
  /** Since `begin`. */
  | { readonly kind: 'measured'; readonly overheadMs: readonly number[]; readonly cpuMs: number; readonly wallMs: number };

const RESTART_MS = 500;

/** Exposure to command written, without inference: from the look that decided, as the line itself counts it. */
class Overheads {
  readonly #lastLook = new Map<ItemId, Look>();
  values: number[] = [];

  handle(event: LineEvent): void {
    if (event.kind === 'item.look') this.#lastLook.set(event.itemId, event.look);
    if (event.kind === 'item.settled') this.#lastLook.delete(event.itemId);
    if (event.kind !== 'item.commanded') return;
    const look = this.#lastLook.get(event.itemId);
    if (look !== undefined) this.values.push((event.atNs - look.capturedAtNs) / NS_PER_MS - look.inferenceMs);
  }
}

async function run(config: Config): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-load-'));
  const withOwnLedger: Config = { ...config, ledger: { ...config.ledger, path: join(folder, 'ledger.sqlite') } };
  const calibration = calibrationFor(config);
  const overheads = new Overheads();
  const parts = { config: withOwnLedger, calibration, clock: systemClock, log: silentLogger, runId: 'load' };
  const outlets = await openOutlets({ ...parts, takeFreePorts: true, line: () => live.line });
  const live: LiveLine = openLiveLine({
    ...parts,
    sink: (event) => {
      overheads.handle(event);
      outlets.sink(event);
      if (event.kind === 'line.state' && event.state === 'safe') {
        say({ kind: 'stopped', reason: event.reason });
        startAgain();
      }
      if (event.kind === 'line.state' && event.state === 'running') say({ kind: 'running', dashboard: outlets.addresses.dashboard!, mqtt: outlets.addresses.mqtt });
    },
    onSnapshot: (jpeg, marks) => outlets.showSnapshot(jpeg, marks),
  });
  // As an operator would who stands beside it: until whatever stopped it is gone.
  const startAgain = (): void => void systemClock.after(RESTART_MS, () => void live.line.requestStart('bench').then(({ result }) => { if (result === 'refused' && live.line.state === 'safe') startAgain(); }));
  await live.start();
  let began = { cpu: process.cpuUsage(), atNs: systemClock.nowNs() };
  process.on('message', (message: ToLoadWorker) => {
    if (message.kind === 'begin') {
      overheads.values = [];
      began = { cpu: process.cpuUsage(), atNs: systemClock.nowNs() };
    }
    if (message.kind === 'end') {
      const { user, system } = process.cpuUsage(began.cpu);
      say({ kind: 'measured', overheadMs: overheads.values, cpuMs: (user + system) / 1000, wallMs: (systemClock.nowNs() - began.atNs) / NS_PER_MS });
    }
    if (message.kind === 'stop') {
      void live.stop('measured').then(() => outlets.close()).finally(() => {
        rmSync(folder, { recursive: true, force: true });
        process.exit(0);
      });
    }
  });
}

function say(message: FromLoadWorker): void {
  process.send!(message);
}

process.once('message', (message: ToLoadWorker) => {
  if (message.kind !== 'start') return;
  run(message.config).catch((error: unknown) => {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exit(1);
  });
});
