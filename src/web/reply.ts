// Answers over HTTP: every one with the same protective headers, text and JSON compressed where it is worth it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);
const WORTH_COMPRESSING_BYTES = 1400;

// uPlot and the page set styles through the DOM, which the policy allows; no script and no style may stand in the page itself.
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
}

export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function text(status: number, body: string): Reply {
  return { status, body };
}

export function json(status: number, data: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: JSON.stringify(data), contentType: 'application/json', headers };
}

/** Sends it whole; nothing is kept in caches unless its headers say otherwise. */
export async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { status, body, contentType = 'text/plain; charset=utf-8', headers = {} } = reply;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const isText = !contentType.startsWith('image/');
  const asked = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const isCompressed = isText && asked && bytes.length > WORTH_COMPRESSING_BYTES && headers['content-encoding'] === undefined;
  const sent = isCompressed ? await compress(bytes) : bytes;
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': contentType, 'content-length': String(sent.length), 'cache-control': 'no-store', ...headers,
    ...(isCompressed ? { 'content-encoding': 'gzip', 'vary': 'accept-encoding' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : sent);
}
