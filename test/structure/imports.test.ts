// The shape of the house: rooms import only rooms above them, nothing imports itself round a corner, and each native or
// heavy package is known to one file.
import { describe, expect, test } from 'vitest';
import { importsOf, roomOf, sourceFiles, targetOf } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

const rooms = [
  'base', 'domain', 'link', 'calibrate', 'ledger', 'image', 'record', 'camera', 'onnx', 'classify', 'vision', 'decide', 'actuate',
  'publish', 'web', 'sim', 'learning', 'config', 'app', 'cli',
];

/** Package, or the beginning of one with `*`, and the files that may import it. */
const wrappers: Record<string, readonly string[]> = {
  '@u4/opencv4nodejs': ['src/image/opencv.ts'],
  'onnxruntime-*': ['src/onnx/runtime.ts'],
  'serialport': ['src/link/serial-transport.ts'],
  '@serialport/*': ['src/link/serial-transport.ts'],
  'mqtt': ['src/publish/mqtt-client.ts'],
  'aedes': ['src/publish/embedded-broker.ts'],
  'node:sqlite': ['src/ledger/sqlite.ts'],
  '@mcap/*': ['src/record/mcap.ts'],
  'pino*': ['src/app/log.ts'],
  '@opentelemetry/*': ['src/publish/item-traces.ts'],
  'prom-client': ['src/web/metrics.ts'],
};

const files = sourceFiles('src');

describe('imports', () => {
  test('every file lives in a known room', () => {
    expect(files.filter((file) => !rooms.includes(roomOf(file.path))).map((file) => file.path)).toEqual([]);
  });

  test('a room imports only rooms above it', () => {
    const wrong = files.flatMap((file) => targets(file)
      .filter((target) => target.startsWith('src/') && rooms.indexOf(roomOf(target)) > rooms.indexOf(roomOf(file.path)))
      .map((target) => `${file.path} imports ${target}, which is below it`));
    expect(wrong).toEqual([]);
  });

  test('product code imports nothing from outside src', () => {
    const wrong = files.flatMap((file) => targets(file).filter((target) => !target.startsWith('src/')).map((target) => `${file.path} imports ${target}`));
    expect(wrong).toEqual([]);
  });

  test('no import leads back to its own file', () => {
    expect(circles(files)).toEqual([]);
  });

  test('each native or heavy package has one wrapper file', () => {
    const wrong = files.flatMap((file) => file.imports
      .filter((name) => allowedFiles(name)?.includes(file.path) === false)
      .map((name) => `${file.path} imports ${name}, which only ${allowedFiles(name)?.join(', ')} may`));
    expect(wrong).toEqual([]);
  });

  test('imports name files with their ending', () => {
    const wrong = files.flatMap((file) => file.imports.filter((name) => name.startsWith('.') && !/\.(ts|js|json)$/.test(name)).map((name) => `${file.path}: ${name}`));
    expect(wrong).toEqual([]);
  });
});

describe('the rules can fail', () => {
  test('a circle is found and named', () => {
    const a = { path: 'src/base/a.ts', text: '', imports: ['./b.ts'] };
    const b = { path: 'src/base/b.ts', text: '', imports: ['./a.ts'] };
    expect(circles([a, b])).toEqual(['src/base/a.ts → src/base/b.ts → src/base/a.ts']);
  });

  test('every way to import is seen', () => {
    const text = "import a from 'a';\nimport type {\n  b,\n} from 'b';\nexport { c } from 'c';\nimport 'd';\nconst e = await import('e');\nconst f = require('f');\n";
    expect(importsOf(text)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});

function targets(file: SourceFile): string[] {
  return file.imports.map((name) => targetOf(file, name)).filter((target) => target !== undefined);
}

function allowedFiles(name: string): readonly string[] | undefined {
  return Object.entries(wrappers).find(([pattern]) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))?.[1];
}

/** Each circle once, from the file at which it was first entered. Type-only imports count: they couple as well. */
function circles(all: readonly SourceFile[]): string[] {
  const byPath = new Map(all.map((file) => [file.path, file]));
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    if (trail.includes(path) || finished.has(path)) return;
    const file = byPath.get(path);
    for (const target of file === undefined ? [] : targets(file)) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const file of all) visit(file.path, []);
  return found;
}
