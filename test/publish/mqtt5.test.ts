// What MQTT 5 adds, as a client with MQTT 5 sees it at a real broker; and what must not be done with it.
import type { IPublishPacket } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { decided, settled } from '../ledger/events.ts';
import type { TestBroker } from './brokers.ts';
import { hasMosquitto, openMosquitto } from './brokers.ts';
import type { Listener } from './listener.ts';
import { listen } from './listener.ts';
import type { TestPublisher } from './publishers.ts';
import { createPublisher, PREFIX, requestText, stateEvent, statsEvent } from './publishers.ts';

const opened: { broker?: TestBroker; listener?: Listener; publisher?: TestPublisher } = {};
afterEach(async () => {
  await opened.publisher?.stop();
  await opened.listener?.close();
  await opened.broker?.close();
});

async function open(): Promise<{ listener: Listener; publisher: TestPublisher; packets: IPublishPacket[] }> {
  const broker = (opened.broker = await openMosquitto());
  const listener = (opened.listener = await listen(broker.url, '#', { protocolVersion: 5 }));
  const packets: IPublishPacket[] = [];
  listener.client.on('message', (_topic, _payload, packet) => packets.push(packet));
  const publisher = (opened.publisher = createPublisher({ url: broker.url }));
  publisher.start();
  await listener.until((each) => each.on('info').length > 0);
  return { listener, publisher, packets };
}

describe.skipIf(!hasMosquitto)('with MQTT 5', () => {
  test('messages say their type, version and id, and expire where they are news only for a while', async () => {
    const { listener, publisher, packets } = await open();
    for (const event of [stateEvent('running'), statsEvent(), decided('a'), settled('a')]) publisher.handle(event);
    await listener.until((each) => each.on('item/outcome').length > 0 && each.on('stats').length > 0 && each.on('state').length > 0);
    const propertiesOf = (topic: string): IPublishPacket['properties'] => packets.find((packet) => packet.topic === `${PREFIX}/${topic}`)!.properties;
    expect(propertiesOf('item/prediction')).toMatchObject({ contentType: 'application/json', userProperties: { 'schema-version': '1', 'event-id': 'run1/1' } });
    expect(propertiesOf('item/outcome')).toMatchObject({ userProperties: { 'event-id': 'run1/2' } });
    expect(propertiesOf('item/outcome')!.messageExpiryInterval).toBeGreaterThan(6 * 86_400);
    expect(propertiesOf('stats')!.messageExpiryInterval).toBeLessThanOrEqual(60);
    expect(propertiesOf('state')!.messageExpiryInterval).toBeUndefined();
  });

  test('an answer goes where it is asked for below `response/`, with the correlation data', async () => {
    const { listener, packets } = await open();
    const responseTopic = `${PREFIX}/response/ping/of-mine`, correlationData = Buffer.from([1, 2, 3, 255]);
    await listener.client.publishAsync(`${PREFIX}/request/ping`, requestText('a'), { qos: 1, properties: { responseTopic, correlationData } });
    await listener.until((each) => each.on('of-mine').length > 0);
    expect(packets.find(({ topic }) => topic === responseTopic)!.properties!.correlationData).toEqual(correlationData);
  });

  test.each(['elsewhere/valve/open', `${PREFIX}/request/start`, `${PREFIX}/state`, `${PREFIX}/response/../state`.replace('/../', '/+/')])('an answer does not go to %s', async (responseTopic) => {
    const { listener } = await open();
    const before = listener.on('state').length;
    // A broker refuses a response topic with wildcards itself.
    await listener.client.publishAsync(`${PREFIX}/request/ping`, requestText('a'), { qos: 1, properties: { responseTopic } }).catch(() => undefined);
    await listener.client.publishAsync(`${PREFIX}/request/ping`, requestText('b'), { qos: 1 });
    await listener.until((each) => each.on('response/ping').some(({ payload }) => payload['id'] === 'b'));
    const topics = listener.heard.map(({ topic }) => topic);
    expect(topics).not.toContain('elsewhere/valve/open');
    expect(topics).not.toContain(`${PREFIX}/request/start`);
    expect(listener.on('state')).toHaveLength(before);
  });

  test('a request of a megabyte is answered, and costs nothing more', async () => {
    const { listener } = await open();
    await listener.client.publishAsync(`${PREFIX}/request/note`, 'x'.repeat(1_000_000), { qos: 1 });
    await listener.until((each) => each.on('response/note').length > 0);
    expect(listener.on('response/note')[0]!.payload).toMatchObject({ result: 'invalid', reason: 'the request has 1000000 bytes, allowed are 16384' });
  });
});
