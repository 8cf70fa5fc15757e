// How the publisher keeps its connection, in virtual time.
import { beforeEach, describe, expect, test } from 'vitest';
import { SortlineError } from '../../src/base/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { decided } from '../ledger/events.ts';
import type { TestPublisher, TestPublisherOptions } from './publishers.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import { createPublisher, PREFIX, stateEvent } from './publishers.ts';
import { ScriptedBroker } from './scripted-session.ts';

let clock: ManualClock;
let broker: ScriptedBroker;
let downs: string[];
let ups: number;
beforeEach(() => {
  clock = new ManualClock();
  broker = new ScriptedBroker();
  downs = [];
  ups = 0;
});

async function start(options: Partial<TestPublisherOptions> = {}): Promise<TestPublisher> {
  const publisher = createPublisher({
    url: 'mqtt://broker', clock, openSession: broker.open, onDown: (message) => downs.push(message), onUp: () => { ups++; }, ...options,
  });
  publisher.start();
  await clock.advanceMs(0);
  return publisher;
}

const unreachable = (context: Record<string, unknown> = {}): SortlineError => new SortlineError('MQTT_UNAVAILABLE', 'cannot be reached', { context });
const itemIds = (): unknown[] => broker.session.published.filter(({ topic }) => topic === `${PREFIX}/item/prediction`).map(({ payload }) => JSON.parse(String(payload)).itemId as string);

describe('reconnecting', () => {
  test('pauses grow to 15 s, for ever, and a success makes them short again', async () => {
    broker.refusals.push(...Array.from({ length: 20 }, () => unreachable()));
    await start();
    const attemptsAfter = async (ms: number): Promise<number> => {
      await clock.advanceMs(ms);
      return broker.attempts.length;
    };
    expect(await attemptsAfter(249)).toBe(2);
    expect(await attemptsAfter(20_000)).toBeLessThan(11);
    expect(await attemptsAfter(15_000 * 15)).toBe(21);
    expect(downs).toEqual(['cannot be reached']);
    expect(ups).toBe(1);
    broker.session.events.closed('reset');
    expect(await attemptsAfter(250)).toBe(22);
    expect({ downs: downs.length, ups }).toEqual({ downs: 2, ups: 2 });
  });

  test('a refusal is told again when the reason changes, and retried slowly', async () => {
    const refused = new SortlineError('MQTT_REFUSED', 'wrong password');
    broker.refusals.push(unreachable(), refused, refused);
    await start();
    await clock.advanceMs(29_000);
    expect(broker.attempts).toHaveLength(2);
    expect(downs).toEqual(['cannot be reached', 'wrong password']);
    await clock.advanceMs(62_000);
    expect(broker.attempts).toHaveLength(4);
    expect({ downs, ups }).toEqual({ downs: ['cannot be reached', 'wrong password'], ups: 1 });
  });

  test('a broker without MQTT 5 gets 3.1.1 at once, and keeps getting it', async () => {
    broker.refusals.push(unreachable({ versionRefused: true }));
    await start();
    expect(broker.attempts.map(({ protocolVersion }) => protocolVersion)).toEqual([5, 4]);
    expect(downs).toEqual([]);
    broker.session.events.closed('reset');
    await clock.advanceMs(250);
    expect(broker.attempts.at(-1)!.protocolVersion).toBe(4);
  });

  test('a session that closes while it opens is tried again', async () => {
    const publisher = await start({
      openSession: async (settings, events) => {
        const session = await broker.open(settings, events);
        if (broker.sessions.length === 1) events.closed('gone already');
        return session;
      },
    });
    expect(publisher.isConnected).toBe(false);
    await clock.advanceMs(250);
    expect(publisher.isConnected).toBe(true);
  });

  test('without the right to subscribe it still publishes', async () => {
    broker.refusesSubscriptions = true;
    const publisher = await start();
    publisher.handle(decided('a'));
    expect(itemIds()).toEqual(['a']);
  });
});

describe('events on their way', () => {
  test('at most as many as the broker asks for, and what was not acknowledged goes again, in order', async () => {
    broker.acknowledges = false;
    broker.receiveMaximum = 5;
    const publisher = await start();
    for (let index = 0; index < 10; index++) publisher.handle(decided(`item${index}`));
    expect(broker.session.unanswered).toHaveLength(5);
    // State goes first; acknowledge until the first two items are on their way, and only the second arrived.
    while (itemIds().length < 2) broker.session.unanswered.shift()!.answer({ result: 'acknowledged' }), await clock.advanceMs(0);
    const second = broker.session.unanswered.findIndex(({ message }) => String(message.payload).includes('"item1"'));
    broker.session.unanswered[second]!.answer({ result: 'acknowledged' });
    await clock.advanceMs(0);
    broker.acknowledges = true;
    broker.session.events.closed('reset');
    await clock.advanceMs(250);
    expect(itemIds()).toEqual(['item0', ...Array.from({ length: 8 }, (_, index) => `item${index + 2}`)]);
    expect(publisher.pendingCount).toBe(0);
  });

  test('a broker that pings but acknowledges nothing is left after 20 s', async () => {
    broker.acknowledges = false;
    const publisher = await start();
    publisher.handle(decided('a'));
    await clock.advanceMs(20_000);
    expect(broker.session.ended).toEqual([]);
    broker.acknowledges = true;
    await clock.advanceMs(6000);
    expect(broker.sessions[0]!.ended).toEqual(['abort no message was acknowledged for 25 s']);
    expect(itemIds()).toEqual(['a']);
    expect(publisher.pendingCount).toBe(0);
  });

  test('a message that the broker cannot take is given up', async () => {
    broker.acknowledges = false;
    const publisher = await start();
    for (const { answer } of broker.session.unanswered.splice(0)) answer({ result: 'acknowledged' });
    publisher.handle(decided('a'));
    broker.session.unanswered.shift()!.answer({ result: 'refused', because: 'message', reason: 'Packet too large' });
    await clock.advanceMs(0);
    expect(publisher.pendingCount).toBe(0);
    expect(downs).toEqual([]);
  });

  test('without the right to publish events wait, it is told once, and they are tried again', async () => {
    broker.acknowledges = false;
    const publisher = await start();
    for (const { answer } of broker.session.unanswered.splice(0)) answer({ result: 'acknowledged' });
    for (const itemId of ['a', 'b']) publisher.handle(decided(itemId));
    for (const { answer } of broker.session.unanswered.splice(0)) answer({ result: 'refused', because: 'rights', reason: 'Not authorized' });
    await clock.advanceMs(29_000);
    expect({ pending: publisher.pendingCount, sent: itemIds() }).toEqual({ pending: 2, sent: ['a', 'b'] });
    expect(downs).toEqual([expect.stringContaining('the broker refuses item events: Not authorized')]);
    broker.acknowledges = true;
    await clock.advanceMs(2000);
    expect({ pending: publisher.pendingCount, sent: itemIds(), ups }).toEqual({ pending: 0, sent: ['a', 'b', 'a', 'b'], ups: 1 });
  });

  test('a new connection tries refused events at once, and tells again where they are still refused', async () => {
    broker.acknowledges = false;
    const publisher = await start();
    for (const { answer } of broker.session.unanswered.splice(0)) answer({ result: 'acknowledged' });
    publisher.handle(decided('a'));
    const refuse = async (): Promise<void> => {
      for (const { message, answer } of broker.session.unanswered.splice(0)) answer(message.topic.includes('/item/') ? { result: 'refused', because: 'rights', reason: 'Not authorized' } : { result: 'acknowledged' });
      await clock.advanceMs(0);
    };
    await refuse();
    broker.session.events.closed('reset');
    await clock.advanceMs(250);
    expect(itemIds()).toEqual(['a']);
    await refuse();
    expect(downs).toEqual([expect.stringContaining('refuses item events'), expect.stringContaining('was lost'), expect.stringContaining('refuses item events')]);
    expect(publisher.pendingCount).toBe(1);
  });

  test('what had to be given up is told at the connect, as the number since the last time', async () => {
    broker.refusals.push(unreachable());
    const publisher = await start({ budget: { maxEvents: 10, maxBytes: 1e6 } });
    for (let index = 0; index < 25; index++) publisher.handle(decided(`item${index}`));
    await clock.advanceMs(250);
    const dropped = (): unknown[] => broker.session.published.filter(({ topic }) => topic.endsWith('/item/dropped')).map(({ payload }) => JSON.parse(String(payload)) as unknown);
    expect(dropped()).toMatchObject([{ predictions: 15, outcomes: 0, firstSequence: 1, lastSequence: 15 }]);
    expect(itemIds()).toHaveLength(10);
    broker.refusals.push(unreachable());
    broker.session.events.closed('reset');
    for (let index = 0; index < 12; index++) publisher.handle(decided(`more${index}`));
    await clock.advanceMs(1000);
    expect(dropped()).toMatchObject([{ predictions: 2, firstSequence: 26, lastSequence: 27 }]);
  });

  test('a backlog follows at the rate that is set, and live state goes ahead of it', async () => {
    broker.refusals.push(unreachable());
    const outbox = { ...mqttOptions.parse({}).outbox, eventsPerSecond: 100 };
    const publisher = await start({ mqtt: { outbox } });
    for (let index = 0; index < 500; index++) publisher.handle(decided(`item${index}`));
    await clock.advanceMs(250);
    await clock.advanceMs(1000);
    expect(itemIds().length).toBeGreaterThan(90);
    expect(itemIds().length).toBeLessThan(110);
    const before = broker.session.published.length;
    publisher.handle(stateEvent('paused'));
    expect(JSON.parse(String(broker.session.published[before]!.payload))).toMatchObject({ state: 'paused' });
    await clock.advanceMs(5000);
    expect(itemIds()).toEqual(Array.from({ length: 500 }, (_, index) => `item${index}`));
  });
});

describe('stopping', () => {
  test('what is pending is sent first, then the session is closed in order', async () => {
    broker.acknowledges = false;
    const publisher = await start();
    publisher.handle(stateEvent('stopped'));
    publisher.handle(decided('a'));
    const stopped = publisher.stop();
    for (let guard = 0; broker.session.unanswered.length > 0 && guard < 100; guard++) {
      broker.session.unanswered.shift()!.answer({ result: 'acknowledged' });
      await clock.advanceMs(0);
    }
    await stopped;
    expect(itemIds()).toEqual(['a']);
    expect(broker.session.ended).toEqual(['close']);
  });

  test('it ends within 3 s whatever the broker does', async () => {
    broker.acknowledges = false;
    broker.closesNever = true;
    const publisher = await start();
    publisher.handle(decided('a'));
    let isStopped = false;
    void publisher.stop().then(() => { isStopped = true; });
    await clock.advanceMs(2900);
    expect(isStopped).toBe(false);
    await clock.advanceMs(200);
    expect(isStopped).toBe(true);
    expect(broker.session.ended).toEqual(['close', 'abort']);
  });

  test('a connect under way is closed when it comes', async () => {
    const publisher = createPublisher({ url: 'mqtt://broker', clock, openSession: broker.open });
    publisher.start();
    await publisher.stop();
    await clock.advanceMs(0);
    expect(broker.session.ended).toEqual(['close']);
    expect(broker.session.published).toEqual([]);
  });
});
