import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf, variantsOf } from '../../src/config/allowed.ts';
import type { JsonSchema } from '../../src/config/allowed.ts';
import { defaultConfig, loadConfig } from '../../src/config/load-config.ts';
import { configReference } from '../../src/config/reference.ts';
import { configSchema } from '../../src/config/schema.ts';
import { withoutSecrets } from '../../src/config/secrets.ts';

describe('docs/configuration.md', () => {
  it('is what the schema says now (write it anew with `sortline config --reference > docs/configuration.md`)', () => {
    expect(readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')).toBe(configReference());
  });

  it('describes every key', () => {
    const bare: string[] = [];
    const walk = (schema: JsonSchema, path: string): void => {
      for (const variant of variantsOf(schema)) {
        if (variant !== schema) walk(variant, path);
        for (const [key, field] of Object.entries(variant.properties ?? {})) {
          if (field.const === undefined && (field.description ?? '') === '') bare.push(`${path}.${key}`);
          walk(field, `${path}.${key}`);
        }
        if (variant.items) walk(variant.items, `${path}[]`);
      }
    };
    walk(jsonSchemaOf(configSchema), '');
    expect(bare).toEqual([]);
  });
});

describe('sortline.example.yaml', () => {
  it('is a good config of a real line', () => {
    const file = new URL('../../sortline.example.yaml', import.meta.url).pathname;
    const loaded = loadConfig(file, { MQTT_PASSWORD: 'pw' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
    expect(loaded.ok && [loaded.config.link.connection.kind, loaded.config.line.start]).toEqual(['serial', 'operator']);
  });
});

describe('the defaults', () => {
  it('are the demo: virtual board, five bins behind the camera, trash passes', () => {
    const config = defaultConfig();
    expect(config.link.connection).toEqual({ kind: 'twin', via: 'pty' });
    expect(config.actuators.map(({ bin, offsetMm }) => [bin, offsetMm])).toEqual([
      ['cardboard', 1200], ['glass', 1500], ['metal', 1800], ['paper', 2100], ['plastic', 2400],
    ]);
    expect(config.recipe.bins.trash).toBe('residue');
    expect(config.line.start).toBe('auto');
  });
});

describe('withoutSecrets', () => {
  it('hides passwords and the credentials of addresses, at any depth', () => {
    expect(withoutSecrets({ a: [{ password: 'x', passwordFile: '/etc/pw' }], url: 'rtsp://me:pw@cam/1', token: undefined, deep: { apiToken: 'y' } })).toEqual({
      a: [{ password: '(hidden)', passwordFile: '/etc/pw' }], url: 'rtsp://(hidden)@cam/1', token: undefined, deep: { apiToken: '(hidden)' },
    });
  });
});
