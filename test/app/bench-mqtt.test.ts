// The measurement measures what really happened. How fast a quiet machine is (2,000 events a second is promised, see
// docs/mqtt.md) is the command's to say; here the suite's other tests take their share.
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { benchMqtt } from '../../src/app/bench-mqtt.ts';
import { brokerSettings } from '../../src/publish/broker-settings.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import type { TestBroker } from '../publish/brokers.ts';
import { BROKERS } from '../publish/brokers.ts';
import { listen } from '../publish/listener.ts';

const EVENTS = 4000;
let broker: TestBroker | undefined;
afterEach(() => broker?.close());

describe.each(BROKERS)('$name', ({ open, isHere }) => {
  test.skipIf(!isHere)('takes hundreds of events a second even from a busy machine, each once, with the state heard within a second', async () => {
    broker = await open();
    const listener = await listen(broker.url, 'sortline/bench/+/item/+');
    const report = await benchMqtt({
      broker: brokerSettings(mqttOptions.parse({}), broker.url, { site: 'x', line: 'y' }), events: EVENTS, clock: systemClock, onProgress: () => undefined,
    });
    expect(report.events).toBe(EVENTS);
    expect(report.stateDelayMs.max).toBeLessThan(1000);
    expect(report.eventsPerSecond).toBeGreaterThan(300);
    await listener.until(({ heard }) => heard.length >= EVENTS);
    expect(new Set(listener.heard.map(({ payload }) => payload['eventId'])).size).toBe(EVENTS);
    const { heard: left } = await leftAt(broker.url);
    expect(left).toEqual([]);
    await listener.close();
  });
});

/** What the measurement leaves behind at the broker: nothing retained. */
async function leftAt(url: string): Promise<{ heard: unknown[] }> {
  const late = await listen(url, 'sortline/bench/#');
  await late.client.publishAsync('sortline/bench/x/marker', '{}', { qos: 1 });
  await late.until(({ heard }) => heard.length > 0);
  await late.close();
  return { heard: late.heard.filter(({ topic }) => !topic.endsWith('/marker')) };
}
