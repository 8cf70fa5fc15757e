// The publisher: a sink of LineEvents that tells them to an MQTT broker. Retained topics are kept as their newest payload and
// sent again at every connect; item events go through the outbox, in order, and leave it when the broker has them. A broker
// that is away, slow or deaf never holds the line up.
//
//   event ─▶ retained state ─┐
//        └─▶ outbox ─────────┴─▶ window of messages in flight ─▶ broker session, opened again with back-off
import type { Clock, Timer } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { ALARM_CODES } from '../domain/line-event.ts';
import { BrokerConnection } from './broker-connection.ts';
import type { BrokerMessage, BrokerSession, OpenSession } from './broker-session.ts';
import type { BrokerSettings } from './broker-settings.ts';
import type { Identity } from './event-topics.ts';
import { EventTopics } from './event-topics.ts';
import { Outbox } from './outbox.ts';
import type { RequestHandler } from './request-desk.ts';
import { RequestDesk } from './request-desk.ts';
import { RetainedState } from './retained-state.ts';
import { topicPrefix } from './topics.ts';

export interface PublisherDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly identity: Identity;
  readonly broker: BrokerSettings;
  /** Item events held while the broker is away, at most. */
  readonly queue: number;
  readonly openSession: OpenSession;
  readonly onRequest: RequestHandler;
  /** When the broker is lost or refuses, once per reason; and once when it is back. */
  readonly onDown?: (message: string) => void;
  readonly onUp?: () => void;
}

/** Messages on their way at once, at most; the broker may ask for fewer. */
const WINDOW = 32;
const DRAIN_MS = 2000;
const CLOSE_MS = 1000;
/** A broker that answers pings but acknowledges nothing for this long is connected to anew. */
const ACKNOWLEDGE_MS = 20_000;
const WATCH_PERIOD_MS = 5000;

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #log: Logger;
  readonly #prefix: string;
  readonly #topics: EventTopics;
  readonly #retained = new RetainedState();
  readonly #outbox: Outbox;
  readonly #desk: RequestDesk;
  readonly #connection: BrokerConnection;
  #window = WINDOW;
  #inFlight = 0;
  #progressAtNs: MonotonicNs = 0;
  #watch: Timer | undefined;
  /** Of the events given up, those the broker knows of, or is being told of. */
  #toldDropped = { predictions: 0, outcomes: 0 };
  #drained: (() => void) | undefined;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    const { clock, identity, random, broker, openSession, onDown, onUp } = deps;
    this.#log = deps.log.child({ room: 'publish' });
    this.#prefix = topicPrefix(identity);
    this.#topics = new EventTopics(clock, identity);
    this.#outbox = new Outbox(deps.queue);
    this.#desk = new RequestDesk({ clock, log: this.#log, stamp: this.#topics.stamp, onRequest: deps.onRequest });
    this.#connection = new BrokerConnection({
      clock, log: this.#log, random, broker, openSession, onDown, onUp,
      will: () => ({ topic: `${this.#prefix}/state`, payload: JSON.stringify(this.#topics.offline()), retain: true }),
      opened: (session) => this.#opened(session),
      lost: () => this.#lost(),
      message: (message) => this.#requested(message),
    });
    this.#keep('info', this.#topics.info());
    // A run that was killed left its alarms with the broker.
    for (const alarm of ALARM_CODES) this.#keep(`alarm/${alarm}`, '');
  }

  /** Begins to connect; never throws for a broker that is away. */
  start(): void {
    this.#connection.start();
    this.#watch = this.#deps.clock.every(WATCH_PERIOD_MS, () => this.#watchProgress());
  }

  /** The sink. Costs some microseconds and never throws. */
  readonly handle = (event: LineEvent): void => {
    const { retained, item } = this.#topics.of(event, this.#outbox.size);
    if (retained !== undefined) this.#keep(retained.topic, retained.payload);
    if (item !== undefined) this.#outbox.push({ kind: item.kind, topic: `${this.#prefix}/${item.topic}`, payload: JSON.stringify(item.payload) });
    if (retained !== undefined || item !== undefined) this.#pump();
  };

  /** Item events not yet at the broker. */
  get pendingCount(): number {
    return this.#outbox.size;
  }

  get isConnected(): boolean {
    return this.#connection.session !== undefined;
  }

  /** Sends what is pending for at most 2 s, then disconnects in order: the will is not sent. */
  async stop(): Promise<void> {
    this.#watch?.cancel();
    const session = this.#connection.stop();
    if (session !== undefined && this.#pending > 0) await this.#drain();
    if (this.#outbox.size > 0) this.#log.warn({ events: this.#outbox.size }, `${this.#outbox.size} item events never reached the broker`);
    const current = this.#connection.session;
    if (current === undefined) return;
    // A broker that acknowledges nothing does not let go in order either.
    await Promise.race([current.close(), delay(this.#deps.clock, CLOSE_MS).then(() => current.abort())]);
  }

  get #pending(): number {
    return this.#outbox.size + this.#retained.dirtyCount + this.#inFlight;
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const giveUp = this.#deps.clock.after(DRAIN_MS, resolve);
      this.#drained = () => {
        giveUp.cancel();
        resolve();
      };
      this.#pump();
    });
  }

  #keep(topic: string, payload: object | ''): void {
    this.#retained.set(`${this.#prefix}/${topic}`, payload === '' ? '' : JSON.stringify(payload));
  }

  #opened(session: BrokerSession): void {
    this.#window = Math.min(WINDOW, session.receiveMaximum);
    this.#inFlight = 0;
    this.#retained.markAllDirty();
    this.#log.info({ mqtt: session.protocolVersion, waiting: this.#outbox.size }, `connected to the MQTT broker, ${this.#outbox.size} events waiting`);
    // Without the right to be asked it still publishes.
    session.subscribe(`${this.#prefix}/request/+`).catch((error: unknown) => this.#log.warn(reasonOf(error)));
    this.#pump();
  }

  #lost(): void {
    this.#inFlight = 0;
    this.#outbox.returnInFlight();
    this.#drained?.();
  }

  /** Fills the window: what was given up, then live state, then the items in order. */
  #pump(): void {
    while (this.isConnected && this.#inFlight < this.#window) {
      if (this.#tellDropped()) continue;
      const job = this.#retained.take();
      if (job !== undefined) {
        this.#send({ topic: job.topic, payload: job.payload, retain: true }, () => this.#retained.done(job));
        continue;
      }
      const entry = this.#outbox.take();
      if (entry === undefined) break;
      this.#send({ topic: entry.topic, payload: entry.payload, retain: false }, () => this.#outbox.done(entry));
    }
    if (this.#pending === 0) this.#drained?.();
  }

  #tellDropped(): boolean {
    const { predictions, outcomes } = this.#outbox.dropped;
    const fresh = { predictions: predictions - this.#toldDropped.predictions, outcomes: outcomes - this.#toldDropped.outcomes };
    if (fresh.predictions + fresh.outcomes === 0) return false;
    this.#toldDropped = { predictions, outcomes };
    this.#log.warn(fresh, `while the broker was away ${fresh.predictions} predictions and ${fresh.outcomes} outcomes had to be given up`);
    this.#send({ topic: `${this.#prefix}/item/dropped`, payload: JSON.stringify(this.#topics.dropped(fresh)), retain: false }, () => undefined);
    return true;
  }

  #send(message: BrokerMessage, done: () => void): void {
    const session = this.#connection.session!;
    if (this.#inFlight++ === 0) this.#progressAtNs = this.#deps.clock.nowNs();
    void session.publish(message).then((result) => {
      // An answer that belongs to a session that is gone was already taken back.
      if (session !== this.#connection.session) return;
      this.#inFlight--;
      this.#progressAtNs = this.#deps.clock.nowNs();
      if (result.result === 'refused') this.#log.warn({ topic: message.topic, reason: result.reason }, `the broker refused a message on ${message.topic}: ${result.reason}`);
      done();
      this.#pump();
    });
  }

  #watchProgress(): void {
    const silentMs = (this.#deps.clock.nowNs() - this.#progressAtNs) / NS_PER_MS;
    if (this.#inFlight > 0 && silentMs > ACKNOWLEDGE_MS) this.#connection.session?.abort(`no message was acknowledged for ${Math.round(silentMs / 1000)} s`);
  }

  #requested(message: { topic: string; payload: Uint8Array; retained: boolean }): void {
    const command = message.topic.slice(this.#prefix.length + '/request/'.length);
    void this.#desk.answer(command, message).then((answer) => {
      if (answer === undefined || !this.isConnected) return;
      this.#send({ topic: `${this.#prefix}/response/${command}`, payload: JSON.stringify(answer), retain: false }, () => undefined);
    });
  }
}
