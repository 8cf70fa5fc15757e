// Holds a message to the contract, the way an integrator would: by the JSON Schema that is published for its topic.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { TOPICS } from '../../src/publish/topics.ts';
import type { Heard } from '../publish/listener.ts';

const ajv = new Ajv2020({ allErrors: true, formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } });
const rows = Object.values(TOPICS).map(({ topic, payload }) => ({
  pattern: new RegExp(`^sortline/[^/]+/[^/]+/${topic.replaceAll(/<[^>]+>/g, '[^/]+')}$`),
  validate: ajv.compile(z.toJSONSchema(payload)),
}));

/** What is wrong with the message; empty where nothing is. */
export function problemsOf({ topic, payload }: Heard): string[] {
  const row = rows.find(({ pattern }) => pattern.test(topic));
  if (row === undefined) return [`${topic}: no topic of the contract`];
  return row.validate(payload) ? [] : (row.validate.errors ?? []).map((error) => `${topic}${error.instancePath}: ${error.message}`);
}
