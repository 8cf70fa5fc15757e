// `sortline bench --mqtt URL`: how fast the events of an outage follow to a real broker, and how late the state of the line is
// meanwhile. Ledger, outbox, publisher and MQTT client are the line's own; the items are invented.
//
//   outage: ledger fills the outbox ─▶ broker there: drained as fast as it takes them, while a state every 50 ms goes ahead
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import { openLedger } from '../ledger/ledger.ts';
import { ledgerOptions } from '../ledger/options.ts';
import { Outbox } from '../ledger/outbox.ts';
import type { BrokerSession, ProtocolVersion, SessionSettings } from '../publish/broker-session.ts';
import { createItemMessages } from '../publish/item-messages.ts';
import { openMqttSession } from '../publish/mqtt-client.ts';
import { mqttOptions } from '../publish/options.ts';
import type { BrokerSettings } from '../publish/broker-settings.ts';
import { Publisher } from '../publish/publisher.ts';
import { topicPrefix } from '../publish/topics.ts';
import { inventedItem } from './invented-items.ts';
import { median } from './order-statistics.ts';

export interface MqttBenchReport {
  readonly events: number;
  readonly eventsPerSecond: number;
  /** From the line's change of state to a subscriber that hears it, while the outbox drained. */
  readonly stateDelayMs: { readonly median: number; readonly max: number; readonly count: number };
  /** Putting an event into ledger and outbox, µs. */
  readonly writeMicrosPerEvent: number;
  readonly protocolVersion: ProtocolVersion;
}

export interface MqttBenchOptions {
  /** Settings of the broker, as the line has them; the client id and the topics are the measurement's own. */
  readonly broker: BrokerSettings;
  readonly events: number;
  readonly clock: Clock;
  onProgress(what: string): void;
}

const STATE_PERIOD_MS = 50;
const GIVE_UP_S = 300;
const RETAINED = ['info', 'state', 'recipe', 'stats'];
const NO_FACTS = { versions: {}, calibrationSha256: null, configSchema: {}, capabilities: { commands: [], views: [] }, actuators: [] };

/** Throws MQTT_REFUSED and MQTT_UNAVAILABLE. */
export async function benchMqtt({ broker, events, clock, onProgress }: MqttBenchOptions): Promise<MqttBenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-mqtt-bench-'));
  const runId = `bench-${createRandom(Math.round(clock.wallMs()) % 2 ** 31).integer(0, 1e9)}`;
  const identity = { site: 'bench', line: runId, runId };
  const options = mqttOptions.parse({ outbox: { eventsPerSecond: 100_000, maxEvents: Math.max(1000, 2 * events) }, commands: { allow: [] } });
  const outbox = new Outbox({ maxEvents: options.outbox.maxEvents, maxBytes: Number.MAX_SAFE_INTEGER }, silentLogger);
  const ledger = openLedger({
    clock, log: silentLogger, options: ledgerOptions.parse({ path: join(folder, 'ledger.sqlite') }), run: { runId, line: runId },
    publishing: { outbox, messageOf: createItemMessages({ clock, runId, calibrationSha256: runId }) },
  });
  const publisher = new Publisher({
    clock, log: silentLogger, random: createRandom(1), identity, facts: NO_FACTS, outbox, options,
    broker: { ...broker, clientId: `sortline-${runId}` }, openSession: openMqttSession, execute: async () => ({ result: 'refused', reason: 'a measurement' }),
  });
  const states = new StateDelays(clock);
  const { session, protocolVersion } = await openAny({ ...broker, clientId: `sortline-${runId}-hears` }, (payload) => states.heard(payload));
  try {
    await session.subscribe(`${topicPrefix(identity)}/state`);
    onProgress(`writing ${events} events, as through an outage`);
    const fillStartNs = clock.nowNs();
    for (let item = 0; 2 * item < events; item++) {
      for (const event of inventedItem(`${runId}-${item}`, clock.nowNs(), createRandom(item))) if (event.kind !== 'item.look') ledger.handle(event);
      if (item % 500 === 0) ledger.flush();
    }
    ledger.flush();
    const waiting = outbox.size;
    const writeMicrosPerEvent = ((clock.nowNs() - fillStartNs) / waiting) / 1000;
    onProgress('draining them');
    publisher.start();
    const stating = clock.every(STATE_PERIOD_MS, () => publisher.handle({ kind: 'line.state', atNs: clock.nowNs(), state: 'running', reason: states.next(), by: 'bench' }));
    const seconds = await drained(publisher, clock);
    stating.cancel();
    await delay(clock, 2 * STATE_PERIOD_MS);
    return { events: waiting, eventsPerSecond: waiting / seconds, stateDelayMs: states.summary(), writeMicrosPerEvent, protocolVersion };
  } finally {
    await publisher.stop();
    for (const topic of RETAINED) await session.publish({ topic: `${topicPrefix(identity)}/${topic}`, payload: '', retain: true });
    await session.close();
    ledger.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds from the connect until the broker has everything. */
async function drained(publisher: Publisher, clock: Clock): Promise<number> {
  const openedNs = clock.nowNs();
  let startedNs: MonotonicNs | undefined;
  while (publisher.pendingCount > 0) {
    if (publisher.isConnected) startedNs ??= clock.nowNs();
    if (clock.nowNs() - openedNs > GIVE_UP_S * NS_PER_S) throw new SortlineError('MQTT_UNAVAILABLE', `the broker did not take the events within ${GIVE_UP_S} s: ${publisher.pendingCount} still wait`);
    await delay(clock, 2);
  }
  return (clock.nowNs() - (startedNs ?? openedNs)) / NS_PER_S;
}

async function openAny(settings: BrokerSettings, heard: (payload: string) => void): Promise<{ session: BrokerSession; protocolVersion: ProtocolVersion }> {
  const open = (protocolVersion: ProtocolVersion): Promise<BrokerSession> => {
    const full: SessionSettings = { ...settings, protocolVersion, will: { topic: `sortline/bench/${settings.clientId}`, payload: '', retain: false } };
    return openMqttSession(full, { message: ({ payload }) => heard(Buffer.from(payload).toString()), closed: () => undefined });
  };
  const session = await open(5).catch(() => open(4));
  return { session, protocolVersion: session.protocolVersion };
}

/** When each state was said, and how long it took to be heard. */
class StateDelays {
  readonly #clock: Clock;
  readonly #saidNs = new Map<string, MonotonicNs>();
  readonly #delaysMs: number[] = [];
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): string {
    const name = `measured ${++this.#count}`;
    this.#saidNs.set(name, this.#clock.nowNs());
    return name;
  }

  heard(payload: string): void {
    const saidNs = payload === '' ? undefined : this.#saidNs.get(String((JSON.parse(payload) as { reason?: unknown }).reason));
    if (saidNs !== undefined) this.#delaysMs.push((this.#clock.nowNs() - saidNs) / NS_PER_MS);
  }

  summary(): MqttBenchReport['stateDelayMs'] {
    if (this.#delaysMs.length === 0) return { median: Number.NaN, max: Number.NaN, count: 0 };
    return { median: median(this.#delaysMs), max: Math.max(...this.#delaysMs), count: this.#delaysMs.length };
  }
}
