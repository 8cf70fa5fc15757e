// Publishers and line events for tests.
import { createRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemClock } from '../../src/base/clock.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { brokerSettings } from '../../src/publish/broker-settings.ts';
import { openMqttSession } from '../../src/publish/mqtt-client.ts';
import type { MqttOptions } from '../../src/publish/options.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import type { PublisherDeps } from '../../src/publish/publisher.ts';
import { Publisher } from '../../src/publish/publisher.ts';

export const IDENTITY = { site: 'hall1', line: 'east', runId: 'run1', versions: { sortline: '0.1.0' } };
export const PREFIX = 'sortline/hall1/east';

export interface TestPublisherOptions extends Partial<Omit<PublisherDeps, 'broker'>> {
  readonly url: string;
  readonly mqtt?: Partial<MqttOptions>;
}

export function createPublisher({ url, mqtt = {}, ...deps }: TestPublisherOptions): Publisher {
  const options = { ...mqttOptions.parse({}), ...mqtt };
  return new Publisher({
    clock: systemClock, log: silentLogger, random: createRandom(1), identity: IDENTITY, queue: options.queue, openSession: openMqttSession,
    onRequest: async () => ({ accepted: true }), ...deps, broker: brokerSettings(options, url, IDENTITY),
  });
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
