// What the schema allows at a path, in words. Reads the JSON Schema that zod derives, so that messages and reference cannot
// differ from what is enforced.
import { z } from 'zod';
import type { ConfigPath } from './problem.ts';

/** The part of JSON Schema that zod produces for option schemas. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  format?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema | false;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** The alternatives of a union; the schema itself where it is none. */
export function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.oneOf ?? schema.anyOf ?? [schema];
}

/** The schemas that may apply at `path` of `data`: variants that `data` contradicts by a constant are left out. */
export function schemasAt(schema: JsonSchema, path: ConfigPath, data: unknown): readonly JsonSchema[] {
  const matching = variantsOf(schema).flatMap((variant) => (variant === schema ? [schema] : schemasAt(variant, [], data)));
  const [step, ...rest] = path;
  if (step === undefined) return matching;
  const value = isRecord(data) || Array.isArray(data) ? (data as Record<string | number, unknown>)[step] : undefined;
  return matching.filter((variant) => path.length === 0 || isPossible(variant, data, step)).flatMap((variant) => {
    const child = typeof step === 'number' ? variant.items || undefined : variant.properties?.[step] ?? schemaOfRest(variant);
    return child === undefined ? [] : schemasAt(child, rest, value);
  });
}

/** Keys allowed in the mapping at `path`. */
export function keysAt(schema: JsonSchema, path: ConfigPath, data: unknown): string[] {
  const value = path.reduce<unknown>((inner, step) => (isRecord(inner) || Array.isArray(inner) ? (inner as Record<string | number, unknown>)[step] : undefined), data);
  const schemas = schemasAt(schema, path, data).filter((variant) => isPossible(variant, value, undefined));
  return [...new Set(schemas.flatMap((variant) => Object.keys(variant.properties ?? {})))];
}

/** `a whole number from 1 to 65535`, `one of \`cpu\`, \`cuda\``, `a list of …`. */
export function allowedText(schemas: readonly JsonSchema[]): string {
  if (schemas.length > 1 && schemas.every((schema) => schema.const !== undefined)) return oneOf(schemas.map((schema) => schema.const));
  return [...new Set(schemas.map(textOf))].join(', or ') || 'nothing';
}

function textOf(schema: JsonSchema): string {
  const variants = variantsOf(schema);
  if (variants.length > 1) return allowedText(variants);
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return oneOf(schema.enum);
  switch (schema.type) {
    case 'integer': return `a whole number${rangeText(schema)}`;
    case 'number': return `a number${rangeText(schema)}`;
    case 'boolean': return '`true` or `false`';
    case 'string': return `a text${lengthText(schema)}`;
    case 'array': return `a list${schema.minItems === undefined ? '' : ` of at least ${schema.minItems}`}${schema.items ? `, each ${textOf(schema.items)}` : ''}`;
    case 'object': return objectText(schema);
    case 'null': return 'nothing';
    default: return 'any value';
  }
}

function objectText(schema: JsonSchema): string {
  const constant = Object.entries(schema.properties ?? {}).find(([, property]) => property.const !== undefined);
  if (constant !== undefined) return `a mapping with \`${constant[0]}: ${String(constant[1].const)}\``;
  const keys = Object.keys(schema.properties ?? {});
  return keys.length === 0 ? 'a mapping' : `a mapping with ${keys.map((key) => `\`${key}\``).join(', ')}`;
}

/** zod writes the limits of safe integers into every whole number; they tell a person nothing. */
function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const parts = [
    exclusiveMinimum === undefined ? undefined : `above ${exclusiveMinimum}`,
    low !== undefined && high !== undefined ? `from ${low} to ${high}` : low !== undefined ? `of ${low} or more` : high !== undefined ? `up to ${high}` : undefined,
    exclusiveMaximum === undefined ? undefined : `below ${exclusiveMaximum}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}

function lengthText({ minLength, maxLength, pattern, format }: JsonSchema): string {
  if (format !== undefined) return ` that is a valid ${format}`;
  if (pattern !== undefined) return ` matching /${pattern}/`;
  if (maxLength !== undefined) return ` of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === 1 ? ', not empty' : minLength === undefined ? '' : ` of ${minLength} characters or more`;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? `\`${String(values[0])}\`` : `one of ${values.map((value) => `\`${String(value)}\``).join(', ')}`;
}

function schemaOfRest(schema: JsonSchema): JsonSchema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Whether `data` can be this variant: no constant of it contradicts, the one being asked about aside. */
function isPossible(variant: JsonSchema, data: unknown, asked: string | number | undefined): boolean {
  if (!isRecord(data)) return true;
  return Object.entries(variant.properties ?? {}).every(([key, property]) =>
    property.const === undefined || key === asked || data[key] === undefined || data[key] === property.const);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
