// Publishers and line events for tests.
import { createRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemClock } from '../../src/base/clock.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { Outbox } from '../../src/ledger/outbox.ts';
import type { OutboxBudget } from '../../src/ledger/outbox-table.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { brokerSettings } from '../../src/publish/broker-settings.ts';
import { createItemMessages } from '../../src/publish/item-messages.ts';
import { openMqttSession } from '../../src/publish/mqtt-client.ts';
import type { MqttOptions } from '../../src/publish/options.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import type { PublisherDeps } from '../../src/publish/publisher.ts';
import { Publisher } from '../../src/publish/publisher.ts';
import type { LineFacts } from '../../src/publish/state-topics.ts';

export const IDENTITY = { site: 'hall1', line: 'east', runId: 'run1' };
export const PREFIX = 'sortline/hall1/east';
export const FACTS: LineFacts = {
  versions: { sortline: '0.1.0' }, calibrationSha256: 'ca11', configSchema: { type: 'object' }, capabilities: { commands: ['pause', 'ping'], views: [] },
  actuators: [{ id: 'jet-glass', bin: 'glass', output: 1 }],
};

export interface TestPublisherOptions extends Partial<Omit<PublisherDeps, 'broker' | 'outbox' | 'options'>> {
  readonly url: string;
  readonly mqtt?: Partial<MqttOptions>;
  readonly budget?: OutboxBudget;
  readonly ledgerPath?: string;
  readonly runId?: string;
  /** Whether an item event is in the outbox at once, or when the ledger writes next, as on a line. */
  readonly flushes?: boolean;
}

/** A publisher and the ledger whose outbox it empties. */
export interface TestPublisher extends Pick<Publisher, 'start' | 'handle' | 'pendingCount' | 'isConnected' | 'stop'> {
  readonly outbox: Outbox;
}

const EVERY_COMMAND = mqttOptions.parse({ commands: { allow: ['start', 'pause', 'set-recipe', 'enable-bin', 'acknowledge-alarm', 'note', 'snapshot', 'ping'] } }).commands;

export function createPublisher({ url, mqtt = {}, budget = { maxEvents: 100_000, maxBytes: 1e9 }, ledgerPath = ':memory:', runId = IDENTITY.runId, flushes = true, ...deps }: TestPublisherOptions): TestPublisher {
  const options = { ...mqttOptions.parse({}), commands: EVERY_COMMAND, ...mqtt };
  const { clock = systemClock } = deps;
  const outbox = new Outbox(budget, silentLogger);
  const ledger = openLedger({
    clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path: ledgerPath }, run: { runId, line: IDENTITY.line },
    publishing: { outbox, messageOf: createItemMessages({ clock, runId, calibrationSha256: 'ca11' }) },
  });
  const publisher = new Publisher({
    clock, log: silentLogger, random: createRandom(1), identity: { ...IDENTITY, runId }, facts: FACTS, openSession: openMqttSession, options, outbox,
    execute: async () => ({ result: 'accepted' }), ...deps, broker: brokerSettings(options, url, IDENTITY),
  });
  return {
    outbox,
    start: () => publisher.start(),
    handle: (event) => {
      ledger.handle(event);
      publisher.handle(event);
      if (flushes && event.kind.startsWith('item.')) ledger.flush();
    },
    get pendingCount() { return publisher.pendingCount; },
    get isConnected() { return publisher.isConnected; },
    stop: async () => {
      ledger.flush();
      await publisher.stop();
      ledger.close();
    },
  };
}

/** JSON of a request sent now. */
export function requestText(id: string, more: object = {}): string {
  return JSON.stringify({ id, atIso: new Date(systemClock.wallMs()).toISOString(), ...more });
}

export function stateEvent(state: Extract<LineEvent, { kind: 'line.state' }>['state']): LineEvent {
  return { kind: 'line.state', atNs: systemClock.nowNs(), state, reason: 'test', by: 'test' };
}

export function statsEvent(itemsSeen = 3): LineEvent {
  return {
    kind: 'line.stats', atNs: systemClock.nowNs(),
    stats: {
      itemsSeen, outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as never, framesProcessed: 10, framesDropped: 1, cropsClassified: 5,
      beltMmPerSecond: 300.5, linkRetransmissions: 0, linkRoundTripMs: undefined, overheadMsP99: 4.5,
    },
  };
}
