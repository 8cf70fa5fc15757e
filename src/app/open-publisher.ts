// The publisher of a live line: to the configured broker, or to one opened inside this process.
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import { brokerSettings, passwordOf } from '../publish/broker-settings.ts';
import type { EmbeddedBroker } from '../publish/embedded-broker.ts';
import { openEmbeddedBroker } from '../publish/embedded-broker.ts';
import { openMqttSession, withoutCredentials } from '../publish/mqtt-client.ts';
import { Publisher } from '../publish/publisher.ts';
import type { Line } from './line.ts';

export interface OpenPublisherDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  runId: string;
  /** The line it tells of; called only after it exists. */
  line: () => Line;
}

export interface OpenedPublisher {
  readonly publisher: Publisher;
  /** For people, without credentials. */
  readonly address: string;
  close(): Promise<void>;
}

/** Throws MQTT_PORT_IN_USE where the embedded broker cannot have its port. */
export async function openPublisher({ clock, log, config, runId, line }: OpenPublisherDeps): Promise<OpenedPublisher> {
  const { mqtt, line: { site, id } } = config;
  const embedded: EmbeddedBroker | undefined = mqtt.url === undefined ? await openEmbedded(config, log) : undefined;
  const url = mqtt.url ?? embedded!.url;
  const publisher = new Publisher({
    clock, log, random: createRandom(randomInt(2 ** 32 - 1)), identity: { site, line: id, runId, versions: versions() },
    broker: brokerSettings(mqtt, url, { site, line: id }), queue: mqtt.queue, openSession: openMqttSession,
    onRequest: async (command, by) => {
      if (command === 'pause') line().requestPause(by);
      if (command !== 'start') return { accepted: true };
      const answer = await line().requestStart(by);
      return answer.result === 'started' ? { accepted: true } : { accepted: false, reason: answer.reason };
    },
    onDown: (message) => line().alarms.raise('mqtt-down', 'broker', message),
    onUp: () => line().alarms.clear('mqtt-down', 'broker'),
  });
  return {
    publisher, address: `${withoutCredentials(url)}${embedded === undefined ? '' : ' (embedded)'}`,
    close: async () => {
      await publisher.stop();
      await embedded?.close();
    },
  };
}

function openEmbedded({ mqtt }: Config, log: Logger): Promise<EmbeddedBroker> {
  const password = passwordOf(mqtt);
  const credentials = mqtt.username === undefined || password === undefined ? undefined : { username: mqtt.username, password };
  return openEmbeddedBroker({ ...mqtt.embedded, credentials, log: log.child({ room: 'publish' }) });
}

function versions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  return { sortline: version, node: process.versions.node };
}
