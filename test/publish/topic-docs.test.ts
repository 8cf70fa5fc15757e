// README.md, docs/mqtt.md, docs/asyncapi.yaml, docs/schemas and the contract say the same. `UPDATE_DOCS=1 npx vitest run test/publish/topic-docs.test.ts` writes it anew.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { asyncApiDocument } from '../../src/publish/async-api.ts';
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

test('docs/schemas has one JSON Schema file per payload, and no other', () => {
  const folder = new URL('../../docs/schemas/', import.meta.url);
  const current = Object.fromEntries(Object.entries(payloadSchemas()).map(([key, schema]) => [`${key}.json`, `${JSON.stringify(schema, null, 2)}\n`]));
  if (process.env.UPDATE_DOCS !== undefined) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(current)) writeFileSync(new URL(name, folder), text);
  }
  expect(Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]))).toEqual(current);
});

test('docs/asyncapi.yaml is the contract', () => {
  const file = new URL('../../docs/asyncapi.yaml', import.meta.url);
  const current = `# Generated from src/publish/topics.ts; UPDATE_DOCS=1 npx vitest run test/publish/topic-docs.test.ts writes it anew.\n${stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 0 })}`;
  if (process.env.UPDATE_DOCS !== undefined) writeFileSync(file, current);
  expect(readFileSync(file, 'utf8')).toBe(current);
});

test('the AsyncAPI document is one, by AsyncAPI\'s own schema, and its references lead somewhere', () => {
  const document = asyncApiDocument();
  const specification = JSON.parse(readFileSync(new URL('../../node_modules/@asyncapi/specs/schemas/3.0.0.json', import.meta.url), 'utf8')) as object;
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false, meta: false, validateSchema: false }).compile(specification);
  expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
  expect(validate({ ...document, channels: { state: { address: 3 } } })).toBe(false);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  expect(references.length).toBeGreaterThan(50);
  for (const path of references) expect(path.split('/').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document), path).toBeDefined();
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
