// Opens the broker that the line would publish to, under a client id of its own so that a line that is running is not put out, and
// closes it again. Nothing is published.
import { isSortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import type { BrokerSession, ProtocolVersion, SessionSettings } from '../publish/broker-session.ts';
import { brokerSettings } from '../publish/broker-settings.ts';
import { openEmbeddedBroker } from '../publish/embedded-broker.ts';
import { openMqttSession, withoutCredentials } from '../publish/mqtt-client.ts';
import { topicPrefix } from '../publish/topics.ts';

/** What answered. Throws MQTT_REFUSED, MQTT_UNAVAILABLE, MQTT_PORT_IN_USE, CONFIG_UNREADABLE (a password or certificate file). */
export async function checkBroker({ mqtt, line: { site, id } }: Config): Promise<string> {
  if (mqtt.url === undefined) {
    const broker = await openEmbeddedBroker({ ...mqtt.embedded, log: silentLogger });
    await broker.close();
    return `embedded, can listen on ${mqtt.embedded.host}:${broker.port}`;
  }
  const settings = brokerSettings(mqtt, mqtt.url, { site, line: id });
  // A will is sent only where a client vanishes; a check that is interrupted must not say that the line is gone.
  const will = { topic: `${topicPrefix({ site, line: id })}/check`, payload: '', retain: false };
  const session = await open({ ...settings, clientId: `${settings.clientId.slice(0, 58)}-check`, will });
  await session.close();
  return `${withoutCredentials(mqtt.url)}, MQTT ${session.protocolVersion === 5 ? '5' : '3.1.1'}`;
}

/** With MQTT 5, and 3.1.1 where the broker does not know it, as the line does. */
async function open(settings: Omit<SessionSettings, 'protocolVersion'>, protocolVersion: ProtocolVersion = 5): Promise<BrokerSession> {
  try {
    return await openMqttSession({ ...settings, protocolVersion }, { message: () => undefined, closed: () => undefined });
  } catch (error) {
    if (protocolVersion === 5 && isSortlineError(error) && error.context['versionRefused'] === true) return open(settings, 4);
    throw error;
  }
}
