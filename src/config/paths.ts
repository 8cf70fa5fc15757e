// Relative paths of a config: what the file says starts at the file's folder, what it leaves to the default starts at
// Sortline's own folder (shipped files) or at the working directory (files Sortline writes).
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHAMPION } from '../classify/options.ts';
import type { Config } from './schema.ts';

const PACKAGE_FOLDER = fileURLToPath(new URL('../..', import.meta.url));

interface PathField {
  readonly path: readonly string[];
  readonly defaultStartsAt: 'package' | 'working-directory';
  /** A word that is no path. */
  readonly word?: string;
}

export const PATH_FIELDS: readonly PathField[] = [
  { path: ['classifier', 'model'], defaultStartsAt: 'package', word: CHAMPION },
  { path: ['classifier', 'store'], defaultStartsAt: 'working-directory' },
  { path: ['calibration', 'file'], defaultStartsAt: 'package' },
  { path: ['camera', 'source', 'path'], defaultStartsAt: 'working-directory' },
  { path: ['ledger', 'path'], defaultStartsAt: 'working-directory' },
  { path: ['harvest', 'folder'], defaultStartsAt: 'working-directory' },
  { path: ['record', 'folder'], defaultStartsAt: 'working-directory' },
  { path: ['mqtt', 'passwordFile'], defaultStartsAt: 'working-directory' },
  { path: ['mqtt', 'tls', 'caFile'], defaultStartsAt: 'working-directory' },
  { path: ['mqtt', 'tls', 'certFile'], defaultStartsAt: 'working-directory' },
  { path: ['mqtt', 'tls', 'keyFile'], defaultStartsAt: 'working-directory' },
  { path: ['web', 'users'], defaultStartsAt: 'working-directory' },
  { path: ['web', 'tls', 'certFile'], defaultStartsAt: 'working-directory' },
  { path: ['web', 'tls', 'keyFile'], defaultStartsAt: 'working-directory' },
  { path: ['web', 'metricsTokenFile'], defaultStartsAt: 'working-directory' },
  { path: ['web', 'labels'], defaultStartsAt: 'working-directory' },
  { path: ['sim', 'images'], defaultStartsAt: 'working-directory' },
];

/** `config` with every path absolute; `written` is what the file said. */
export function resolvePaths(config: Config, written: unknown, configFolder: string): Config {
  const resolved = structuredClone(config) as unknown as Record<string, unknown>;
  for (const { path, defaultStartsAt, word } of PATH_FIELDS) {
    const holder = at(resolved, path.slice(0, -1));
    const key = path.at(-1)!;
    const value = holder?.[key];
    if (holder === undefined || typeof value !== 'string' || isAbsolute(value) || value === word || isSpecial(value)) continue;
    const isWritten = at(written, path.slice(0, -1))?.[key] !== undefined;
    holder[key] = resolve(isWritten ? configFolder : defaultStartsAt === 'package' ? PACKAGE_FOLDER : process.cwd(), value);
  }
  return resolved as unknown as Config;
}

/** SQLite's in-memory database and addresses are no paths. */
function isSpecial(value: string): boolean {
  return value === ':memory:' || /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}

function at(root: unknown, path: readonly string[]): Record<string, unknown> | undefined {
  let value = root;
  for (const step of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  return typeof value === 'object' && value !== null ? value as Record<string, unknown> : undefined;
}
