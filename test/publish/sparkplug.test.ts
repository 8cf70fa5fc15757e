// The edge node as hosts see it, read by Cirrus Link's own payload library: births, deaths, numbers, rebirth.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRandom } from '../../src/base/random.ts';
import { brokerSettings } from '../../src/publish/broker-settings.ts';
import { openMqttSession } from '../../src/publish/mqtt-client.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import { SparkplugNode } from '../../src/publish/sparkplug-node.ts';
import { setsToTrue, sparkplugPayload } from '../../src/publish/sparkplug-payload.ts';
import type { TestBroker } from './brokers.ts';
import { BROKERS } from './brokers.ts';
import { Gate } from './gate.ts';
import { listen } from './listener.ts';
import type { Listener } from './listener.ts';
import { createPublisher, IDENTITY, stateEvent, statsEvent } from './publishers.ts';

interface Decoded {
  readonly timestamp: unknown;
  readonly seq?: unknown;
  readonly metrics: readonly { name?: string; alias?: unknown; type: string; value: unknown; properties?: Record<string, { value: unknown }> }[];
}
const library = createRequire(import.meta.url)('sparkplug-payload').get('spBv1.0') as { decodePayload(bytes: Uint8Array): Decoded; encodePayload(payload: object): Uint8Array };

interface Received {
  readonly kind: string;
  readonly payload: Decoded;
  readonly retained: boolean;
  readonly qos: number;
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function host(url: string): Promise<{ listener: Listener; received: Received[] }> {
  const received: Received[] = [];
  const listener = await listen(url, 'spBv1.0/#');
  closing.push(() => listener.close());
  listener.client.on('message', (topic, payload, { retain, qos }) => {
    const kind = topic.split('/')[2]!;
    if (kind !== 'NCMD') received.push({ kind, payload: library.decodePayload(payload), retained: retain, qos });
  });
  return { listener, received };
}

function openNode(url: string): SparkplugNode {
  const node = new SparkplugNode({
    clock: systemClock, log: silentLogger, random: createRandom(1), broker: brokerSettings(mqttOptions.parse({}), url, IDENTITY), openSession: openMqttSession,
    group: 'hall1', node: 'east', bins: ['glass'],
  });
  closing.push(() => node.stop());
  return node;
}

/** A publisher whose retained topics the node sees too. */
function openLine(url: string): { node: SparkplugNode; handle: ReturnType<typeof createPublisher>['handle'] } {
  const node = openNode(url);
  const publisher = createPublisher({ url, onRetained: (topic, payload) => node.hear(topic, payload) });
  closing.push(() => publisher.stop());
  return { node, handle: publisher.handle };
}

const valueOf = ({ metrics }: Decoded, name: string): unknown => metrics.find((metric) => metric.name === name)?.value;
const numberOf = (value: unknown): number => Number(String(value));

test.each(BROKERS.filter(({ isHere }) => isHere))('with $name: a birth names every metric, data what changed, a death the birth\'s number', async ({ name, open }) => {
  const broker: TestBroker = await open();
  closing.push(() => broker.close());
  const gate = new Gate(() => broker.port);
  await gate.open();
  closing.push(() => gate.close());
  const { listener, received } = await host(broker.url);
  const { node, handle } = openLine(gate.url);
  handle(stateEvent('ready'));
  node.start();
  await listener.until(() => received.length === 1);
  const [birth] = received;
  expect(birth).toMatchObject({ kind: 'NBIRTH', retained: false, qos: 0 });
  expect(numberOf(birth!.payload.seq)).toBe(0);
  // A broker without MQTT 5 was connected to twice.
  const bdSeq = numberOf(valueOf(birth!.payload, 'bdSeq'));
  expect(bdSeq).toBe(name === 'Mosquitto' ? 0 : 1);
  expect(valueOf(birth!.payload, 'Node Control/Rebirth')).toBe(false);
  expect(valueOf(birth!.payload, 'Line/State')).toBe('ready');
  expect(valueOf(birth!.payload, 'Alarms/jam')).toBe(false);
  expect(Math.abs(numberOf(birth!.payload.timestamp) - systemClock.wallMs())).toBeLessThan(60_000);
  const named = birth!.payload.metrics.filter((metric) => metric.name !== 'bdSeq');
  expect(new Set(named.map(({ alias }) => numberOf(alias))).size).toBe(named.length);
  expect(birth!.payload.metrics.find((metric) => metric.name === 'Belt/Speed')!.properties).toMatchObject({ engUnit: { value: 'mm/s' } });
  const nameByAlias = new Map(named.map((metric) => [numberOf(metric.alias), metric.name]));
  const valuesIn = (message: Received): Record<string, unknown> => Object.fromEntries(message.payload.metrics.map(({ alias, value }) => [nameByAlias.get(numberOf(alias)), value]));

  handle(statsEvent(42));
  handle({ kind: 'alarm.raised', atNs: 1, alarm: 'jam', subject: 'belt', message: 'stuck', whatToDo: 'Clear it.' });
  handle({ kind: 'bin.state', atNs: 1, bin: 'glass', full: true, enabled: true });
  await listener.until(() => received.length === 4);
  expect(received.slice(1).map(({ kind, payload }) => [kind, numberOf(payload.seq)])).toEqual([['NDATA', 1], ['NDATA', 2], ['NDATA', 3]]);
  expect(valuesIn(received[1]!)).toMatchObject({ 'Belt/Speed': 300.5 });
  expect(numberOf(valuesIn(received[1]!)['Items/Seen'])).toBe(42);
  expect(valuesIn(received[2]!)).toEqual({ 'Alarms/jam': true });
  expect(valuesIn(received[3]!)).toEqual({ 'Bins/glass/Full': true, 'Bins/glass/Enabled': true });
  // What stays the same is not said again.
  handle(statsEvent(42));

  const command = library.encodePayload({ timestamp: Date.now(), metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }] });
  await listener.client.publishAsync('spBv1.0/hall1/NCMD/east', Buffer.from(command), { qos: 1 });
  await listener.until(() => received.length === 5);
  const reborn = received[4]!;
  expect([reborn.kind, numberOf(reborn.payload.seq), numberOf(valueOf(reborn.payload, 'bdSeq')), valueOf(reborn.payload, 'Alarms/jam')]).toEqual(['NBIRTH', 0, bdSeq, true]);
  expect(numberOf(valueOf(reborn.payload, 'Items/Seen'))).toBe(42);

  await gate.close();
  await listener.until(() => received.length === 6);
  expect(received[5]).toMatchObject({ kind: 'NDEATH', retained: false });
  expect(received[5]!.payload.seq ?? null).toBeNull();
  expect(numberOf(valueOf(received[5]!.payload, 'bdSeq'))).toBe(bdSeq);
  await gate.open();
  await listener.until(() => received.length === 7);
  expect([received[6]!.kind, numberOf(valueOf(received[6]!.payload, 'bdSeq')) > bdSeq]).toEqual(['NBIRTH', true]);
  await node.stop();
  await listener.until(() => received.length === 8);
  expect([received[7]!.kind, numberOf(valueOf(received[7]!.payload, 'bdSeq'))]).toEqual(['NDEATH', numberOf(valueOf(received[6]!.payload, 'bdSeq'))]);
});

test('what we write, the library reads', () => {
  fc.assert(fc.property(fc.array(fc.oneof(
    fc.record({ type: fc.constant('Int64' as const), value: fc.option(fc.maxSafeNat()) }),
    fc.record({ type: fc.constant('Double' as const), value: fc.option(fc.double({ noNaN: true })) }),
    fc.record({ type: fc.constant('Boolean' as const), value: fc.option(fc.boolean()) }),
    fc.record({ type: fc.constant('String' as const), value: fc.option(fc.string()) }),
  ), { maxLength: 8 }), fc.nat(255), (values, seq) => {
    const decoded = library.decodePayload(sparkplugPayload(values.map((each, index) => ({ ...each, name: `m/${index}`, alias: index + 1 })), { wallMs: 1_700_000_000_123, seq }));
    expect(numberOf(decoded.seq)).toBe(seq);
    expect(numberOf(decoded.timestamp)).toBe(1_700_000_000_123);
    expect(decoded.metrics.map(({ name, type, value }) => [name, type, value === null ? null : type === 'Int64' ? numberOf(value) : value]))
      .toEqual(values.map(({ type, value }, index) => [`m/${index}`, type, value]));
  }), { numRuns: 200 });
});

test('a rebirth is asked for by name or alias, with true; anything else asks for nothing', () => {
  const asked = (metric: object): boolean => setsToTrue(library.encodePayload({ timestamp: 1, metrics: [metric] }), { name: 'Node Control/Rebirth', alias: 77 });
  expect(asked({ name: 'Node Control/Rebirth', type: 'Boolean', value: true })).toBe(true);
  expect(asked({ alias: 77, type: 'Boolean', value: true })).toBe(true);
  expect(asked({ name: 'Node Control/Rebirth', type: 'Boolean', value: false })).toBe(false);
  expect(asked({ name: 'Node Control/Reboot', type: 'Boolean', value: true })).toBe(false);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => typeof setsToTrue(bytes, { name: 'Node Control/Rebirth', alias: 77 }) === 'boolean'));
});
