// Everything that hears of the line's events: ledger, MQTT, dashboard and log, opened together and closed together.
import type { Clock } from '../base/clock.ts';
import { isSortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { ClassifierDescription } from '../classify/classifier.ts';
import type { Config } from '../config/schema.ts';
import type { LineSink } from '../domain/line-event.ts';
import type { LedgerSummary } from '../ledger/ledger-counts.ts';
import { openLedger } from '../ledger/ledger.ts';
import { WebServer } from '../web/web-server.ts';
import { fanOut } from './fan-out.ts';
import { createItemLog } from './item-log.ts';
import type { Line } from './line.ts';

export interface OutletDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  runId: string;
  /** Where a usual port is taken by another program, take a free one instead of refusing. */
  takeFreePorts: boolean;
  /** The line these belong to; called only after it exists. */
  line: () => Line;
}

/** Exists from before the line to after it. */
export interface Outlets {
  readonly sink: LineSink;
  readonly addresses: { readonly mqtt: string; readonly dashboard: string | undefined };
  showSnapshot(jpeg: Uint8Array): void;
  classifier(classifier: ClassifierDescription): void;
  /** Publishes and writes what is pending; the ledger's last word. */
  close(): Promise<LedgerSummary>;
}

/** Throws LEDGER_…, MQTT_PORT_IN_USE and WEB_PORT_IN_USE, each naming the thing and what to do. */
export async function openOutlets(deps: OutletDeps): Promise<Outlets> {
  const { clock, log, config, runId } = deps;
  const ledger = openLedger({
    clock, log, options: config.ledger, run: { runId, line: config.line.id },
    onFailing: (message) => deps.line().alarms.raise('ledger-failing', 'ledger', message),
    onRecovered: () => deps.line().alarms.clear('ledger-failing', 'ledger'),
  });
}
