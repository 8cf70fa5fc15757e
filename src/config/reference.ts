// The reference of every key, written from the schema itself: docs/configuration.md is this text, and a test holds it current.
import type { JsonSchema } from './allowed.ts';
import { allowedText, jsonSchemaOf, variantsOf } from './allowed.ts';
import { configSchema } from './schema.ts';

interface Row {
  readonly key: string;
  readonly allowed: string;
  readonly byDefault: string;
  readonly meaning: string;
}

const HEAD = `# Configuration

One YAML file describes a line: \`sortline run -c sortline.yaml\`. Every key has a default unless it says *needed*, so an empty file is valid: it is the demo.
An unknown key is an error. \`sortline check -c sortline.yaml\` names everything that is wrong at once, and \`sortline config -c sortline.yaml\` prints
what the file comes to.

- \`\${NAME}\` in a text takes the environment variable NAME, \`\${NAME:-text}\` falls back to a text, \`$\${\` is \`\${\` itself. Values from the environment are texts.
- Relative paths start at the folder of the config file.
- Changes of \`recipe\` and of \`enabled\` under \`bins\` apply while the line runs; other changes need a restart.

This page is written by \`sortline config --reference\`; do not edit it.
`;

/** The reference as Markdown. */
export function configReference(): string {
  const root = jsonSchemaOf(configSchema);
  const sections = Object.entries(root.properties ?? {}).map(([name, schema]) => sectionText(name, schema));
  return [HEAD, ...sections].join('\n');
}

function sectionText(name: string, schema: JsonSchema): string {
  const variants = variantsOf(schema);
  const intro = `## ${name}\n\n${schema.description ?? ''}\n`;
  if (variants.length === 1) return `${intro}\n${table(rowsOf(name, schema, true))}`;
  return [intro, ...variants.map((variant) => `### ${name}: ${kindOf(variant)}\n\n${variant.description === undefined ? '' : `${variant.description}\n\n`}${table(rowsOf(name, variant, true))}`)].join('\n');
}

/** `kind: rtsp`, the constant that tells a variant from the others. */
function kindOf(variant: JsonSchema): string {
  const constant = Object.entries(variant.properties ?? {}).find(([, property]) => property.const !== undefined);
  return constant === undefined ? allowedText([variant]) : `\`${constant[0]}: ${String(constant[1].const)}\``;
}

/** One row per value; a mapping or list of mappings becomes rows of its own. */
function rowsOf(key: string, schema: JsonSchema, isRoot: boolean): Row[] {
  const own: Row = { key, allowed: allowedText([schema]), byDefault: defaultText(schema), meaning: schema.description ?? '' };
  const variants = variantsOf(schema);
  if (variants.length > 1 && variants.some((variant) => variant.properties !== undefined)) {
    return [own, ...variants.flatMap((variant) => fieldRows(`${key} (${kindOf(variant)})`, variant))];
  }
  if (schema.items && schema.items.properties !== undefined) return [own, ...fieldRows(`${key}[]`, schema.items)];
  if (schema.properties === undefined) return [own];
  return isRoot ? fieldRows(key, schema) : [{ ...own, allowed: 'a mapping', byDefault: '' }, ...fieldRows(key, schema)];
}

function fieldRows(key: string, schema: JsonSchema): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const rows = rowsOf(`${key}.${name}`, field, false);
    const isNeeded = schema.required?.includes(name) === true && field.const === undefined;
    return rows.map((row, index) => (index === 0 && isNeeded ? { ...row, byDefault: '*needed*' } : row));
  });
}

function defaultText({ default: value }: JsonSchema): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return text === '{}' ? '' : `\`${text}\``;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ key, allowed, byDefault, meaning }) => `| ${[code(key), allowed, byDefault, meaning].map(cell).join(' | ')} |`);
  return ['| key | allowed | default | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}

/** The key in code marks, what tells variants apart behind it. */
function code(key: string): string {
  return key.replace(/^(.*?)( \(.*\))(.*)$/, '$1$3$2').replace(/^(\S+)/, '`$1`');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
