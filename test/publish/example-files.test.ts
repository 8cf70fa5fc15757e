// The examples under docs name topics and fields that the contract has; what reads them (Telegraf, Grafana) is not run here.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { payloadSchemas } from '../../src/publish/topic-docs.ts';
import { TOPICS } from '../../src/publish/topics.ts';

const telegraf = readFileSync(new URL('../../docs/telegraf.conf', import.meta.url), 'utf8');
const dashboard = JSON.parse(readFileSync(new URL('../../docs/grafana/sortline-mqtt.json', import.meta.url), 'utf8')) as { panels: { title: string; targets: { query: string }[] }[] };
const schemas = payloadSchemas();

test('Telegraf subscribes to topics there are, and parses each by its parts', () => {
  const topics = [...telegraf.matchAll(/topics = \["sortline\/\+\/\+\/([^"]+)"\]/g)].map(([, topic]) => topic!);
  expect(topics).toEqual(['stats', 'stats', 'item/outcome', 'state']);
  for (const topic of topics) expect(Object.values(TOPICS).map((row) => row.topic)).toContain(topic);
  for (const [, topic, tags] of telegraf.matchAll(/topic = "([^"]+)"\n\s+tags = "([^"]+)"/g)) expect(tags!.split('/')).toHaveLength(topic!.split('/').length);
});

test('every field that Telegraf names, and every one the dashboard draws, is in a payload', () => {
  const fields = [...telegraf.matchAll(/(?:tag_keys|json_string_fields) = \[([^\]]+)\]/g)].flatMap(([, list]) => [...list!.matchAll(/"(\w+)"/g)].map(([, name]) => name!));
  const known = new Set([...Object.keys(schemas['outcome']!.properties!), ...Object.keys(schemas['state']!.properties!)]);
  expect(fields.filter((field) => !known.has(field))).toEqual([]);
  const inBins = Object.keys(schemas['stats']!.properties!['bins']!.items!.properties!);
  const drawn = new Set([...Object.keys(schemas['stats']!.properties!), ...inBins, ...known]);
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ query }) => query));
  expect(queries.length).toBeGreaterThan(5);
  for (const query of queries) {
    for (const [, field] of query.matchAll(/r\._field == "(\w+)"/g)) expect(drawn).toContain(field);
    const [, measurement] = /r\._measurement == "(\w+)"/.exec(query)!;
    expect(telegraf).toContain(`"${measurement}"`);
  }
});
