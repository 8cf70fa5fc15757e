// A broker in virtual time at the BrokerSession port: it takes messages and acknowledges them, and does what brokers do - goes
// away for hours, refuses, takes its time, goes deaf, throws its client out, delivers twice. It tells whoever judges the day
// what it took, which is what a subscriber would hear.
import type { Clock } from '../../base/clock.ts';
import { SortlineError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { BrokerMessage, BrokerSession, OpenSession, PublishResult, SessionEvents, SessionSettings } from '../../publish/broker-session.ts';

export type BrokerTrouble = 'down' | 'refuse-login' | 'refuse-publish' | 'deaf' | 'repeat';

/** Time to acknowledge a message, ms. */
const ACKNOWLEDGE_MS = 2;
const RECEIVE_MAXIMUM = 64;

interface OpenSessionState {
  readonly events: SessionEvents;
  readonly deliver: (what: () => void) => void;
  isOpen: boolean;
}

export class FaultyBroker {
  /** Extra time to acknowledge a message, ms. */
  slowMs: Milliseconds = 0;
  readonly #clock: Clock;
  readonly #onTaken: (message: BrokerMessage) => void;
  readonly #onRefused: () => void;
  readonly #troubles = new Set<BrokerTrouble>();
  /** What a deaf broker has not read yet, in order. */
  readonly #unheard: (() => void)[] = [];
  #session: OpenSessionState | undefined;

  /** `onTaken`: everything it accepted, in order, repeated where it repeats. */
  constructor(deps: { clock: Clock; onTaken: (message: BrokerMessage) => void; onRefused: () => void }) {
    this.#clock = deps.clock;
    this.#onTaken = deps.onTaken;
    this.#onRefused = deps.onRefused;
  }

  set(trouble: BrokerTrouble, isPresent: boolean): void {
    if (!isPresent) this.#troubles.delete(trouble);
    else this.#troubles.add(trouble);
    if (trouble === 'down' && isPresent) this.kick('connection reset');
    if (trouble === 'deaf' && !isPresent) for (const take of this.#unheard.splice(0)) take();
  }

  /** Ends the present session. */
  kick(reason: string): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#end(session);
    session.deliver(() => session.events.closed(reason));
  }

  /** How a process opens a session: `deliver` has the process hear what comes back. */
  openSessionFor(deliver: (what: () => void) => void): OpenSession {
    return async (settings, events) => {
      await new Promise<void>((resolve) => void this.#clock.after(ACKNOWLEDGE_MS, () => deliver(resolve)));
      if (this.#troubles.has('down')) throw new SortlineError('MQTT_UNAVAILABLE', 'the broker cannot be reached: connection refused');
      if (this.#troubles.has('refuse-login')) throw new SortlineError('MQTT_REFUSED', 'the broker refuses the login: check user name and password');
      // MQTT: a second session under the same client id ends the first.
      this.kick('another client uses the client id');
      const session: OpenSessionState = { events, deliver, isOpen: true };
      this.#session = session;
      return this.#sessionOf(session, settings);
    };
  }

  /** The process that held the session is gone. */
  abandon(): void {
    if (this.#session !== undefined) this.#end(this.#session);
  }

  /** A request that somebody publishes; twice where the broker repeats. */
  request(message: { topic: string; payload: Uint8Array }): void {
    const session = this.#session;
    if (session === undefined) return;
    for (let copies = this.#troubles.has('repeat') ? 2 : 1; copies > 0; copies--) session.deliver(() => { if (session.isOpen) session.events.message({ ...message, retained: false }); });
  }

  #sessionOf(session: OpenSessionState, settings: SessionSettings): BrokerSession {
    return {
      protocolVersion: settings.protocolVersion,
      receiveMaximum: RECEIVE_MAXIMUM,
      publish: (message) => new Promise((resolve) => {
        if (session.isOpen) this.#take(session, message, resolve);
      }),
      subscribe: async () => undefined,
      close: async () => this.#end(session),
      abort: (reason = 'aborted') => {
        if (!session.isOpen) return;
        this.#end(session);
        session.events.closed(reason);
      },
    };
  }

  #take(session: OpenSessionState, message: BrokerMessage, answer: (result: PublishResult) => void): void {
    if (this.#troubles.has('deaf')) {
      this.#unheard.push(() => { if (session.isOpen) this.#take(session, message, answer); });
      return;
    }
    const isRefused = this.#troubles.has('refuse-publish');
    if (isRefused) this.#onRefused();
    else this.#onTaken(message);
    if (!isRefused && this.#troubles.has('repeat')) this.#onTaken(message);
    const result: PublishResult = isRefused ? { result: 'refused', because: 'rights', reason: 'not authorised' } : { result: 'acknowledged' };
    // What the broker took is taken, also where the acknowledgement never arrives.
    this.#clock.after(ACKNOWLEDGE_MS + this.slowMs, () => { if (session.isOpen) session.deliver(() => answer(result)); });
  }

  #end(session: OpenSessionState): void {
    session.isOpen = false;
    if (this.#session === session) this.#session = undefined;
  }
}
