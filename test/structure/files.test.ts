// How files look: short, named for one idea, no barrels, no drawers for leftovers.
import { describe, expect, test } from 'vitest';
import { sourceFiles } from './source-files.ts';

const LINES_AT_MOST = 350;
const files = ['src', 'test', 'scripts', 'bin'].flatMap(sourceFiles);

/** Files that may be longer, each with its reason. */
const longFiles: Record<string, string> = {};

describe('files', () => {
  test(`no file is longer than ${LINES_AT_MOST} lines`, () => {
    const long = files.map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 })).filter(({ path, lines }) => lines > LINES_AT_MOST && !(path in longFiles));
    expect(long).toEqual([]);
  });

  test('names are kebab-case', () => {
    const wrong = files.map(({ path }) => path).filter((path) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.[tj]s$/.test(path.split('/').at(-1) ?? ''));
    expect(wrong).toEqual([]);
  });

  test('no drawer for leftovers', () => {
    expect(files.map(({ path }) => path).filter((path) => /(^|[/.-])(utils?|helpers?|common|managers?|misc|shared)([/.-]|$)/.test(path))).toEqual([]);
  });

  test('no barrel files', () => {
    const barrels = files.filter((file) => /\/index\.[tj]s$/.test(file.path) || /^export \* from/m.test(file.text));
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  test('each file of src begins by saying what it is', () => {
    expect(files.filter((file) => file.path.startsWith('src/') && !/^(#!.*\n)?(\/\/|\/\*)/.test(file.text)).map(({ path }) => path)).toEqual([]);
  });

  test('no unfinished work is left in the code', () => {
    const marks = new RegExp(['TODO', 'FIXME', 'XXX', 'HACK'].map((mark) => `\\b${mark}\\b`).join('|'));
    expect(files.filter((file) => marks.test(file.text) && !file.path.startsWith('test/structure/')).map(({ path }) => path)).toEqual([]);
  });

  test('tests have no focus and no skip without a condition', () => {
    const wrong = files.filter((file) => file.path.endsWith('.test.ts') && /\b(test|it|describe)\.(only|skip|todo)\(/.test(file.text) && !file.path.startsWith('test/structure/'));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
