// The publisher: a sink of LineEvents that tells them to an MQTT broker. Retained topics are kept as their newest payload and
// sent again at every connect; item events come from the ledger's outbox, in order, and leave it when the broker has them. A
// broker that is away, slow or deaf never holds the line up.
//
//   event ─▶ retained state ─────┐
//   ledger ─▶ outbox ─▶ drain ───┴─▶ window of messages in flight ─▶ broker session, opened again with back-off
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { ALARM_CODES } from '../domain/line-event.ts';
import type { ExecuteCommand } from '../domain/operator-command.ts';
import type { Outbox } from '../ledger/outbox.ts';
import type { OutboxRow } from '../ledger/outbox-table.ts';
import { BrokerConnection } from './broker-connection.ts';
import type { BrokerSession, OpenSession, ReceivedMessage } from './broker-session.ts';
import type { BrokerSettings } from './broker-settings.ts';
import { contractMessage, responseTopicOf } from './contract-message.ts';
import type { MqttOptions } from './options.ts';
import { OutboxDrain } from './outbox-drain.ts';
import { RequestDesk } from './request-desk.ts';
import { RetainedState } from './retained-state.ts';
import { SendWindow } from './send-window.ts';
import type { Identity, LineFacts } from './state-topics.ts';
import { StateTopics } from './state-topics.ts';
import { topicPrefix } from './topics.ts';

export interface PublisherDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly identity: Identity;
  readonly facts: LineFacts;
  readonly broker: BrokerSettings;
  readonly options: Pick<MqttOptions, 'outbox' | 'commands'>;
  /** Filled by the ledger. */
  readonly outbox: Outbox;
  readonly openSession: OpenSession;
  readonly execute: ExecuteCommand;
  /** What another system finds the line by, sent at every connect and whenever that system says on `statusTopic` that it is there. */
  readonly discovery?: { readonly statusTopic: string; readonly documents: readonly { readonly topic: string; readonly payload: string }[] } | undefined;
  /** Another view of the same topics: every retained topic, after the prefix, and its new payload. */
  readonly onRetained?: ((topic: string, payload: object | '') => void) | undefined;
  /** When the broker is lost or refuses, once per reason; and once when it is back. */
  readonly onDown?: (message: string) => void;
  readonly onUp?: () => void;
}

const DRAIN_MS = 2000;
const CLOSE_MS = 1000;
/** A broker that refuses item events is asked again after this long; they wait. */
const REFUSED_RETRY_MS = 30_000;

export class Publisher {
  readonly #deps: PublisherDeps;
  readonly #log: Logger;
  readonly #prefix: string;
  readonly #topics: StateTopics;
  readonly #retained = new RetainedState();
  readonly #drain: OutboxDrain;
  readonly #desk: RequestDesk;
  readonly #connection: BrokerConnection;
  readonly #window: SendWindow;
  #isTellingDropped = false;
  #isRefused = false;
  #drained: (() => void) | undefined;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    const { clock, identity, facts, random, broker, openSession, onDown, onUp, outbox, options } = deps;
    this.#log = deps.log.child({ room: 'publish' });
    this.#prefix = topicPrefix(identity);
    this.#topics = new StateTopics(clock, identity, facts);
    this.#window = new SendWindow({ clock, log: this.#log, onRoom: () => this.#pump() });
    this.#drain = new OutboxDrain({ clock, outbox, eventsPerSecond: options.outbox.eventsPerSecond, onReady: () => this.#pump() });
    this.#desk = new RequestDesk({ clock, log: this.#log, options: options.commands, stamp: this.#topics.stamp, execute: deps.execute });
    this.#connection = new BrokerConnection({
      clock, log: this.#log, random, broker, openSession, onDown, onUp,
      will: () => ({ topic: `${this.#prefix}/state`, payload: JSON.stringify(this.#topics.offline()), retain: true }),
      opened: (session) => this.#opened(session),
      lost: () => this.#lost(),
      message: (message) => this.#received(message),
    });
    this.#keep('info', this.#topics.info(outbox.stream));
    // A run that was killed left its alarms with the broker.
    for (const alarm of ALARM_CODES) this.#keep(`alarm/${alarm}`, '');
    for (const { topic, payload } of deps.discovery?.documents ?? []) this.#retained.set(topic, payload);
  }

  /** Begins to connect; never throws for a broker that is away. */
  start(): void {
    this.#deps.outbox.onAdded = () => this.#pump();
    this.#connection.start();
    this.#window.start();
  }

  /** The sink. Costs some microseconds and never throws. */
  readonly handle = (event: LineEvent): void => {
    const retained = this.#topics.of(event, this.#deps.outbox);
    for (const { topic, payload } of retained) this.#keep(topic, payload);
    if (retained.length > 0) this.#pump();
  };

  /** Item events not yet at the broker. */
  get pendingCount(): number {
    return this.#deps.outbox.size;
  }

  get isConnected(): boolean {
    return this.#connection.session !== undefined;
  }

  /** Sends what is pending for at most 2 s, then disconnects in order: the will is not sent. What is left waits in the ledger. */
  async stop(): Promise<void> {
    this.#window.stop();
    const session = this.#connection.stop();
    if (session !== undefined && this.#pending > 0) await this.#drainOut();
    this.#deps.outbox.onAdded = () => undefined;
    this.#drain.close();
    const left = this.pendingCount;
    if (left > 0) this.#log.warn({ events: left }, `${left} item events are not at the broker yet; they wait in the ledger for the next start`);
    const current = this.#connection.session;
    if (current === undefined) return;
    // A broker that acknowledges nothing does not let go in order either.
    await Promise.race([current.close(), delay(this.#deps.clock, CLOSE_MS).then(() => current.abort())]);
  }

  get #pending(): number {
    return this.pendingCount + this.#retained.dirtyCount + this.#window.inFlight;
  }

  #drainOut(): Promise<void> {
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
    this.#deps.onRetained?.(topic, payload);
    this.#retained.set(`${this.#prefix}/${topic}`, payload === '' ? '' : JSON.stringify(payload));
  }

  #opened(session: BrokerSession): void {
    this.#window.opened(session);
    this.#retained.markAllDirty();
    this.#log.info({ mqtt: session.protocolVersion, waiting: this.pendingCount }, `connected to the MQTT broker, ${this.pendingCount} events waiting`);
    const { discovery } = this.#deps;
    // Without the right to be asked it still publishes.
    for (const filter of [`${this.#prefix}/request/+`, ...(discovery === undefined ? [] : [discovery.statusTopic])]) {
      session.subscribe(filter).catch((error: unknown) => this.#log.warn(reasonOf(error)));
    }
    this.#pump();
  }

  #lost(): void {
    this.#window.lost();
    this.#isTellingDropped = this.#isRefused = false;
    this.#drain.returnInFlight();
    this.#drained?.();
  }

  /** Fills the window: what was given up, then live state, then the items in order. */
  #pump(): void {
    while (this.#window.hasRoom) {
      if (this.#tellDropped()) continue;
      const job = this.#retained.take();
      if (job !== undefined) {
        this.#window.send(contractMessage({ ...job, retain: true }), () => this.#retained.done(job));
        continue;
      }
      const row = this.#drain.next();
      if (row === undefined) break;
      this.#sendRow(row);
    }
    if (this.#pending === 0) this.#drained?.();
  }

  #sendRow(row: OutboxRow): void {
    const eventId = `${this.#deps.outbox.stream}/${row.sequence}`;
    this.#window.send(contractMessage({ topic: `${this.#prefix}/item/${row.kind}`, payload: row.payload, retain: false, eventId }), (result) => {
      if (result.result === 'refused' && result.because === 'rights') return this.#refused(result.reason);
      this.#drain.done(row);
      if (!this.#isRefused) return;
      this.#isRefused = false;
      this.#deps.onUp?.();
    });
  }

  /** The broker lets us in, but not publish: as much a person's matter as a wrong password. */
  #refused(reason: string): void {
    this.#drain.hold(REFUSED_RETRY_MS);
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#deps.onDown?.(`the broker refuses item events: ${reason}. They wait; allow ${this.#deps.broker.clientId} to publish under ${this.#prefix}/ in the broker's access list.`);
  }

  #tellDropped(): boolean {
    const { dropped } = this.#deps.outbox;
    if (dropped === undefined || this.#isTellingDropped) return false;
    this.#isTellingDropped = true;
    this.#log.warn({ ...dropped }, `${dropped.predictions} predictions and ${dropped.outcomes} outcomes had to be given up: too many waited for the broker`);
    this.#window.send(contractMessage({ topic: `${this.#prefix}/item/dropped`, payload: JSON.stringify(this.#topics.dropped(dropped)), retain: false }), () => {
      this.#deps.outbox.toldDropped(dropped);
      this.#isTellingDropped = false;
    });
    return true;
  }

  #received(message: ReceivedMessage): void {
    const { discovery } = this.#deps;
    if (message.topic === discovery?.statusTopic) {
      if (Buffer.from(message.payload).toString() === 'online') this.#rediscover(discovery.documents);
      return;
    }
    const command = message.topic.slice(this.#prefix.length + '/request/'.length);
    void this.#desk.answer(command, message).then((answer) => {
      if (answer === undefined || !this.isConnected) return;
      const topic = responseTopicOf(message, `${this.#prefix}/response/${command}`, this.#prefix);
      this.#window.send(contractMessage({ topic, payload: JSON.stringify(answer), retain: false, correlationData: message.correlationData }), () => undefined);
    });
  }

  #rediscover(documents: readonly { readonly topic: string; readonly payload: string }[]): void {
    for (const { topic, payload } of documents) this.#retained.set(topic, payload);
    this.#pump();
  }
}
