// Whatever a person, an editor or a failing disk makes of a config file: problems with places in the file, never an exception.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load-config.ts';
import { CONFIG_PROBLEM_CODES } from '../../src/config/problem.ts';

const example = readFileSync(new URL('../../sortline.example.yaml', import.meta.url), 'utf8');
const bits = ['\t', '  ', ': ', '- ', '{', '}', '[', ']', '"', "'", '#', '&a', '*a', '!!int', '!x', '|', '>', '%', '@', '${', '}', '~', 'null', '1e999', '-0', '.nan', '0x10', 'true', '\n', '\r\n', '\u0000', '\uFEFF', '\uD800', 'é', '---\n', '...\n', '<<: *a', '? ', '__proto__: 1', 'constructor: {}'];

const mutation = fc.oneof(
  fc.record({ do: fc.constant('insert' as const), at: fc.nat(), text: fc.oneof(fc.constantFrom(...bits), fc.string({ maxLength: 5 })) }),
  fc.record({ do: fc.constant('delete' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ do: fc.constant('repeat' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ do: fc.constant('cut' as const), at: fc.nat() }),
);
type Mutation = typeof mutation extends fc.Arbitrary<infer M> ? M : never;

function mutate(text: string, change: Mutation): string {
  const at = text.length === 0 ? 0 : change.at % text.length;
  switch (change.do) {
    case 'insert': return text.slice(0, at) + change.text + text.slice(at);
    case 'delete': return text.slice(0, at) + text.slice(at + change.length);
    case 'repeat': return text.slice(0, at + change.length) + text.slice(at);
    case 'cut': return text.slice(0, at);
  }
}

function expectProblemsInFile(text: string): void {
  const loaded = parseConfig(text, { file: 'line.yaml', environment: {} });
  if (loaded.ok) return;
  expect(loaded.problems.length).toBeGreaterThan(0);
  const lineCount = text.split('\n').length;
  for (const problem of loaded.problems) {
    expect(CONFIG_PROBLEM_CODES).toContain(problem.code);
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lineCount);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(problem.message).toMatch(/\S/);
  }
}

describe('a damaged config file', () => {
  it('gives problems with places, whatever was done to a good one', () => {
    fc.assert(fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (changes) => {
      expectProblemsInFile(changes.reduce(mutate, example));
    }), { numRuns: 120 });
  });

  it('gives problems with places, whatever text it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(fc.constantFrom(...bits), { maxLength: 40 }).map((all) => all.join(''))), expectProblemsInFile), { numRuns: 200 });
  });

  it('gives problems with places, whatever values its keys have', () => {
    const sections = fc.constantFrom('line', 'camera', 'classifier', 'decide', 'recipe', 'bins', 'actuators', 'scheduler', 'link', 'web', 'log', 'sim', '__proto__');
    fc.assert(fc.property(fc.dictionary(sections, fc.jsonValue()), (data) => {
      expectProblemsInFile(JSON.stringify(data));
    }), { numRuns: 200 });
  });

  it('does not follow aliases that multiply', () => {
    const laughs = ['a0: &a0 [x]', ...Array.from({ length: 12 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(', ')}]`)].join('\n');
    expectProblemsInFile(laughs);
    expect(parseConfig(laughs, { file: 'x', environment: {} }).ok).toBe(false);
  });
});
