// Reads the project's own source for the structure tests: which files there are, and what each one imports.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface SourceFile {
  /** Relative to the project, with `/`: `src/link/cobs.ts`. */
  readonly path: string;
  readonly text: string;
  /** What `import`, `export … from` and `import()` name, as written. */
  readonly imports: readonly string[];
}

/** Every .ts and .js file under `folder`, pages of the dashboard included. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[tj]s$/.test(entry.name))
    .map((entry) => readSource(relative(root, join(entry.parentPath, entry.name))))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(text) };
}

const importPattern = /^(?:import|export)\b[^;'"]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\brequire\(\s*['"]([^'"]+)['"]\s*\)/gm;

export function importsOf(text: string): string[] {
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
}

/** The project file a relative import names: `src/link/cobs.ts`; undefined for a package. */
export function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? relative(root, resolve(root, dirname(file.path), specifier)) : undefined;
}

/** `src/link/cobs.ts` lives in `link`. */
export function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

/** The text without comments, so that a rule about code does not read prose. Line count is kept. */
export function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' ')).replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
