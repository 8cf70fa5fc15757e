// The pictures that arguments name: files as they are, folders with everything below them.
import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { reasonOf, SortlineError } from '../base/errors.ts';

/** What a folder is searched for; a file named by itself may have any name. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.bmp']);

export type NamedImage = { readonly file: string } | { readonly file: string; readonly error: SortlineError };

/** In the order of the arguments, a folder's in the order of their paths; what is not there, or holds no picture, is an error in its place. */
export function imageFiles(names: readonly string[]): NamedImage[] {
  return names.flatMap((name): NamedImage[] => {
    try {
      if (!statSync(name).isDirectory()) return [{ file: name }];
      const found = picturesIn(name);
      return found.length > 0 ? found.map((file) => ({ file })) : [unreadable(name, `no pictures (${[...EXTENSIONS].join(', ')}) are in it or below`)];
    } catch (cause) {
      return [unreadable(name, `it cannot be read: ${reasonOf(cause)}`, cause)];
    }
  });
}

function picturesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
}

function unreadable(file: string, problem: string, cause?: unknown): NamedImage {
  return { file, error: new SortlineError('IMAGE_UNREADABLE', `${file}: ${problem}; name pictures, or folders with pictures`, { context: { file }, cause }) };
}
