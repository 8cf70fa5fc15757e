// Messages on their way to the broker: never more at once than it asks for, each answer handed to whoever sent it, and a broker
// that answers pings but acknowledges nothing is left.
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BrokerMessage, BrokerSession, PublishResult } from './broker-session.ts';

export interface SendWindowDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** There is room for one more. */
  readonly onRoom: () => void;
}

/** Messages on their way at once, at most; the broker may ask for fewer. */
const WINDOW = 128;
/** Nothing acknowledged for this long: the session is ended, and another one opened. */
const ACKNOWLEDGE_MS = 20_000;
const WATCH_PERIOD_MS = 5000;

export class SendWindow {
  readonly #deps: SendWindowDeps;
  #session: BrokerSession | undefined;
  #size = WINDOW;
  #inFlight = 0;
  #progressAtNs: MonotonicNs = 0;
  #watch: Timer | undefined;

  constructor(deps: SendWindowDeps) {
    this.#deps = deps;
  }

  /** Messages without an answer. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get hasRoom(): boolean {
    return this.#session !== undefined && this.#inFlight < this.#size;
  }

  start(): void {
    this.#watch = this.#deps.clock.every(WATCH_PERIOD_MS, () => this.#watchProgress());
  }

  stop(): void {
    this.#watch?.cancel();
  }

  opened(session: BrokerSession): void {
    this.#session = session;
    this.#size = Math.min(WINDOW, session.receiveMaximum);
    this.#inFlight = 0;
  }

  /** Answers of the session that is gone are heard no more. */
  lost(): void {
    this.#session = undefined;
    this.#inFlight = 0;
  }

  /** Call while connected. `answered` is not called when the session ends before. */
  send(message: BrokerMessage, answered: (result: PublishResult) => void): void {
    const session = this.#session!;
    const { clock, log, onRoom } = this.#deps;
    if (this.#inFlight++ === 0) this.#progressAtNs = clock.nowNs();
    void session.publish(message).then((result) => {
      if (session !== this.#session) return;
      this.#inFlight--;
      this.#progressAtNs = clock.nowNs();
      if (result.result === 'refused') log.warn({ topic: message.topic, reason: result.reason }, `the broker refused a message on ${message.topic}: ${result.reason}`);
      answered(result);
      onRoom();
    });
  }

  #watchProgress(): void {
    const silentMs = (this.#deps.clock.nowNs() - this.#progressAtNs) / NS_PER_MS;
    if (this.#inFlight > 0 && silentMs > ACKNOWLEDGE_MS) this.#session?.abort(`no message was acknowledged for ${Math.round(silentMs / 1000)} s`);
  }
}
