// Who a request comes from. Three ways in: on localhost without a users file, this machine's own people, with every right; a
// session's cookie; a reverse proxy that names who it let through. And who may give orders: a page that this server sent, and
// programs that are no browser, so that a page of another site in the operator's browser does not get through.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { LoginResult } from './login-desk.ts';
import { LoginDesk } from './login-desk.ts';
import type { ProxyOptions, WebOptions } from './options.ts';
import type { Role } from './roles.ts';
import { isRole } from './roles.ts';
import { foreignNameOf, isLoopback, refusalOf } from './same-origin.ts';
import { isSameSecret, Sessions } from './sessions.ts';
import { UsersFile } from './users-file.ts';

export interface Visitor {
  readonly name: string;
  readonly role: Role;
  /** What orders must carry in `x-csrf-token`; undefined where there is no cookie that another site could use. */
  readonly csrf: string | undefined;
}

const COOKIE = 'sortline_session';
const PROXY_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

export class Access {
  readonly #options: WebOptions;
  readonly #users: UsersFile | undefined;
  readonly #sessions: Sessions;
  readonly #desk: LoginDesk | undefined;
  readonly #metricsToken: string | undefined;

  /** Throws WEB_LOGIN_MISSING where the network would get in without one, WEB_USERS_INVALID, and WEB_FILE_UNREADABLE for the token. */
  constructor({ options, clock, log }: { options: WebOptions; clock: Clock; log: Logger }) {
    this.#options = options;
    if (!isLoopback(options.host) && options.users === undefined && options.proxy === undefined) {
      throw new SortlineError('WEB_LOGIN_MISSING', `the dashboard would be open to whoever reaches ${options.host}: name a users file in \`web.users\` (make one with \`sortline user add\`), a reverse proxy in \`web.proxy\`, or set \`web.host\` to 127.0.0.1`, { context: { host: options.host } });
    }
    this.#users = options.users === undefined ? undefined : new UsersFile(options.users, log);
    this.#sessions = new Sessions(clock, options.sessionHours);
    this.#desk = this.#users === undefined ? undefined : new LoginDesk({ clock, log, users: this.#users });
    this.#metricsToken = options.metricsTokenFile === undefined ? undefined : readToken(options.metricsTokenFile);
  }

  /** Whether people log in here. */
  get hasLogin(): boolean {
    return this.#users !== undefined;
  }

  get failedLogins(): number {
    return this.#desk?.failedCount ?? 0;
  }

  /** Undefined for whom nobody knows. */
  visitor(request: IncomingMessage): Visitor | undefined {
    const proxied = this.#options.proxy === undefined ? undefined : fromProxy(request, this.#options.proxy);
    if (proxied !== undefined) return proxied;
    if (this.#users === undefined) return isLoopback(this.#options.host) && this.#options.proxy === undefined ? { name: 'local', role: 'maintainer', csrf: undefined } : undefined;
    const session = this.#sessions.find(cookieOf(request));
    const user = session === undefined ? undefined : this.#users.find(session.name);
    // Removed, or given another password, since the login.
    if (session === undefined || user?.passwordHash !== session.passwordHash) return undefined;
    return { name: user.name, role: user.role, csrf: session.csrf };
  }

  /** Why nothing is told to this request; undefined when it may ask. */
  refusal({ headers }: IncomingMessage): string | undefined {
    // With a login, or a proxy that names people, a foreign name for this address opens nothing.
    return this.#users === undefined && this.#options.proxy === undefined ? foreignNameOf(headers, this.#options.host) : undefined;
  }

  /** Why an order is refused; undefined when it may pass. */
  orderRefusal({ headers }: IncomingMessage, visitor: Visitor | undefined): string | undefined {
    const refusal = refusalOf(headers);
    if (refusal !== undefined || visitor?.csrf === undefined) return refusal;
    const given = headers['x-csrf-token'];
    return typeof given === 'string' && isSameSecret(given, visitor.csrf) ? undefined : 'an order needs the token of its session in the header x-csrf-token: a page gets it when it is loaded anew, a program from GET /api/session';
  }

  /** Prometheus has no session: a token instead. */
  hasMetricsToken({ headers }: IncomingMessage): boolean {
    const given = /^Bearer (\S{1,512})$/i.exec(headers.authorization ?? '')?.[1];
    return this.#metricsToken !== undefined && given !== undefined && isSameSecret(given, this.#metricsToken);
  }

  /** With the cookie to set where the answer is `welcome`. */
  async login(given: { name: string; password: string }, address: string): Promise<{ readonly answer: LoginResult; readonly cookie: string | undefined }> {
    if (this.#desk === undefined) return { answer: { result: 'wrong' }, cookie: undefined };
    const answer = await this.#desk.login(given.name, given.password, address);
    if (answer.result !== 'welcome') return { answer, cookie: undefined };
    return { answer, cookie: this.#cookie(this.#sessions.open(answer.user.name, answer.user.passwordHash)) };
  }

  /** Ends the request's session; the cookie that takes it out of the browser. */
  logout(request: IncomingMessage): string {
    this.#sessions.end(cookieOf(request));
    return `${this.#cookie('')}; Max-Age=0`;
  }

  #cookie(token: string): string {
    return `${COOKIE}=${token}; HttpOnly; SameSite=Strict; Path=/${this.#options.tls === undefined ? '' : '; Secure'}`;
  }
}

function fromProxy(request: IncomingMessage, { header, roleHeader, role, from }: ProxyOptions): Visitor | undefined {
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (!from.includes(peer)) return undefined;
  const name = request.headers[header.toLowerCase()];
  if (typeof name !== 'string' || !PROXY_NAME.test(name)) return undefined;
  const given = roleHeader === undefined ? undefined : request.headers[roleHeader.toLowerCase()];
  return { name, role: isRole(given) ? given : role, csrf: undefined };
}

function cookieOf({ headers }: IncomingMessage): string | undefined {
  return (headers.cookie ?? '').split(';').map((pair) => pair.trim()).find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}

function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new SortlineError('WEB_FILE_UNREADABLE', `the token for /metrics (web.metricsTokenFile) cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
  if (!/^\S{16,512}$/.test(token)) throw new SortlineError('WEB_FILE_UNREADABLE', `${path} (web.metricsTokenFile) must hold one token of 16 to 512 characters; make one with \`openssl rand -hex 24\``, { context: { path } });
  return token;
}
