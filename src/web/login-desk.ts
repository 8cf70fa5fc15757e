// Checks names and passwords, slowly enough for guessing to be hopeless: failures are counted per address and per name, and
// passwords are compared one at a time, so that a flood costs the line neither threads nor memory.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import { isPassword, NOBODYS_HASH } from './password-hash.ts';
import type { User, UsersFile } from './users-file.ts';

export type LoginResult =
  | { readonly result: 'welcome'; readonly user: User }
  | { readonly result: 'wrong' }
  | { readonly result: 'later'; readonly afterS: number };

interface Failures {
  count: number;
  lastNs: MonotonicNs;
}

/** Failures free of charge; after them each doubles the wait. */
const FREE_FAILURES = 5;
const FIRST_WAIT_S = 2;
const LONGEST_WAIT_S = 900;
/** A name or address without a failure for this long is forgotten. */
const FORGET_NS = 3600 * NS_PER_S;
const REMEMBERED_AT_MOST = 2000;
const WAITING_AT_MOST = 8;

export class LoginDesk {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #users: Pick<UsersFile, 'find'>;
  readonly #failuresBy = new Map<string, Failures>();
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  failedCount = 0;

  constructor(deps: { clock: Clock; log: Logger; users: Pick<UsersFile, 'find'> }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#users = deps.users;
  }

  async login(name: string, password: string, address: string): Promise<LoginResult> {
    const keys = [`address ${address}`, `name ${name.slice(0, 64)}`];
    const waitS = Math.max(...keys.map((key) => this.#waitS(key)));
    if (waitS > 0) return { result: 'later', afterS: Math.ceil(waitS) };
    if (this.#waiting >= WAITING_AT_MOST) return { result: 'later', afterS: FIRST_WAIT_S };
    const user = this.#users.find(name);
    // Counted before the answer is known: attempts at once must not all be free.
    for (const key of keys) this.#count(key);
    const isRight = await this.#inTurn(() => isPassword(password, user?.passwordHash ?? NOBODYS_HASH));
    if (user === undefined || !isRight) {
      this.failedCount++;
      this.#log.warn({ name: name.slice(0, 64), address }, `login refused for ${JSON.stringify(name.slice(0, 64))} from ${address}`);
      return { result: 'wrong' };
    }
    for (const key of keys) this.#failuresBy.delete(key);
    this.#log.info({ name, role: user.role, address }, `${name} logged in as ${user.role} from ${address}`);
    return { result: 'welcome', user };
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  #waitS(key: string): number {
    const failures = this.#failuresBy.get(key);
    if (failures === undefined || failures.count < FREE_FAILURES) return 0;
    const passedNs = this.#clock.nowNs() - failures.lastNs;
    if (passedNs > FORGET_NS) return 0;
    const waitS = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failures.count - FREE_FAILURES));
    return waitS - passedNs / NS_PER_S;
  }

  #count(key: string): void {
    const nowNs = this.#clock.nowNs();
    const known = this.#failuresBy.get(key);
    const count = known === undefined || nowNs - known.lastNs > FORGET_NS ? 1 : known.count + 1;
    this.#failuresBy.delete(key);
    this.#failuresBy.set(key, { count, lastNs: nowNs });
    if (this.#failuresBy.size <= REMEMBERED_AT_MOST) return;
    const [oldest] = this.#failuresBy.keys();
    this.#failuresBy.delete(oldest!);
  }
}
