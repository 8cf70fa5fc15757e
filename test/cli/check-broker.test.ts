import { afterEach, describe, expect, it } from 'vitest';
import { checkBroker } from '../../src/cli/check-broker.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/schema.ts';
import { BROKERS, freePort, hasMosquitto, openAedes, openMosquitto } from '../publish/brokers.ts';
import type { TestBroker } from '../publish/brokers.ts';
import { listen } from '../publish/listener.ts';

function configWith(mqtt: Partial<Config['mqtt']>): Config {
  const config = defaultConfig();
  return { ...config, mqtt: { ...config.mqtt, ...mqtt } };
}

describe('checkBroker', () => {
  const opened: TestBroker[] = [];
  afterEach(async () => {
    for (const broker of opened.splice(0)) await broker.close();
  });

  it.each(BROKERS.filter(({ isHere }) => isHere))('says which protocol $name speaks, and publishes nothing', async ({ open, name }) => {
    const broker = await open();
    opened.push(broker);
    const listener = await listen(broker.url, '#');
    expect(await checkBroker(configWith({ url: broker.url }))).toBe(`${broker.url}, MQTT ${name === 'Mosquitto' ? '5' : '3.1.1'}`);
    // Whatever was published before this arrives before it.
    await listener.client.publishAsync('end', '', { qos: 1 });
    await listener.until(({ heard }) => heard.some(({ topic }) => topic === 'end'));
    expect(listener.heard.map(({ topic }) => topic)).toEqual(['end']);
    await listener.close();
  });

  it('does not put a line out that is connected', async () => {
    const broker = await openAedes();
    opened.push(broker);
    const line = await listen(broker.url, '#', { clientId: 'sortline-local-demo' });
    await checkBroker(configWith({ url: broker.url }));
    expect(line.client.connected).toBe(true);
    await line.close();
  });

  it('says that nothing listens there', async () => {
    await expect(checkBroker(configWith({ url: `mqtt://127.0.0.1:${await freePort()}` }))).rejects.toMatchObject({ code: 'MQTT_UNAVAILABLE' });
  });

  it.skipIf(!hasMosquitto)('says that the credentials are refused, without showing them', async () => {
    const broker = await openMosquitto(undefined, ['allow_anonymous false']);
    opened.push(broker);
    const refusal = checkBroker(configWith({ url: broker.url, username: 'line', password: 'a-secret' }));
    await expect(refusal).rejects.toMatchObject({ code: 'MQTT_REFUSED', message: expect.not.stringContaining('a-secret') as unknown });
  });

  it('names a password file that cannot be read', async () => {
    await expect(checkBroker(configWith({ url: 'mqtt://127.0.0.1:1', passwordFile: '/nowhere/password' }))).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
  });

  it('says whether the embedded broker can listen', async () => {
    const { embedded } = defaultConfig().mqtt;
    expect(await checkBroker(configWith({ embedded: { ...embedded, port: 0 } }))).toMatch(/^embedded, can listen on 127\.0\.0\.1:\d+$/);
    const broker = await openAedes();
    opened.push(broker);
    await expect(checkBroker(configWith({ embedded: { ...embedded, port: broker.port } }))).rejects.toMatchObject({ code: 'MQTT_PORT_IN_USE' });
  });
});
