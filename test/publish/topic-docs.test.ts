// README.md, docs/mqtt.md and the contract say the same. `UPDATE_DOCS=1 npx vitest run test/publish/topic-docs.test.ts` writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { payloadReference, payloadSchemas, topicsTable } from '../../src/publish/topic-docs.ts';
import { TOPICS } from '../../src/publish/topics.ts';

const documents = [
  { path: 'docs/mqtt.md', sections: { topics: topicsTable(), payloads: payloadReference() } },
  { path: 'README.md', sections: { topics: topicsTable() } },
];

function withSection(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin -->`, end = `<!-- ${name}:end -->`;
  expect(text).toContain(begin);
  return `${text.slice(0, text.indexOf(begin) + begin.length)}\n${content}\n${text.slice(text.indexOf(end))}`;
}

test.each(documents)('$path carries what the contract says now', ({ path, sections }) => {
  const file = new URL(`../../${path}`, import.meta.url);
  const found = readFileSync(file, 'utf8');
  const current = Object.entries(sections).reduce((text, [name, content]) => withSection(text, name, content), found);
  if (process.env.UPDATE_DOCS !== undefined) writeFileSync(file, current);
  else expect(found).toBe(current);
});

test('every topic has a row and its fields', () => {
  for (const { topic } of Object.values(TOPICS)) {
    expect(topicsTable()).toContain(`| \`${topic}\` |`);
    expect(payloadReference()).toContain(`### \`${topic}\``);
  }
  expect(payloadReference()).toContain('| `prediction.probabilities` | 0 … 1 by name |');
  expect(payloadReference()).toContain('| `active[].whatToDo` | text |');
});

test('every field says what it means', () => {
  expect(payloadReference().split('\n').filter((line) => line.endsWith('|  |'))).toEqual([]);
});

test('the JSON Schemas are valid ones that another validator understands', () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, formats: { 'date-time': true } });
  for (const schema of Object.values(payloadSchemas())) expect(() => ajv.compile(schema)).not.toThrow();
});
