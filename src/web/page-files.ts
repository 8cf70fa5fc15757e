// The dashboard's files, by exact path: nothing a client sends is ever joined to a folder. Read and compressed once, at the start;
// a browser that has them asks only whether they changed.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { IncomingMessage } from 'node:http';
import type { Reply } from './reply.ts';
import { text } from './reply.ts';

const FOLDER = fileURLToPath(new URL('page/', import.meta.url));
const CONTENT_TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };

/** Libraries as their packages ship them: a file beside the one that the package's name stands for. */
const LIBRARIES: Readonly<Record<string, readonly [packageName: string, file: string]>> = {
  '/library/htm-preact.js': ['htm/preact', 'standalone.module.js'],
  '/library/uplot.js': ['uplot', 'uPlot.iife.min.js'],
  '/library/uplot.css': ['uplot', 'uPlot.min.css'],
};

interface PageFile {
  readonly body: Uint8Array;
  readonly compressed: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
}

export class PageFiles {
  readonly #byPath = new Map<string, PageFile>();

  constructor() {
    for (const name of readdirSync(FOLDER)) this.#add(name === 'index.html' ? '/' : `/${name}`, `${FOLDER}${name}`);
    const require = createRequire(import.meta.url);
    for (const [path, [name, file]] of Object.entries(LIBRARIES)) this.#add(path, join(dirname(require.resolve(name)), file));
  }

  /** Undefined for any path that is not one of the page's. */
  reply(path: string, request: IncomingMessage): Reply | undefined {
    const file = this.#byPath.get(path);
    if (file === undefined) return undefined;
    const { etag, contentType } = file;
    // Asked for again at each visit, so that page and service are of one version.
    const headers = { etag, 'cache-control': 'no-cache', 'vary': 'accept-encoding' };
    if (request.headers['if-none-match'] === etag) return { ...text(304, ''), headers };
    const isCompressed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    if (!isCompressed) return { status: 200, body: file.body, contentType, headers };
    return { status: 200, body: file.compressed, contentType, headers: { ...headers, 'content-encoding': 'gzip' } };
  }

  #add(path: string, file: string): void {
    const body = readFileSync(file);
    const contentType = CONTENT_TYPES[file.slice(file.lastIndexOf('.') + 1)];
    if (contentType === undefined) return;
    this.#byPath.set(path, { body, compressed: gzipSync(body, { level: 9 }), contentType, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` });
  }
}
