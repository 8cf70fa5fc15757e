// How artifacts, versions, aliases and files are called, and the hash that is an artifact's identity.
import { createHash } from 'node:crypto';
import { SortlineError } from '../../base/errors.ts';
import type { ArtifactFile, ArtifactType } from './learning-store.ts';

export const LATEST = 'latest';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const VERSION = /^v(\d{1,9})$/;

/** What `trashnet:v3`, `trashnet:best` or `trashnet` asks for. */
export type ArtifactReference =
  | { readonly name: string; readonly version: number }
  | { readonly name: string; readonly alias: string };

/** Undefined where `text` cannot be a reference. */
export function parseReference(text: string): ArtifactReference | undefined {
  const [name = '', label = LATEST, ...rest] = text.split(':');
  if (!NAME.test(name) || !NAME.test(label) || rest.length > 0) return undefined;
  const version = VERSION.exec(label)?.[1];
  return version === undefined ? { name, alias: label } : { name, version: Number(version) };
}

/** Throws STORE_REFUSED unless `name` can be the name of an artifact. */
export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new SortlineError('STORE_REFUSED', `'${name}' cannot be the name of an artifact: allowed are up to 100 letters, digits, \`.\`, \`_\` and \`-\`, beginning with a letter or digit`, { context: { name } });
}

/** Throws STORE_REFUSED for `latest` and `v3`, which name versions by themselves, and for what is no name. */
export function checkAlias(alias: string): void {
  if (NAME.test(alias) && alias !== LATEST && !VERSION.test(alias)) return;
  throw new SortlineError('STORE_REFUSED', `'${alias}' cannot be an alias: allowed are up to 100 letters, digits, \`.\`, \`_\` and \`-\`, but not \`${LATEST}\` (the store's own) and not \`v\` with a number (a version)`, { context: { alias } });
}

/** Throws STORE_REFUSED unless `path` stays inside the folder it is written to, on every system. */
export function checkFilePath(path: string): void {
  const isPlain = path !== '' && path.length <= 1000 && !/[\u0000-\u001f\\]/.test(path) && !/^([a-z]:|\/)/i.test(path)
    && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPlain) return;
  throw new SortlineError('STORE_REFUSED', `${JSON.stringify(path)} cannot be the path of a stored file: expected is a relative path with \`/\`, without \`..\``, { context: { path } });
}

/** Identity of an artifact: the same for the same type, paths and contents, in whatever order they were given. */
export function digestOf(type: ArtifactType, files: readonly ArtifactFile[]): string {
  const hash = createHash('sha256').update(`${type}\n`);
  for (const { path, sha256 } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${sha256}  ${path}\n`);
  return hash.digest('hex');
}
