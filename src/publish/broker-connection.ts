// Keeps one session to the broker open: connects, falls back from MQTT 5 to 3.1.1, and reconnects for ever with growing,
// jittered pauses. It says once when the broker is lost, refuses, or gives another reason; it publishes nothing itself.
import type { Clock, Timer } from '../base/clock.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { retryDelayMs } from '../base/retry.ts';
import type { BrokerMessage, BrokerSession, OpenSession, ProtocolVersion, SessionEvents } from './broker-session.ts';
import type { BrokerSettings } from './broker-settings.ts';

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly broker: BrokerSettings;
  readonly openSession: OpenSession;
  /** The last will, made anew at each connect. */
  readonly will: () => BrokerMessage;
  readonly opened: (session: BrokerSession) => void;
  /** The session given to `opened` is gone. */
  readonly lost: () => void;
  readonly message: SessionEvents['message'];
  readonly onDown: ((message: string) => void) | undefined;
  readonly onUp: (() => void) | undefined;
}

const RETRY = { firstMs: 250, maxMs: 15_000 };
/** A broker that refuses us will go on doing so until a person acts. */
const REFUSED_RETRY_MS = 30_000;

export class BrokerConnection {
  readonly #deps: ConnectionDeps;
  #session: BrokerSession | undefined;
  #protocolVersion: ProtocolVersion = 5;
  #failures = 0;
  #retry: Timer | undefined;
  /** What was told last while it was down; undefined while it is up. */
  #toldDown: string | undefined;
  #isStopped = false;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
  }

  get session(): BrokerSession | undefined {
    return this.#session;
  }

  start(): void {
    void this.#connect();
  }

  /** No more reconnecting; hands over the session, which is the caller's to close. */
  stop(): BrokerSession | undefined {
    this.#isStopped = true;
    this.#retry?.cancel();
    return this.#session;
  }

  async #connect(): Promise<void> {
    const { broker, openSession, will, message } = this.#deps;
    let closedReason: string | undefined;
    let session: BrokerSession | undefined;
    try {
      session = await openSession({ ...broker, will: will(), protocolVersion: this.#protocolVersion }, {
        message,
        closed: (reason) => {
          closedReason = reason;
          if (this.#session === session) this.#lost(reason);
        },
      });
    } catch (error) {
      return this.#openFailed(error);
    }
    if (this.#isStopped) return void session.close();
    this.#session = session;
    // It may have gone while this waited for its turn.
    if (closedReason !== undefined) this.#lost(closedReason);
    else this.#opened(session);
  }

  #opened(session: BrokerSession): void {
    this.#failures = 0;
    if (this.#toldDown !== undefined) this.#deps.onUp?.();
    this.#toldDown = undefined;
    this.#deps.opened(session);
  }

  #openFailed(error: unknown): void {
    if (this.#isStopped) return;
    const isRefused = isSortlineError(error, 'MQTT_REFUSED');
    if (isSortlineError(error) && error.context.versionRefused === true) {
      this.#protocolVersion = this.#protocolVersion === 5 ? 4 : 5;
      if (this.#protocolVersion === 4) return void this.#connect();
    }
    this.#down(reasonOf(error));
    this.#retryAfter(isRefused ? REFUSED_RETRY_MS : retryDelayMs(RETRY, this.#failures++, this.#deps.random));
  }

  #lost(reason: string): void {
    this.#session = undefined;
    this.#deps.lost();
    if (this.#isStopped) return;
    this.#down(`the connection to the MQTT broker was lost: ${reason}`);
    this.#retryAfter(retryDelayMs(RETRY, this.#failures++, this.#deps.random));
  }

  #retryAfter(delayMs: number): void {
    this.#retry = this.#deps.clock.after(delayMs, () => void this.#connect());
  }

  /** The same reason again is no news; another one is: first unreachable, then wrong credentials. */
  #down(message: string): void {
    if (this.#toldDown === message) return;
    this.#toldDown = message;
    this.#deps.log.warn(message);
    this.#deps.onDown?.(message);
  }
}
