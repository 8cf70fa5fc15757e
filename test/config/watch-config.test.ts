import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareConfigs, withLiveChanges } from '../../src/config/config-changes.ts';
import { defaultConfig, loadConfig, parseConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/schema.ts';
import type { ConfigWatch } from '../../src/config/watch-config.ts';
import { watchConfig } from '../../src/config/watch-config.ts';

function configOf(text: string): Config {
  const loaded = parseConfig(text, { file: 'line.yaml', environment: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describe('compareConfigs', () => {
  const running = defaultConfig();

  it.each<[string, string, boolean, string[]]>([
    ['nothing', '', false, []],
    ['a threshold', 'recipe: { thresholds: { default: 0.7 } }', true, []],
    ['a route', 'recipe: { bins: { paper: cardboard } }', true, []],
    ['a switch', 'bins: [{ id: cardboard }, { id: glass, enabled: false }, { id: metal }, { id: paper }, { id: plastic }]', true, []],
    ['another port', 'web: { port: 81 }', false, ['web']],
    ['both', 'web: { port: 81 }\nrecipe: { name: night }', true, ['web']],
  ])('%s', (_, text, live, restartNeeded) => {
    expect(compareConfigs(running, configOf(text))).toEqual({ live, restartNeeded });
  });

  it('leaves bins that come or go to a restart', () => {
    const after = { ...running, bins: [...running.bins, { id: 'wood', enabled: true }] };
    expect(compareConfigs(running, after)).toEqual({ live: false, restartNeeded: ['bins'] });
    expect(withLiveChanges(running, after)).toBe(running);
  });

  it('takes over what applies live and nothing else', () => {
    const next = withLiveChanges(running, configOf('web: { port: 81 }\nrecipe: { name: night }'));
    expect([next.recipe.name, next.web.port]).toEqual(['night', running.web.port]);
  });
});

describe('watchConfig', () => {
  let folder: string;
  let file: string;
  let watch: ConfigWatch | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sortline-watch-'));
    file = join(folder, 'line.yaml');
    writeFileSync(file, 'recipe: { name: day }\n');
  });
  afterEach(() => {
    watch?.close();
    rmSync(folder, { recursive: true });
  });

  /** Resolves with the first word after `edit`. */
  function wordAfter(edit: () => void): Promise<unknown[]> {
    const loaded = loadConfig(file);
    if (!loaded.ok) throw new Error('the first config must be good');
    return new Promise((resolve) => {
      watch = watchConfig(file, {
        onValid: () => undefined,
        onChange: (config) => resolve(['change', config.recipe.name]),
        onProblems: (problems) => resolve(['problems', ...problems.map((problem) => problem.code)]),
        onRestartNeeded: (sections) => resolve(['restart', ...sections]),
      }, { running: loaded.config });
      edit();
    });
  }

  it('hands on a changed recipe', async () => {
    expect(await wordAfter(() => writeFileSync(file, 'recipe: { name: night }\n'))).toEqual(['change', 'night']);
  });

  it('follows an editor that replaces the file', async () => {
    expect(await wordAfter(() => {
      writeFileSync(join(folder, 'line.yaml.new'), 'recipe: { name: night }\n');
      renameSync(join(folder, 'line.yaml.new'), file);
    })).toEqual(['change', 'night']);
  });

  it('tells problems and changes nothing', async () => {
    expect(await wordAfter(() => writeFileSync(file, 'recipe: { nam: night }\n'))).toEqual(['problems', 'CONFIG_UNKNOWN_KEY']);
  });

  it('names what needs a restart', async () => {
    expect(await wordAfter(() => writeFileSync(file, 'recipe: { name: day }\nlog: { level: warn }\n'))).toEqual(['restart', 'log']);
  });

  it('says that a file is good again although it says nothing new', async () => {
    const loaded = loadConfig(file);
    if (!loaded.ok) throw new Error('the first config must be good');
    const words: string[] = [];
    await new Promise<void>((resolve) => {
      watch = watchConfig(file, {
        onValid: () => {
          words.push('valid');
          resolve();
        },
        onChange: () => words.push('change'),
        onProblems: () => {
          words.push('problems');
          writeFileSync(file, 'recipe: { name: day }\n');
        },
        onRestartNeeded: () => words.push('restart'),
      }, { running: loaded.config });
      writeFileSync(file, 'recipe: { nam: night }\n');
    });
    expect(words).toEqual(['problems', 'valid']);
  });
});
