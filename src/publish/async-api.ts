// The contract as an AsyncAPI 3.0 document, for tools that draw it or generate clients: one channel per topic, one message per
// payload, generated like the tables from TOPICS. docs/asyncapi.yaml is its text, and a test holds it current.
// Source: asyncapi.com/docs/reference/specification/v3.0.0, mqtt bindings 0.2.0.
import { PAYLOAD_VERSION } from './payload-schemas.ts';
import type { JsonSchema } from './topic-docs.ts';
import { payloadSchemas } from './topic-docs.ts';
import type { TopicRow } from './topics.ts';
import { ALL_TOPICS } from './topics.ts';

type Json = Readonly<Record<string, unknown>>;

const PARAMETERS: Readonly<Record<string, string>> = {
  site: '`line.site` of the config', line: '`line.id` of the config', code: 'Code of the alarm', id: 'Id in the config', command: 'The command that is answered',
};

/** A JSON value; keys are in a fixed order. */
export function asyncApiDocument(): Json {
  const schemas = payloadSchemas();
  const rows = Object.entries(ALL_TOPICS);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Sortline', version: String(PAYLOAD_VERSION),
      description: 'What a Sortline line publishes over MQTT, and what it can be asked. The version is that of all payloads together, `v` in each.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(rows.map(([key, row]) => [key, channel(key, row)])),
    operations: Object.fromEntries(rows.map(([key, row]) => [key, operation(key, row)])),
    components: {
      messages: Object.fromEntries(rows.map(([key, { topic, when }]) => [key, { name: key, title: topic, summary: when, contentType: 'application/json', payload: { $ref: `#/components/schemas/${key}` } }])),
      schemas: Object.fromEntries(rows.map(([key]) => [key, inAsyncApi(schemas[key]!)])),
    },
  };
}

function channel(key: string, { topic, when }: TopicRow): Json {
  const address = `sortline/{site}/{line}/${topic.replaceAll('<', '{').replaceAll('>', '}')}`;
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return {
    address, title: topic, description: when,
    parameters: Object.fromEntries(names.map((name) => [name, { description: PARAMETERS[name]! }])),
    messages: { [key]: { $ref: `#/components/messages/${key}` } },
  };
}

/** From the line's side: it sends what it publishes, and receives requests. */
function operation(key: string, { direction, retained, when, expiryS }: TopicRow): Json {
  return {
    action: direction === 'out' ? 'send' : 'receive', channel: { $ref: `#/channels/${key}` }, summary: when,
    bindings: { mqtt: { qos: 1, retain: retained, ...(expiryS === undefined ? {} : { messageExpiryInterval: expiryS }), bindingVersion: '0.2.0' } },
    ...(direction === 'in' && { reply: { channel: { $ref: '#/channels/response' } } }),
  };
}

/** AsyncAPI's schemas name their dialect once, for all. */
function inAsyncApi({ $schema: _, ...schema }: JsonSchema): Json {
  return schema;
}
