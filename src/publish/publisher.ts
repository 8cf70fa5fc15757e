// The publisher: a sink of LineEvents that tells them to an MQTT broker. Retained topics are kept as their newest payload and
// sent again at every connect; item events go through the outbox, in order, and leave it when the broker has them. A broker
// that is away never holds the line up.
//
//   event ─▶ retained state ─┐
//        └─▶ outbox ─────────┴─▶ window of messages in flight ─▶ broker session, opened again with back-off
import type { Clock, Timer } from '../base/clock.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { retryDelayMs } from '../base/retry.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { BrokerMessage, BrokerSession, OpenSession } from './broker-session.ts';
import type { BrokerSettings } from './broker-settings.ts';
import type { Identity, ModelFacts } from './event-topics.ts';
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
  /** Once when the broker is lost or refuses, and once when it is back. */
  readonly onDown?: (message: string) => void;
  readonly onUp?: () => void;
}

const WINDOW = 32;
const RETRY = { firstMs: 250, maxMs: 15_000 };
/** A broker that refuses us will go on doing so until a person acts. */
const REFUSED_RETRY_MS = 30_000;
const DRAIN_MS = 2000;

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #log: Logger;
  readonly #prefix: string;
  readonly #topics: EventTopics;
  readonly #retained = new RetainedState();
  readonly #outbox: Outbox;
  readonly #desk: RequestDesk;
  #session: BrokerSession | undefined;
  #protocolVersion: 4 | 5 = 5;
  #inFlight = 0;
  #failures = 0;
  #retry: Timer | undefined;
  #wasDown = false;
  #isStopped = false;
  #toldDropped = 0;
  #drained: (() => void) | undefined;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    const { clock, identity } = deps;
    this.#log = deps.log.child({ room: 'publish' });
    this.#prefix = topicPrefix(identity);
    this.#topics = new EventTopics(clock, identity);
    this.#outbox = new Outbox(deps.queue);
    this.#desk = new RequestDesk({ clock, stamp: this.#topics.stamp, onRequest: deps.onRequest });
    this.#keep('info', this.#topics.info());
  }

  /** Begins to connect; never throws for a broker that is away. */
  start(): void {
    void this.#connect();
  }

  /** The sink. Costs a few microseconds and never throws. */
  readonly handle = (event: LineEvent): void => {
    const { retained, item } = this.#topics.of(event, this.#outbox.size);
    if (retained !== undefined) this.#keep(retained.topic, retained.payload);
    if (item !== undefined) this.#outbox.push({ kind: item.kind, topic: `${this.#prefix}/${item.topic}`, payload: JSON.stringify(item.payload) });
    if (retained !== undefined || item !== undefined) this.#pump();
  };

  /** What runs the model, for the retained `info` and the predictions. */
  setModel(model: ModelFacts): void {
    this.#topics.model = model;
    this.#keep('info', this.#topics.info());
    this.#pump();
  }

  /** Item events not yet at the broker. */
  get pendingCount(): number {
    return this.#outbox.size;
  }

  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** Sends what is pending for at most 2 s, then disconnects in order: the will is not sent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#retry?.cancel();
    if (this.#session !== undefined && this.#pending > 0) {
      await new Promise<void>((resolve) => {
        const giveUp = this.#deps.clock.after(DRAIN_MS, resolve);
        this.#drained = () => { giveUp.cancel(); resolve(); };
        this.#pump();
      });
    }
    if (this.#outbox.size > 0) this.#log.warn({ events: this.#outbox.size }, `${this.#outbox.size} item events never reached the broker`);
    await this.#session?.close();
    this.#session = undefined;
  }

  get #pending(): number {
    return this.#outbox.size + this.#retained.dirtyCount + this.#inFlight;
  }

  #keep(topic: string, payload: object | ''): void {
    this.#retained.set(`${this.#prefix}/${topic}`, payload === '' ? '' : JSON.stringify(payload));
  }

  async #connect(): Promise<void> {
    const { broker, openSession } = this.#deps;
    const will: BrokerMessage = { topic: `${this.#prefix}/state`, payload: JSON.stringify(this.#topics.offline()), retain: true };
    try {
      const session = await openSession({ ...broker, will, protocolVersion: this.#protocolVersion }, {
        message: (message) => this.#requested(message),
        closed: (reason) => this.#lost(reason),
      });
      if (this.#isStopped) return await session.close();
      await session.subscribe(`${this.#prefix}/request/+`);
      this.#opened(session);
    } catch (error) {
      this.#openFailed(error);
    }
  }

  #opened(session: BrokerSession): void {
    this.#session = session;
    this.#failures = 0;
    this.#inFlight = 0;
    this.#retained.markAllDirty();
    if (this.#wasDown) this.#deps.onUp?.();
    this.#wasDown = false;
    this.#log.info({ broker: this.#deps.broker.url.replace(/\/\/[^/@]*@/, '//'), mqtt: session.protocolVersion, waiting: this.#outbox.size }, `connected to the MQTT broker, ${this.#outbox.size} events waiting`);
    this.#tellDropped();
    this.#pump();
  }

  #openFailed(error: unknown): void {
    if (this.#isStopped) return;
    if (isSortlineError(error) && error.context.versionRefused === true && this.#protocolVersion === 5) {
      this.#protocolVersion = 4;
      return void this.#connect();
    }
    const isRefused = isSortlineError(error, 'MQTT_REFUSED');
    this.#down(reasonOf(error));
    const waitMs = isRefused ? REFUSED_RETRY_MS : retryDelayMs(RETRY, this.#failures++, this.#deps.random);
    this.#retry = this.#deps.clock.after(waitMs, () => void this.#connect());
  }

  #lost(reason: string): void {
    if (this.#session === undefined) return;
    this.#session = undefined;
    this.#inFlight = 0;
    this.#outbox.returnInFlight();
    if (this.#isStopped) return this.#drained?.();
    this.#down(`the connection to the MQTT broker was lost: ${reason}`);
    this.#retry = this.#deps.clock.after(retryDelayMs(RETRY, this.#failures++, this.#deps.random), () => void this.#connect());
  }

  #down(message: string): void {
    if (this.#wasDown) return;
    this.#wasDown = true;
    this.#log.warn(message);
    this.#deps.onDown?.(message);
  }

  #tellDropped(): void {
    const { predictions, outcomes } = this.#outbox.dropped;
    if (predictions + outcomes === this.#toldDropped) return;
    this.#toldDropped = predictions + outcomes;
    this.#log.warn({ predictions, outcomes }, `while the broker was away ${predictions} predictions and ${outcomes} outcomes had to be given up`);
    this.#send({ topic: `${this.#prefix}/item/dropped`, payload: JSON.stringify(this.#topics.dropped(this.#outbox.dropped)), retain: false }, () => undefined);
  }

  /** Fills the window: live state first, then the items in order. */
  #pump(): void {
    while (this.#session !== undefined && this.#inFlight < WINDOW) {
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

  #send(message: BrokerMessage, done: () => void): void {
    const session = this.#session!;
    this.#inFlight++;
    void session.publish(message).then((result) => {
      // An answer that belongs to a session that is gone was already taken back.
      if (session !== this.#session) return;
      this.#inFlight--;
      if (result.result === 'refused') this.#log.warn({ topic: message.topic, reason: result.reason }, `the broker refused a message on ${message.topic}: ${result.reason}`);
      done();
      this.#pump();
    });
  }

  #requested(message: { topic: string; payload: Uint8Array; retained: boolean }): void {
    const command = message.topic.slice(this.#prefix.length + '/request/'.length);
    void this.#desk.answer(command, message).then((answer) => {
      if (answer === undefined || this.#session === undefined) return;
      this.#send({ topic: `${this.#prefix}/response/${command}`, payload: JSON.stringify(answer), retain: false }, () => undefined);
    });
  }
}
