// docs/hil.md lists every key of the profile with its default and meaning, as the schema has them.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hilProfile } from '../../src/app/hil-profile.ts';

const document = readFileSync(new URL('../../docs/hil.md', import.meta.url), 'utf8');

test('the table of the profile is the schema\'s', () => {
  const defaults = hilProfile.parse({}) as Record<string, unknown>;
  const rows = Object.entries(hilProfile.shape).map(([key, field]) => `| \`${key}\` | ${defaults[key]} | ${field.description} |`);
  const table = ['| key | default | what |', '|---|---|---|', ...rows].join('\n');
  expect(document.split('<!-- profile:begin -->\n')[1]?.split('\n<!-- profile:end -->')[0]).toBe(table);
});
