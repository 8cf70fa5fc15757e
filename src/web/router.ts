// From a request to the route that answers it: who asks, whether they may, and then the route's own work. Everything that a
// client can get wrong ends here, in a status and a reason.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../base/logger.ts';
import type { Access, Visitor } from './access.ts';
import type { PageFiles } from './page-files.ts';
import type { Reply } from './reply.ts';
import { send, setSecurityHeaders, text } from './reply.ts';
import type { Role } from './roles.ts';
import { mayAct } from './roles.ts';

export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** What the groups of the route's pattern matched. */
  readonly params: readonly string[];
  /** Undefined only on routes for everyone. */
  readonly visitor: Visitor | undefined;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Of the whole path, without query. */
  readonly path: RegExp;
  /** The least role that may ask; `everyone` needs no login. */
  readonly needs: Role | 'everyone';
  /** Undefined where it has taken the response over. */
  answer(asked: Asked): Promise<Reply | undefined> | Reply | undefined;
}

export class Router {
  readonly #routes: readonly Route[];
  readonly #access: Access;
  readonly #pages: PageFiles;
  readonly #log: Logger;

  constructor(deps: { routes: readonly Route[]; access: Access; pages: PageFiles; log: Logger }) {
    this.#routes = deps.routes;
    this.#access = deps.access;
    this.#pages = deps.pages;
    this.#log = deps.log;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response);
    const reply = await this.#reply(request, response);
    // What an order still sends is not worth reading.
    if (!request.complete) response.shouldKeepAlive = false;
    if (reply !== undefined) await send(request, response, reply);
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
    const [path = '/', search = ''] = splitOnce(request.url ?? '/', '?');
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (method !== 'GET' && method !== 'POST') return { ...text(405, 'only GET and POST are served here'), headers: { allow: 'GET, HEAD, POST' } };
    const page = method === 'GET' ? this.#pages.reply(path, request) : undefined;
    if (page !== undefined) return page;
    const matching = this.#routes.flatMap((route) => {
      const match = route.path.exec(path);
      return match === null ? [] : [{ route, params: match.slice(1).map(String) }];
    });
    const found = matching.find(({ route }) => route.method === method);
    if (found === undefined) return matching.length > 0 ? text(405, `${path.slice(0, 100)} is not asked with ${method}`) : text(404, 'not found');
    const visitor = this.#access.visitor(request);
    const refusal = this.#refusal(request, found.route, visitor);
    if (refusal !== undefined) return refusal;
    return found.route.answer({ request, response, query: new URLSearchParams(search), params: found.params, visitor });
  }

  #refusal(request: IncomingMessage, { method, needs }: Route, visitor: Visitor | undefined): Reply | undefined {
    const refuse = (status: number, reason: string): Reply => {
      this.#log.warn({ method, url: request.url?.slice(0, 200), from: request.socket.remoteAddress, origin: request.headers.origin?.slice(0, 200), visitor: visitor?.name }, `request refused: ${reason}`);
      return text(status, reason);
    };
    const foreign = needs === 'everyone' ? undefined : this.#access.refusal(request);
    if (foreign !== undefined) return refuse(403, foreign);
    // Not logged: every page that is open when its session ends asks once.
    if (needs !== 'everyone' && visitor === undefined) return text(401, 'log in first');
    if (needs !== 'everyone' && !mayAct(visitor!.role, needs)) return refuse(403, `this needs the role ${needs}; ${visitor!.name} is ${visitor!.role}`);
    const forged = method === 'POST' ? this.#access.orderRefusal(request, needs === 'everyone' ? undefined : visitor) : undefined;
    return forged === undefined ? undefined : refuse(403, forged);
  }
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
