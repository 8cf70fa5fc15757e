// The dashboard's files, by exact path: nothing a client sends is ever joined to a folder.
import { readFile } from 'node:fs/promises';

const FILES: Readonly<Record<string, { name: string; contentType: string }>> = {
  '/': { name: 'index.html', contentType: 'text/html; charset=utf-8' },
  '/dashboard.js': { name: 'dashboard.js', contentType: 'text/javascript; charset=utf-8' },
  '/dashboard.css': { name: 'dashboard.css', contentType: 'text/css; charset=utf-8' },
};

/** Undefined for any path that is not one of the page's. */
export async function pageFile(path: string): Promise<{ body: Uint8Array; contentType: string } | undefined> {
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  if (file === undefined) return undefined;
  return { body: await readFile(new URL(`page/${file.name}`, import.meta.url)), contentType: file.contentType };
}
