// Everything that hears of the line's events: ledger, MQTT, dashboard and log, opened together and closed together.
import type { Clock } from '../base/clock.ts';
import { isSortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import type { ItemId } from '../domain/decision.ts';
import type { LineSink } from '../domain/line-event.ts';
import type { LedgerSummary } from '../ledger/ledger-counts.ts';
import { holdLedger } from '../ledger/hold-ledger.ts';
import { openLedger } from '../ledger/ledger.ts';
import type { Calibration } from '../domain/calibration.ts';
import { digestOf } from '../publish/digests.ts';
import type { ItemTraces } from '../publish/item-traces.ts';
import type { PictureMark } from '../vision/vision.ts';
import { CropFolder } from './crop-folder.ts';
import { fanOut } from './fan-out.ts';
import { createItemLog } from './item-log.ts';
import type { Line } from './line.ts';
import type { OpenedPublisher } from './open-publisher.ts';
import { openItemOutbox, openPublisher } from './open-publisher.ts';
import type { OpenedWeb } from './open-web.ts';
import { openWeb } from './open-web.ts';
import { OperatorCommands } from './operator-commands.ts';
import { sortlineVersion } from './version.ts';

export interface OutletDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  calibration: Calibration;
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
  showSnapshot(jpeg: Uint8Array, marks: readonly PictureMark[]): void;
  /** Keeps a picture for the next training; never waits. */
  keepCrop(itemId: ItemId, jpeg: Uint8Array): void;
  /** Publishes and writes what is pending; the ledger's last word. */
  close(): Promise<LedgerSummary>;
}

/** Throws LEDGER_…, MQTT_PORT_IN_USE and WEB_PORT_IN_USE, each naming the thing and what to do. */
export async function openOutlets(deps: OutletDeps): Promise<Outlets> {
  // Before anything is written: a start that is refused leaves the ledger of a running line alone.
  const hold = holdLedger(deps.config.ledger.path, deps.clock);
  try {
    const outlets = await openAll(deps);
    return { ...outlets, close: () => outlets.close().finally(() => hold.release()) };
  } catch (error) {
    hold.release();
    throw error;
  }
}

async function openAll(deps: OutletDeps): Promise<Outlets> {
  const { clock, log, config, runId, line } = deps;
  const publishing = openItemOutbox(deps);
  const ledger = openLedger({
    clock, log, options: config.ledger,
    // The ledger names the configuration without its contents.
    run: { runId, line: config.line.id, configDigest: digestOf(config) }, publishing,
    onFailing: (message) => line().alarms.raise('ledger-failing', 'ledger', message),
    onRecovered: () => line().alarms.clear('ledger-failing', 'ledger'),
  });
  const commands = new OperatorCommands({ clock, log, line, sink: (event) => sink(event), remoteStartAfterEStop: config.mqtt.commands.startAfterEStop });
  const { publisher, address, close: closePublisher } = await openMqtt(deps, { outbox: publishing.outbox, execute: commands.execute });
  const web = await openWebOf(deps, commands);
  const crops = new CropFolder({ clock, log, options: config.harvest });
  const traces = await openTraces(deps);
  const sink = fanOut([ledger.handle, publisher.handle, (event) => web?.server.handle(event), createItemLog(log), ...(traces === undefined ? [] : [traces.sink])]);
  publisher.start();
  return {
    sink,
    addresses: { mqtt: address, dashboard: web?.address },
    showSnapshot: (jpeg, marks) => {
      commands.showSnapshot(jpeg);
      web?.server.showSnapshot({ jpeg, marks });
    },
    keepCrop: (itemId, jpeg) => crops.keep(itemId, jpeg),
    close: async () => {
      // What is published is on disk first.
      ledger.flush();
      await closePublisher();
      await web?.close();
      await crops.close();
      await traces?.close();
      const summary = ledger.summary();
      ledger.close();
      return summary;
    },
  };
}

function openMqtt(deps: OutletDeps, sources: Parameters<typeof openPublisher>[1]): Promise<OpenedPublisher> {
  const { config } = deps;
  const { mqtt } = config;
  return orOnFreePort(deps, 'MQTT_PORT_IN_USE', () => openPublisher(deps, sources),
    () => openPublisher({ ...deps, config: { ...config, mqtt: { ...mqtt, embedded: { ...mqtt.embedded, port: 0 } } } }, sources));
}

async function openWebOf(deps: OutletDeps, commands: OperatorCommands): Promise<OpenedWeb | undefined> {
  const { config } = deps;
  if (!config.web.enabled) return undefined;
  return orOnFreePort(deps, 'WEB_PORT_IN_USE', () => openWeb(deps, commands.execute), () => openWeb({ ...deps, config: { ...config, web: { ...config.web, port: 0 } } }, commands.execute));
}

/** The library is loaded only where it is used. */
async function openTraces({ clock, log, config: { tracing: { url, share }, line } }: OutletDeps): Promise<ItemTraces | undefined> {
  if (url === undefined) return undefined;
  const { openItemTraces } = await import('../publish/item-traces.ts');
  return openItemTraces({ clock, log, options: { url, share }, site: line.site, line: line.id, version: sortlineVersion() });
}

async function orOnFreePort<T>(deps: OutletDeps, code: 'MQTT_PORT_IN_USE' | 'WEB_PORT_IN_USE', usual: () => Promise<T>, free: () => Promise<T>): Promise<T> {
  try {
    return await usual();
  } catch (error) {
    if (!deps.takeFreePorts || !isSortlineError(error, code)) throw error;
    return free();
  }
}
