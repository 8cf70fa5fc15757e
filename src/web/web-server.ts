// The service's window to people and to Prometheus: dashboard page, live events, camera still, health and metrics.
// Listens on localhost unless told otherwise. It reads the line through LineEvents and asks it for three things only.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../base/logger.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { ClassifierDescription } from '../classify/classifier.ts';
import { EventStream } from './event-stream.ts';
import { LineView } from './line-view.ts';
import { Metrics } from './metrics.ts';
import type { WebOptions } from './options.ts';
import { pageFile } from './page-files.ts';

/** What a viewer may ask of the line. */
export interface LineControls {
  start(by: string): Promise<{ readonly result: string; readonly reason?: string }>;
  pause(by: string): void;
  requestSnapshot(): void;
}

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** Events the page needs as they come; the rest it gets with the once-a-second view. */
const STREAMED: ReadonlySet<LineEvent['kind']> = new Set(['line.state', 'item.settled', 'alarm.raised', 'alarm.cleared']);

export class WebServer {
  readonly metrics = new Metrics();
  readonly #view = new LineView();
  readonly #stream = new EventStream();
  readonly #server: Server;
  readonly #options: WebOptions;
  readonly #controls: LineControls;
  readonly #log: Logger;
  #snapshot: Uint8Array | undefined;

  constructor(deps: { options: WebOptions; controls: LineControls; log: Logger }) {
    this.#options = deps.options;
    this.#controls = deps.controls;
    this.#log = deps.log.child({ room: 'web' });
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 8192 }, (request, response) => {
      this.#route(request, response).catch((error: unknown) => {
        this.#log.warn({ url: request.url }, `request failed: ${reasonOf(error)}`);
        if (!response.headersSent) reply(response, 500, 'internal error');
        else response.destroy();
      });
    });
  }

  /** Starts listening; the address to open. Throws WEB_PORT_IN_USE. */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => reject(new SortlineError('WEB_PORT_IN_USE',
        cause.code === 'EADDRINUSE'
          ? `the dashboard cannot listen on ${host}:${port}: another program uses the port; stop it, set web.port to a free one, or web.enabled to false`
          : `the dashboard cannot listen on ${host}:${port}: ${cause.message}; set web.host and web.port to an address of this machine`,
        { context: { host, port }, cause })));
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`;
  }

  handle(event: LineEvent): void {
    this.#view.handle(event);
    this.metrics.handle(event);
    if (STREAMED.has(event.kind)) this.#stream.send('line', event);
    if (event.kind === 'line.stats') {
      this.#stream.send('view', this.#view.snapshot());
      // Only while somebody looks: a still costs the vision process a JPEG encoding.
      if (this.#stream.viewerCount > 0) this.#controls.requestSnapshot();
    }
  }

  classifier(description: ClassifierDescription): void {
    this.metrics.classifier(description);
  }

  showSnapshot(jpeg: Uint8Array): void {
    this.#snapshot = jpeg;
    this.#stream.send('snapshot', {});
  }

  async close(): Promise<void> {
    this.#stream.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const path = (request.url ?? '/').split('?', 1)[0]!;
    if (request.method === 'POST') return this.#command(path, request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'only GET and POST are served here');
    switch (path) {
      case '/healthz': return reply(response, 200, 'ok');
      case '/readyz': {
        const state = this.#view.lineState;
        return reply(response, state === 'running' || state === 'ready' || state === 'paused' ? 200 : 503, state);
      }
      case '/metrics': {
        const { contentType, body } = await this.metrics.render();
        return reply(response, 200, body, contentType);
      }
      case '/api/events':
        if (!this.#stream.open(response, { event: 'view', data: this.#view.snapshot() })) reply(response, 503, 'too many viewers');
        return;
      case '/api/snapshot.jpg':
        return this.#snapshot === undefined ? reply(response, 404, 'no picture yet') : reply(response, 200, this.#snapshot, 'image/jpeg');
    }
    const file = await pageFile(path);
    return file === undefined ? reply(response, 404, 'not found') : reply(response, 200, file.body, file.contentType);
  }

  async #command(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    // A page of another site cannot set this header without asking first (CORS preflight), which is never granted.
    if (request.headers['x-sortline'] !== '1' || !isSameOrigin(request)) return reply(response, 403, 'commands are taken from the dashboard only');
    if (path === '/api/start') {
      const result = await this.#controls.start('dashboard');
      return reply(response, result.result === 'started' ? 200 : 409, JSON.stringify(result), 'application/json');
    }
    if (path === '/api/pause') {
      this.#controls.pause('dashboard');
      return reply(response, 200, JSON.stringify({ result: 'paused' }), 'application/json');
    }
    return reply(response, 404, 'no such command');
  }
}

function isSameOrigin(request: IncomingMessage): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}

function reply(response: ServerResponse, status: number, body: string | Uint8Array, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
