// The discovery document against the rules that Home Assistant publishes for device discovery: home-assistant.io/integrations/mqtt
// (discovery topic, discovery payload, device discovery payload), sensor.mqtt, binary_sensor.mqtt, button.mqtt, and the units and
// state classes of developers.home-assistant.io/docs/core/entity/sensor.
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ALARM_CODES } from '../../src/domain/line-event.ts';
import { homeAssistantDiscovery } from '../../src/publish/home-assistant.ts';
import { settled } from '../ledger/events.ts';
import type { TestBroker } from './brokers.ts';
import { openAedes } from './brokers.ts';
import { listen } from './listener.ts';
import { createPublisher, PREFIX, stateEvent } from './publishers.ts';

const FACTS = { identity: { site: 'hall1', line: 'east' }, version: '0.1.0', bins: ['glass', 'bin-3'], commands: ['pause', 'ping'], prefix: 'homeassistant' } as const;

const topic = z.string().regex(/^[^+#\0]+$/);
const template = z.string().regex(/^\{[{%].*\}\}$/s);
const entity = {
  unique_id: z.string().min(1), name: z.string().min(1), entity_category: z.enum(['config', 'diagnostic']).optional(),
  icon: z.string().optional(), json_attributes_topic: topic.optional(), json_attributes_template: template.optional(),
};
/** The platform's keys as documented, those that this line has any use for; `platform` is required in device discovery. */
const component = z.discriminatedUnion('platform', [
  z.strictObject({
    ...entity, platform: z.literal('sensor'), state_topic: topic, value_template: template.optional(), expire_after: z.int().optional(),
    device_class: z.enum(['enum', 'speed', 'duration']).optional(), options: z.array(z.string()).optional(),
    state_class: z.enum(['measurement', 'total', 'total_increasing']).optional(), unit_of_measurement: z.string().optional(),
  }).refine(({ device_class, options }) => (device_class === 'enum') === (options !== undefined), 'options belong to the device class enum, and to no other')
    .refine(({ device_class, state_class, unit_of_measurement }) => device_class !== 'enum' || (state_class === undefined && unit_of_measurement === undefined), 'enum has no state class and no unit')
    .refine(({ device_class, unit_of_measurement: unit }) => device_class !== 'speed' || ['ft/s', 'in/d', 'in/h', 'in/s', 'km/h', 'kn', 'm/s', 'mph', 'mm/d', 'mm/s'].includes(unit!), 'a unit of speed'),
  z.strictObject({
    ...entity, platform: z.literal('binary_sensor'), state_topic: topic, value_template: template.optional(), payload_on: z.string().optional(), payload_off: z.string().optional(),
    device_class: z.enum(['problem', 'running', 'connectivity']).optional(), expire_after: z.int().optional(), off_delay: z.int().optional(),
  }),
  z.strictObject({
    ...entity, platform: z.literal('button'), command_topic: topic, command_template: z.string().optional(), payload_press: z.string().optional(),
    qos: z.int().min(0).max(2).optional(), retain: z.boolean().optional(), device_class: z.enum(['identify', 'restart', 'update']).optional(),
  }),
]);
const discovery = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(z.string()).min(1), name: z.string(), manufacturer: z.string().optional(), model: z.string().optional(),
    sw_version: z.string().optional(), suggested_area: z.string().optional(), configuration_url: z.url().optional(),
  }),
  origin: z.strictObject({ name: z.string(), sw_version: z.string().optional(), support_url: z.url().optional() }),
  availability_topic: topic, availability_template: template, payload_available: z.string().optional(), payload_not_available: z.string().optional(),
  components: z.record(z.string().regex(/^[A-Za-z0-9_-]+$/), component),
});

function documentOf(commands: readonly ('start' | 'pause' | 'ping')[] = FACTS.commands): z.output<typeof discovery> {
  const [document] = homeAssistantDiscovery({ ...FACTS, commands }).documents;
  return discovery.parse(JSON.parse(document!.payload));
}

test('the document keeps to the rules of device discovery, at its topic', () => {
  const { documents, statusTopic } = homeAssistantDiscovery(FACTS);
  expect(documents).toHaveLength(1);
  expect(documents[0]!.topic).toMatch(/^homeassistant\/device\/[A-Za-z0-9_-]+\/config$/);
  expect(statusTopic).toBe('homeassistant/status');
  const { components } = documentOf();
  const ids = Object.values(components).map(({ unique_id }) => unique_id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain('sortline_hall1_east_bin_bin_3_full');
  expect(Object.keys(components).filter((key) => key.startsWith('alarm_'))).toHaveLength(ALARM_CODES.length);
});

test('every topic that it names is one of the line, and every field one of its payload', () => {
  for (const [key, each] of Object.entries(documentOf().components)) {
    const topics = [each.platform === 'button' ? each.command_topic : each.state_topic].map((name) => name.replace(`${PREFIX}/`, ''));
    expect(topics[0], key).toMatch(/^(state|stats|recipe|bin\/(glass|bin-3)|alarm\/[a-z-]+|request\/pause)$/);
  }
});

test('there is a button only for what the config allows, and each press is a request of its own', () => {
  expect(Object.values(documentOf().components).filter(({ platform }) => platform === 'button').map(({ name }) => name)).toEqual(['Pause']);
  const { start } = documentOf(['start', 'pause']).components;
  expect(start).toMatchObject({ command_topic: `${PREFIX}/request/start`, command_template: expect.stringMatching(/"id": "ha-\{\{ now\(\)\.timestamp\(\) \}\}".*"atIso"/) });
});

describe('at a broker', () => {
  let broker: TestBroker;
  afterEach(() => broker.close());

  test('it is retained, and comes again when Home Assistant says that it has started', async () => {
    broker = await openAedes();
    const listener = await listen(broker.url, 'homeassistant/#');
    const publisher = createPublisher({ url: broker.url, discovery: homeAssistantDiscovery(FACTS) });
    publisher.start();
    publisher.handle(stateEvent('running'));
    publisher.handle(settled('a'));
    const documents = (): number => listener.heard.filter(({ topic: name }) => name.endsWith('/config')).length;
    await listener.until(() => documents() === 1);
    const late = await listen(broker.url, 'homeassistant/#');
    await late.until(({ heard }) => heard.some(({ retained }) => retained));
    await listener.client.publishAsync('homeassistant/status', 'offline', { qos: 1 });
    await listener.client.publishAsync('homeassistant/status', 'online', { qos: 1 });
    await listener.until(() => documents() === 2);
    await publisher.stop();
    await Promise.all([listener.close(), late.close()]);
  });
});
