// The contract as text: JSON Schema per payload, the table of topics (README, docs/mqtt.md), and the fields of each payload.
// docs/mqtt.md holds this text between its markers, and a test holds it current.
import { z } from 'zod';
import { ALL_TOPICS } from './topics.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
}

/** JSON Schema (draft 2020-12) of every payload, by topic key. Unknown fields are allowed in what Sortline sends: newer versions may add some. */
export function payloadSchemas(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(Object.entries(ALL_TOPICS).map(([key, { payload }]) => [key, z.toJSONSchema(payload, { io: 'input' }) as JsonSchema]));
}

/** Markdown table of all topics. */
export function topicsTable(): string {
  const rows = Object.values(ALL_TOPICS).map(({ topic, retained, direction, when, payload }) =>
    `| \`${topic}\` | ${direction === 'in' ? 'to Sortline' : 'from Sortline'} | ${retained ? 'yes' : 'no'} | ${when} | ${Object.keys(payload.shape).filter((field) => direction === 'in' || !HEADER.includes(field)).map((field) => `\`${field}\``).join(' ')} |`);
  return ['| topic under `sortline/<site>/<line>/` | direction | retained | when | fields |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Markdown: every topic with every field of its payload. */
export function payloadReference(): string {
  const schemas = payloadSchemas();
  const header = Object.entries(schemas.state?.properties ?? {}).filter(([name]) => HEADER.includes(name));
  const parts = Object.entries(ALL_TOPICS).map(([key, { topic, direction }]) => {
    const schema = schemas[key]!;
    const fields = Object.entries(schema.properties ?? {}).filter(([name]) => direction === 'in' || !HEADER.includes(name));
    return `### \`${topic}\`\n\n${fieldTable(fields)}`;
  });
  return [`### In every payload from Sortline\n\n${fieldTable(header)}`, ...parts].join('\n\n');
}

const HEADER: readonly string[] = ['v', 'runId', 'atIso', 'atNs'];

function fieldTable(fields: readonly (readonly [string, JsonSchema])[]): string {
  return ['| field | type | meaning |', '|---|---|---|', ...fields.flatMap(([name, schema]) => fieldRows(name, schema))].join('\n');
}

/** The field, and the fields inside it. */
function fieldRows(name: string, schema: JsonSchema): string[] {
  const object = objectIn(schema);
  const own = `| \`${name}\` | ${typeText(schema)} | ${schema.description ?? ''} |`;
  const inside = Object.entries(object?.properties ?? {}).flatMap(([inner, innerSchema]) =>
    fieldRows(`${name}${object === schema.items ? '[]' : ''}.${inner}`, innerSchema));
  return [own, ...inside];
}

function objectIn(schema: JsonSchema): JsonSchema | undefined {
  return [schema, schema.items, ...(schema.anyOf ?? [])].find((each) => each?.properties !== undefined);
}

const TYPE_WORDS: Readonly<Record<string, string>> = { integer: 'whole number', string: 'text', boolean: '`true` or `false`' };

function typeText(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeText).join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.type === 'object' && schema.properties === undefined) return `${typeText(schema.additionalProperties as JsonSchema)} by name`;
  if (schema.format === 'date-time') return 'ISO 8601 text';
  if (schema.type === 'number' && schema.minimum === 0 && schema.maximum === 1) return '0 … 1';
  if (schema.type === undefined) return 'any value';
  return [schema.type].flat().map((type) => TYPE_WORDS[String(type)] ?? String(type)).join(' or ');
}
