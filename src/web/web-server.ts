// The service's window to people and to Prometheus: dashboard page, live events, camera still, health and metrics.
// Listens on localhost unless told otherwise. It reads the line through LineEvents and asks it for three things only.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { EventStream } from './event-stream.ts';
import { LineView } from './line-view.ts';
import { Metrics } from './metrics.ts';
import type { WebOptions } from './options.ts';
import { pageFile } from './page-files.ts';
import { isLoopback, refusalOf } from './same-origin.ts';

/** What a viewer may ask of the line. */
export interface LineControls {
  start(by: string): Promise<{ readonly result: string; readonly reason?: string }>;
  pause(by: string): void;
  requestSnapshot(): void;
}

const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

const READY_STATES: ReadonlySet<string> = new Set(['ready', 'running', 'paused']);

export class WebServer {
  readonly #metrics = new Metrics();
  readonly #view = new LineView();
  readonly #stream = new EventStream();
  readonly #server: Server;
  readonly #options: WebOptions;
  readonly #controls: LineControls;
  readonly #log: Logger;
  #snapshot: Uint8Array | undefined;
  #isSnapshotAsked = false;

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
    if (!isLoopback(host)) this.#log.warn({ host }, `the dashboard is open to the network on ${host}: whoever reaches it can start and pause the line, there is no login`);
    return `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`;
  }

  /** A sink of the line's events. */
  handle(event: LineEvent): void {
    this.#metrics.handle(event);
    const change = this.#view.handle(event);
    if (change !== undefined) this.#stream.send('change', change);
    if (event.kind !== 'line.stats') return;
    // A vision process that died owes a picture for ever; ask again.
    this.#isSnapshotAsked = false;
    if (this.#stream.viewerCount > 0) this.#stream.send('view', this.#view.snapshot());
  }

  /** The picture asked for through `controls.requestSnapshot`; kept as it is. */
  showSnapshot(jpeg: Uint8Array): void {
    this.#snapshot = jpeg;
    this.#isSnapshotAsked = false;
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
    if (request.method === 'POST') return this.#order(path, request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, 'only GET and POST are served here');
    switch (path) {
      case '/healthz': return reply(response, 200, 'ok');
      case '/readyz': return reply(response, READY_STATES.has(this.#view.lineState) ? 200 : 503, this.#view.lineState);
      case '/metrics': {
        const { contentType, body } = await this.#metrics.render();
        return reply(response, 200, body, contentType);
      }
      case '/api/view': return reply(response, 200, JSON.stringify(this.#view.snapshot()), 'application/json');
      case '/api/events':
        if (request.method !== 'GET') return reply(response, 405, 'events are read with GET');
        if (!this.#stream.open(response, { event: 'view', data: this.#view.snapshot() })) reply(response, 503, 'too many viewers');
        return;
      case '/api/snapshot.jpg': return this.#picture(response);
    }
    const file = await pageFile(path);
    return file === undefined ? reply(response, 404, 'not found') : reply(response, 200, file.body, file.contentType);
  }

  // Each look at the latest picture orders the next one: a still costs the vision process a JPEG encoding, so nobody looking
  // means none is made.
  #picture(response: ServerResponse): void {
    if (!this.#isSnapshotAsked) {
      this.#isSnapshotAsked = true;
      this.#controls.requestSnapshot();
    }
    if (this.#snapshot === undefined) return reply(response, 204, '');
    return reply(response, 200, this.#snapshot, 'image/jpeg');
  }

  async #order(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const refusal = refusalOf(request.headers, this.#options.host);
    if (refusal !== undefined) {
      this.#log.warn({ path, origin: request.headers.origin, host: request.headers.host }, `order refused: ${refusal}`);
      return reply(response, 403, refusal);
    }
    if (path === '/api/start') {
      const result = await this.#controls.start('dashboard');
      return reply(response, result.result === 'started' ? 200 : 409, JSON.stringify(result), 'application/json');
    }
    if (path === '/api/pause') {
      this.#controls.pause('dashboard');
      return reply(response, 200, JSON.stringify({ result: 'paused' }), 'application/json');
    }
    return reply(response, 404, 'no such order');
  }
}

function reply(response: ServerResponse, status: number, body: string | Uint8Array, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
