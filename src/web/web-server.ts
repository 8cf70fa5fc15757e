// The service's window to people and to Prometheus: dashboard, live events, camera still, history, labels, health and metrics.
// Listens on localhost unless told otherwise. It hears the line through LineEvents and asks it through the operator commands.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { DecideOptions } from '../decide/options.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { ExecuteCommand } from '../domain/operator-command.ts';
import type { History } from '../ledger/history-reader.ts';
import { Access } from './access.ts';
import { EventStream } from './event-stream.ts';
import { healthRoutes, ReadinessWatch } from './health-routes.ts';
import { historyRoutes } from './history-routes.ts';
import { LabelCorner } from './label-corner.ts';
import { labelRoutes } from './label-routes.ts';
import { LineView } from './line-view.ts';
import type { LineFacts, Picture } from './live-routes.ts';
import { LatestPicture, liveRoutes } from './live-routes.ts';
import { Metrics } from './metrics.ts';
import type { WebOptions } from './options.ts';
import { orderRoutes } from './order-routes.ts';
import { PageFiles } from './page-files.ts';
import { portRefusal } from './port-refusal.ts';
import { send, text } from './reply.ts';
import { Router } from './router.ts';
import { sessionRoutes } from './session-routes.ts';

export interface WebServerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: WebOptions;
  readonly facts: LineFacts;
  readonly margin: DecideOptions['margin'];
  readonly history: History;
  /** Where pictures wait for people to label them. */
  readonly harvestFolder: string;
  readonly controls: LineControls;
}

/** What is asked of the line. */
export interface LineControls {
  readonly execute: ExecuteCommand;
  requestSnapshot(): void;
  /** Where the belt is; undefined before the board has said so. */
  belt(): BeltSample | undefined;
}

/** Changes reach the pages this often, ms. */
const UPDATE_MS = 250;
/** Connections at once, viewers included; more are not taken. */
const CONNECTIONS_AT_MOST = 600;
/** A client that takes nothing for this long is cut off, ms; live pages get a message at least once a second. */
const SILENT_MS = 30_000;

export class WebServer {
  readonly #deps: WebServerDeps;
  readonly #metrics: Metrics;
  readonly #view: LineView;
  readonly #readiness: ReadinessWatch;
  readonly #stream: EventStream;
  readonly #picture: LatestPicture;
  readonly #server: Server;
  #updates: Timer | undefined;

  /** Throws WEB_LOGIN_MISSING, WEB_USERS_INVALID and WEB_FILE_UNREADABLE. */
  constructor(deps: WebServerDeps) {
    this.#deps = deps;
    const { clock, options, facts, controls } = deps;
    const log = deps.log.child({ room: 'web' });
    const access = new Access({ options, clock, log });
    const view = new LineView(() => clock.wallMs());
    this.#view = view;
    this.#stream = new EventStream(options.maxViewers);
    this.#readiness = new ReadinessWatch(clock, view);
    this.#picture = new LatestPicture(() => controls.requestSnapshot());
    this.#metrics = new Metrics({ viewers: () => this.#stream.viewerCount, cutViewers: () => this.#stream.cutCount, failedLogins: () => access.failedLogins });
    const labels = new LabelCorner({ clock, from: deps.harvestFolder, to: options.labels });
    const router = new Router({
      access, pages: new PageFiles(), log, routes: [
        ...healthRoutes({ readiness: this.#readiness, view, metrics: this.#metrics, access }),
        ...sessionRoutes(access),
        ...liveRoutes({ facts, view, live: () => this.#live(), stream: this.#stream, access, picture: this.#picture }),
        ...orderRoutes({ execute: controls.execute, view, margin: deps.margin }),
        ...historyRoutes({ clock, history: deps.history, facts, log }),
        ...labelRoutes({ labels, log }),
      ],
    });
    this.#server = this.#createServer((request, response) => {
      router.handle(request, response).catch((error: unknown) => {
        log.warn({ url: request.url?.slice(0, 200) }, `request failed: ${reasonOf(error)}`);
        if (response.headersSent) response.destroy();
        else void send(request, response, text(500, 'internal error')).catch(() => response.destroy());
      });
    });
  }

  /** Starts listening; the address to open. Throws WEB_PORT_IN_USE. */
  async listen(): Promise<string> {
    const { host, port, tls } = this.#deps.options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => reject(portRefusal(cause, { host, port })));
      this.#server.listen(port, host, resolve);
    });
    this.#updates = this.#deps.clock.every(UPDATE_MS, () => this.#sendUpdate());
    const address = this.#server.address() as AddressInfo;
    return `http${tls === undefined ? '' : 's'}://${host.includes(':') ? `[${host}]` : host}:${address.port}/`;
  }

  /** A sink of the line's events. */
  handle(event: LineEvent): void {
    this.#metrics.handle(event);
    this.#view.handle(event);
    this.#readiness.handle(event);
    if (event.kind !== 'line.stats') return;
    this.#picture.forgetAsking();
    this.#stream.dismissUnwelcome();
  }

  /** The picture asked for through `controls.requestSnapshot`; kept as it is. */
  showSnapshot(picture: Picture): void {
    this.#picture.show(picture);
  }

  async close(): Promise<void> {
    this.#updates?.cancel();
    this.#metrics.close();
    this.#sendUpdate();
    this.#stream.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #sendUpdate(): void {
    if (this.#stream.viewerCount === 0) return this.#view.forgetChanges();
    const update = this.#view.takeUpdate();
    if (update !== undefined) this.#stream.send('update', { ...update, ...this.#moment() });
  }

  /** Everything a page that has just come needs. */
  #live(): object {
    return { ...this.#view.snapshot(), ...this.#moment() };
  }

  /** Where the belt was when this was said, so that a page can go on from there. */
  #moment(): object {
    const { clock, controls } = this.#deps;
    const sample = controls.belt();
    const ageS = sample === undefined ? 0 : (clock.nowNs() - sample.atNs) / 1e9;
    return { nowMs: clock.wallMs(), belt: sample === undefined ? null : { counts: sample.counts + sample.countsPerSecond * ageS, countsPerSecond: sample.countsPerSecond } };
  }

  #createServer(handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
    const { tls } = this.#deps.options;
    const limits = { requestTimeout: 10_000, headersTimeout: 5000, keepAliveTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 };
    const server = tls === undefined ? createServer(limits, handle) : createTlsServer({ ...limits, cert: readPem(tls.certFile, 'web.tls.certFile'), key: readPem(tls.keyFile, 'web.tls.keyFile') }, handle);
    server.maxConnections = CONNECTIONS_AT_MOST;
    server.setTimeout(SILENT_MS, (socket: Socket) => socket.destroy());
    server.on('clientError', (_, socket) => socket.destroy());
    return server;
  }
}

function readPem(path: string, key: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SortlineError('WEB_FILE_UNREADABLE', `${path} (${key}) cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
}
