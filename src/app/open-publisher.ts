// The publisher of a live line: to the configured broker, or to one opened inside this process.
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import { configSchema } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { ExecuteCommand } from '../domain/operator-command.ts';
import { Outbox } from '../ledger/outbox.ts';
import type { LedgerOutbox } from '../ledger/store.ts';
import { brokerSettings, passwordOf } from '../publish/broker-settings.ts';
import { digestOf } from '../publish/digests.ts';
import type { EmbeddedBroker } from '../publish/embedded-broker.ts';
import { openEmbeddedBroker } from '../publish/embedded-broker.ts';
import { homeAssistantDiscovery } from '../publish/home-assistant.ts';
import { createItemMessages } from '../publish/item-messages.ts';
import { openMqttSession, withoutCredentials } from '../publish/mqtt-client.ts';
import { Publisher } from '../publish/publisher.ts';
import { SparkplugNode } from '../publish/sparkplug-node.ts';
import type { LineFacts } from '../publish/state-topics.ts';
import type { Line } from './line.ts';
import { sortlineVersion } from './version.ts';

export interface OpenPublisherDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  calibration: Calibration;
  runId: string;
  /** The line it tells of; called only after it exists. */
  line: () => Line;
}

const BYTES_PER_MB = 1024 * 1024;

/** Where item events wait for the broker; the ledger fills it. */
export function openItemOutbox({ clock, log, config: { mqtt }, calibration, runId }: Omit<OpenPublisherDeps, 'line'>): LedgerOutbox {
  const { maxEvents, maxMb } = mqtt.outbox;
  return {
    outbox: new Outbox({ maxEvents, maxBytes: maxMb * BYTES_PER_MB }, log.child({ room: 'ledger' })),
    messageOf: createItemMessages({ clock, runId, calibrationSha256: digestOf(calibration) }),
  };
}

export interface OpenedPublisher {
  readonly publisher: Publisher;
  /** For people, without credentials. */
  readonly address: string;
  close(): Promise<void>;
}

/** Throws MQTT_PORT_IN_USE where the embedded broker cannot have its port. */
export async function openPublisher(deps: OpenPublisherDeps, sources: { outbox: Outbox; execute: ExecuteCommand }): Promise<OpenedPublisher> {
  const { clock, log, config, calibration, runId, line } = deps;
  const { mqtt, line: { site, id } } = config;
  const embedded: EmbeddedBroker | undefined = mqtt.url === undefined ? await openEmbedded(config, log) : undefined;
  const url = mqtt.url ?? embedded!.url;
  const edges = { clock, log, random: createRandom(randomInt(2 ** 32 - 1)), broker: brokerSettings(mqtt, url, { site, line: id }), openSession: openMqttSession };
  const bins = config.bins.map((bin) => bin.id);
  const { sparkplug, homeAssistant } = mqtt;
  const node = sparkplug.enabled ? new SparkplugNode({ ...edges, group: sparkplug.group ?? site, node: sparkplug.node ?? id, bins }) : undefined;
  const publisher = new Publisher({
    ...edges, ...sources, identity: { site, line: id, runId }, facts: lineFacts(config, calibration), options: mqtt,
    discovery: homeAssistant.enabled
      ? homeAssistantDiscovery({ identity: { site, line: id }, version: versions()['sortline']!, bins, commands: mqtt.commands.allow, prefix: homeAssistant.discoveryPrefix })
      : undefined,
    onRetained: (topic, payload) => node?.hear(topic, payload),
    onDown: (message) => line().alarms.raise('mqtt-down', 'broker', message),
    onUp: () => line().alarms.clear('mqtt-down', 'broker'),
  });
  node?.start();
  return {
    publisher, address: `${withoutCredentials(url)}${embedded === undefined ? '' : ' (embedded)'}`,
    close: async () => {
      await Promise.all([publisher.stop(), node?.stop()]);
      await embedded?.close();
    },
  };
}

function openEmbedded({ mqtt }: Config, log: Logger): Promise<EmbeddedBroker> {
  const password = passwordOf(mqtt);
  const credentials = mqtt.username === undefined || password === undefined ? undefined : { username: mqtt.username, password };
  return openEmbeddedBroker({ ...mqtt.embedded, credentials, log: log.child({ room: 'publish' }) });
}

function lineFacts({ mqtt, actuators }: Config, calibration: Calibration): LineFacts {
  return {
    versions: versions(), calibrationSha256: digestOf(calibration), configSchema: z.toJSONSchema(configSchema, { io: 'input' }),
    capabilities: { commands: mqtt.commands.allow, views: viewsOf(mqtt) },
    actuators: actuators.map(({ id, bin, output }) => ({ id, bin, output })),
  };
}

function viewsOf(mqtt: Config['mqtt']): LineFacts['capabilities']['views'] {
  return [...(mqtt.homeAssistant.enabled ? ['home-assistant' as const] : []), ...(mqtt.sparkplug.enabled ? ['sparkplug-b' as const] : [])];
}

/** Of the calibration as it is used, whatever file it came from. */

function versions(): Record<string, string> {
  return { sortline: sortlineVersion(), node: process.versions.node };
}
