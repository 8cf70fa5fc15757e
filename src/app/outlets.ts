// Everything that hears of the line's events: ledger, MQTT, dashboard and log, opened together and closed together.
import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { isSortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import type { ItemId } from '../domain/decision.ts';
import type { LineSink } from '../domain/line-event.ts';
import type { LedgerSummary } from '../ledger/ledger-counts.ts';
import { openLedger } from '../ledger/ledger.ts';
import { WebServer } from '../web/web-server.ts';
import { CropFolder } from './crop-folder.ts';
import { fanOut } from './fan-out.ts';
import { createItemLog } from './item-log.ts';
import type { Line } from './line.ts';
import type { OpenedPublisher } from './open-publisher.ts';
import { openPublisher } from './open-publisher.ts';

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
  /** Keeps a picture for the next training; never waits. */
  keepCrop(itemId: ItemId, jpeg: Uint8Array): void;
  /** Publishes and writes what is pending; the ledger's last word. */
  close(): Promise<LedgerSummary>;
}

/** Throws LEDGER_…, MQTT_PORT_IN_USE and WEB_PORT_IN_USE, each naming the thing and what to do. */
export async function openOutlets(deps: OutletDeps): Promise<Outlets> {
  const { clock, log, config, runId, line } = deps;
  const ledger = openLedger({
    clock, log, options: config.ledger, run: { runId, line: config.line.id, configDigest: digestOf(config) },
    onFailing: (message) => line().alarms.raise('ledger-failing', 'ledger', message),
    onRecovered: () => line().alarms.clear('ledger-failing', 'ledger'),
  });
  const { publisher, address, close: closePublisher } = await openMqtt(deps);
  const web = await openWeb(deps);
  const crops = new CropFolder({ clock, log, options: config.harvest });
  publisher.start();
  return {
    sink: fanOut([ledger.handle, publisher.handle, (event) => web?.server.handle(event), createItemLog(log)]),
    addresses: { mqtt: address, dashboard: web?.address },
    showSnapshot: (jpeg) => web?.server.showSnapshot(jpeg),
    keepCrop: (itemId, jpeg) => crops.keep(itemId, jpeg),
    close: async () => {
      await closePublisher();
      await web?.server.close();
      await crops.close();
      const summary = ledger.summary();
      ledger.close();
      return summary;
    },
  };
}

function openMqtt(deps: OutletDeps): Promise<OpenedPublisher> {
  const { config } = deps;
  const { mqtt } = config;
  return orOnFreePort(deps, 'MQTT_PORT_IN_USE', () => openPublisher(deps),
    () => openPublisher({ ...deps, config: { ...config, mqtt: { ...mqtt, embedded: { ...mqtt.embedded, port: 0 } } } }));
}

async function openWeb(deps: OutletDeps): Promise<{ server: WebServer; address: string } | undefined> {
  const { config: { web: options }, log, line } = deps;
  if (!options.enabled) return undefined;
  const open = async (port: number): Promise<{ server: WebServer; address: string }> => {
    const server = new WebServer({
      options: { ...options, port }, log,
      controls: { start: (by) => line().requestStart(by), pause: (by) => line().requestPause(by), requestSnapshot: () => line().requestSnapshot() },
    });
    return { server, address: await server.listen() };
  };
  return orOnFreePort(deps, 'WEB_PORT_IN_USE', () => open(options.port), () => open(0));
}

async function orOnFreePort<T>(deps: OutletDeps, code: 'MQTT_PORT_IN_USE' | 'WEB_PORT_IN_USE', usual: () => Promise<T>, free: () => Promise<T>): Promise<T> {
  try {
    return await usual();
  } catch (error) {
    if (!deps.takeFreePorts || !isSortlineError(error, code)) throw error;
    return free();
  }
}

/** Names a configuration in the ledger without its contents. */
function digestOf(config: Config): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex');
}
