// Who is logged in. Kept in memory: a restart of the service asks everyone again. The cookie's token is known here only by its
// hash; beside it each session has a second secret that orders must carry, which no other site can know.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';

export interface Session {
  readonly name: string;
  /** The password's hash at login: another password ends the session. */
  readonly passwordHash: string;
  readonly csrf: string;
  usedNs: MonotonicNs;
}

const SESSIONS_AT_MOST = 500;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export class Sessions {
  readonly #clock: Clock;
  readonly #idleNs: number;
  /** Least recently used first. */
  readonly #byHash = new Map<string, Session>();

  constructor(clock: Clock, idleHours: number) {
    this.#clock = clock;
    this.#idleNs = idleHours * 3600 * NS_PER_S;
  }

  get size(): number {
    return this.#byHash.size;
  }

  /** A new session's token, for the cookie. Where there are too many, the one unused for longest ends. */
  open(name: string, passwordHash: string): string {
    const token = secret();
    this.#byHash.set(hashOf(token), { name, passwordHash, csrf: secret(), usedNs: this.#clock.nowNs() });
    if (this.#byHash.size > SESSIONS_AT_MOST) {
      const [oldest] = this.#byHash.keys();
      this.#byHash.delete(oldest!);
    }
    return token;
  }

  /** Undefined for a token that is unknown, ended or no token at all. */
  find(token: string | undefined): Session | undefined {
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const hash = hashOf(token);
    const session = this.#byHash.get(hash);
    if (session === undefined) return undefined;
    this.#byHash.delete(hash);
    const nowNs = this.#clock.nowNs();
    if (nowNs - session.usedNs > this.#idleNs) return undefined;
    session.usedNs = nowNs;
    this.#byHash.set(hash, session);
    return session;
  }

  end(token: string | undefined): void {
    if (token !== undefined) this.#byHash.delete(hashOf(token));
  }
}

/** Compares without telling by its duration how much was right. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest());
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
