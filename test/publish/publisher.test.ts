// The publisher against real brokers: what a real subscriber hears.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, test } from 'vitest';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { payloadSchemas } from '../../src/publish/topic-docs.ts';
import type { TopicKey } from '../../src/publish/topics.ts';
import { decided, recipeChanged, settled } from '../ledger/events.ts';
import type { TestBroker } from './brokers.ts';
import { BROKERS, freePort, hasMosquitto, hasMosquittoSub, openMosquitto } from './brokers.ts';
import type { Heard } from './listener.ts';
import { listen } from './listener.ts';
import type { TestPublisher } from './publishers.ts';
import { createPublisher, PREFIX, requestText, stateEvent, statsEvent } from './publishers.ts';

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } });
const validators = Object.fromEntries(Object.entries(payloadSchemas()).map(([key, schema]) => [key, ajv.compile(schema)]));

function expectValid(key: TopicKey, messages: readonly Heard[]): void {
  for (const { payload } of messages) expect(validators[key]!(payload), ajv.errorsText(validators[key]!.errors)).toBe(true);
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function closesLater<T extends { close(): Promise<unknown> }>(thing: T): T {
  closing.push(() => thing.close());
  return thing;
}

function started(publisher: TestPublisher): TestPublisher {
  closing.push(() => publisher.stop());
  publisher.start();
  return publisher;
}

const alarm: LineEvent = { kind: 'alarm.raised', atNs: 1, alarm: 'bin-full', subject: 'glass', message: 'glass is full', whatToDo: 'Empty it.' };
const otherAlarm: LineEvent = { kind: 'alarm.raised', atNs: 1, alarm: 'bin-full', subject: 'metal', message: 'metal is full', whatToDo: 'Empty it.' };

function retainedEvents(): LineEvent[] {
  const model = { model: 'tiny-v1', sha256: 'ab12', provider: 'cpu', unavailable: [], warmUpMs: 1, insteadOf: 'tiny:v2' };
  return [stateEvent('running'), recipeChanged(), statsEvent(), { kind: 'model.in-use', atNs: 4, model }, { kind: 'bin.state', atNs: 5, bin: 'glass', full: true, enabled: true }, alarm, otherAlarm];
}

describe.each(BROKERS.map((broker) => ({ ...broker })))('with $name', ({ open, isHere }) => {
  test.skipIf(!isHere)('every item\'s prediction and outcome comes exactly once, in order, as the schema says', async () => {
    const broker: TestBroker = closesLater(await open());
    const listener = closesLater(await listen(broker.url));
    const publisher = started(createPublisher({ url: broker.url }));
    publisher.handle({ kind: 'model.in-use', atNs: 1, model: { model: 'resnet', sha256: 'ab12', provider: 'cpu', unavailable: [], warmUpMs: 1 } });
    const items = Array.from({ length: 200 }, (_, index) => `run1-${index}`);
    for (const itemId of items) {
      publisher.handle(decided(itemId, itemId.endsWith('7') ? { material: null, bin: 'residue', reason: 'no-look' } : {}));
      publisher.handle(settled(itemId));
    }
    await listener.until((each) => each.on('item/outcome').length >= items.length);
    await publisher.stop();
    const predictions = listener.on('item/prediction');
    expect(predictions.map(({ payload }) => payload.itemId)).toEqual(items);
    expect(listener.on('item/outcome').map(({ payload }) => payload.itemId)).toEqual(items);
    const itemEvents = listener.heard.filter(({ topic }) => topic.includes('/item/'));
    expect(itemEvents.map(({ payload }) => payload.sequence)).toEqual(itemEvents.map((_, index) => index + 1));
    expect(itemEvents.some(({ retained }) => retained)).toBe(false);
    expectValid('prediction', predictions);
    expectValid('outcome', listener.on('item/outcome'));
    expect(predictions[0]!.payload).toMatchObject({ v: 1, runId: 'run1', modelSha256: 'ab12', calibrationSha256: 'ca11', eventId: 'run1/1', decision: { bin: 'glass', reason: 'recipe' }, prediction: { material: 'glass', looks: 1, probabilities: { glass: 0.9 } } });
    expect(predictions[7]!.payload).toMatchObject({ prediction: null, decision: { reason: 'no-look' } });
  });

  test.skipIf(!isHere)('who comes late finds the retained state; a cleared alarm is gone', async () => {
    const broker = closesLater(await open());
    const publisher = started(createPublisher({ url: broker.url }));
    for (const event of retainedEvents()) publisher.handle(event);
    const isComplete = (topics: string[]): boolean => ['state', 'info', 'stats', 'alarm/bin-full', 'bin/glass', 'recipe'].every((topic) => topics.includes(`${PREFIX}/${topic}`));
    const early = closesLater(await listen(broker.url));
    await early.until(({ heard }) => isComplete(heard.filter(({ text }) => text !== '').map(({ topic }) => topic)));
    const late = closesLater(await listen(broker.url));
    await late.until(({ heard }) => isComplete(heard.map(({ topic }) => topic)));
    expect(late.heard.every(({ retained }) => retained)).toBe(true);
    expect(new Set(late.heard.map(({ topic }) => topic)).size).toBe(late.heard.length);
    for (const [key, topic] of [['state', 'state'], ['info', 'info'], ['stats', 'stats'], ['alarm', 'alarm/bin-full'], ['bin', 'bin/glass'], ['recipe', 'recipe']] as const) {
      expectValid(key, late.on(topic));
    }
    expect(late.on('info')[0]!.payload.model).toEqual({ name: 'tiny-v1', sha256: 'ab12', provider: 'cpu', insteadOf: 'tiny:v2' });
    expect(late.on('alarm/bin-full')[0]!.payload.active).toMatchObject([{ subject: 'glass' }, { subject: 'metal' }]);
    publisher.handle({ kind: 'alarm.cleared', atNs: 9, alarm: 'bin-full', subject: 'glass' });
    publisher.handle({ kind: 'alarm.cleared', atNs: 9, alarm: 'bin-full', subject: 'metal' });
    await late.until((each) => each.on('alarm/bin-full').at(-1)!.text === '');
    const last = closesLater(await listen(broker.url));
    await last.until(({ heard }) => heard.length >= 5);
    expect(last.on('alarm/bin-full')).toEqual([]);
  });

  test.skipIf(!isHere)('requests are obeyed once and answered; bad ones are answered, retained ones ignored', async () => {
    const broker = closesLater(await open());
    const asked: string[] = [];
    const listener = closesLater(await listen(broker.url, `${PREFIX}/#`));
    // Left with the broker: obeying it at every connect would be a moving belt that nobody asked for.
    await listener.client.publishAsync(`${PREFIX}/request/start`, '{"id": "stale"}', { qos: 1, retain: true });
    started(createPublisher({
      url: broker.url,
      execute: async (command, by) => {
        asked.push(`${command.name} ${by.name}`);
        return command.name === 'start' ? { result: 'refused', reason: 'e-stop is active' } : { result: 'accepted' };
      },
    }));
    // The publisher subscribes before it publishes.
    await listener.until((each) => each.on('info').length > 0);
    const ask = async (command: string, payload: string): Promise<Heard['payload']> => {
      const count = listener.on(`response/${command}`).length;
      await listener.client.publishAsync(`${PREFIX}/request/${command}`, payload, { qos: 1 });
      await listener.until((each) => each.on(`response/${command}`).length > count);
      return listener.on(`response/${command}`).at(-1)!.payload;
    };
    expect(await ask('ping', requestText('p1'))).toMatchObject({ id: 'p1', command: 'ping', result: 'accepted', reason: null });
    expect(await ask('start', requestText('s1', { by: 'anna' }))).toMatchObject({ id: 's1', result: 'refused', reason: 'e-stop is active' });
    expect(await ask('start', requestText('s1', { by: 'anna' }))).toMatchObject({ id: 's1', result: 'refused', reason: expect.stringContaining('repetition') });
    expect(await ask('pause', requestText('x', { force: true }))).toMatchObject({ id: 'x', command: 'pause', result: 'invalid', reason: expect.stringContaining('force') });
    expect(await ask('pause', 'not JSON')).toMatchObject({ id: null, result: 'invalid', reason: expect.stringContaining('not JSON') });
    expect(await ask('explode', requestText('e'))).toMatchObject({ command: 'unknown', result: 'invalid', reason: expect.stringContaining('there are start, pause') });
    expect(asked).toEqual(['ping unnamed', 'start anna']);
    expectValid('response', listener.heard.filter(({ topic }) => topic.includes('/response/')));
  });

  test.skipIf(!isHere)('a line that is killed is offline by its last will; one that stops in order is stopped', async () => {
    const broker = closesLater(await open());
    const listener = closesLater(await listen(broker.url, `${PREFIX}/state`));
    const child = spawn(process.execPath, [new URL('child-publisher.ts', import.meta.url).pathname, broker.url], { stdio: ['ignore', 'inherit', 'inherit'] });
    await listener.until((each) => each.on('state').at(-1)?.payload.state === 'running');
    child.kill('SIGKILL');
    await listener.until((each) => each.on('state').at(-1)!.payload.state === 'offline');
    expectValid('state', listener.on('state'));
    const publisher = createPublisher({ url: broker.url });
    publisher.start();
    publisher.handle(stateEvent('running'));
    await listener.until((each) => each.on('state').at(-1)!.payload.state === 'running');
    publisher.handle(stateEvent('stopped'));
    await publisher.stop();
    const later = closesLater(await listen(broker.url, `${PREFIX}/state`));
    await later.until((each) => each.on('state').length > 0);
    expect(later.on('state')[0]!.payload.state).toBe('stopped');
  });

  test.skipIf(!isHere)('a broker that is down at start hears everything later, in order, and the retained state', async () => {
    const port = await freePort();
    const told: string[] = [];
    let isDown: () => void;
    const down = new Promise<void>((resolve) => { isDown = resolve; });
    const publisher = started(createPublisher({ url: `mqtt://127.0.0.1:${port}`, onDown: (message) => { told.push(message); isDown(); }, onUp: () => told.push('up') }));
    for (const event of retainedEvents()) publisher.handle(event);
    for (let index = 0; index < 60; index++) publisher.handle(decided(`item${index}`));
    await down;
    const broker = closesLater(await open(port));
    const listener = closesLater(await listen(broker.url));
    await listener.until((each) => each.on('item/prediction').length === 60);
    expect(listener.on('item/prediction').map(({ payload }) => payload.sequence)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(listener.on('recipe')).toHaveLength(1);
    expect(told[0]).toContain(`mqtt://127.0.0.1:${port} cannot be reached`);
    expect(told.at(-1)).toBe('up');
  });
});

describe('Mosquitto', () => {
  test.skipIf(!hasMosquitto)('after the broker was killed and forgot everything, state and the events of the outage follow', async () => {
    const first = await openMosquitto();
    const downs: string[] = [];
    let isDown: () => void;
    const down = new Promise<void>((resolve) => { isDown = resolve; });
    const publisher = started(createPublisher({ url: first.url, onDown: (message) => { downs.push(message); isDown(); } }));
    for (const event of retainedEvents()) publisher.handle(event);
    const before = await listen(first.url);
    await before.until((each) => each.on('recipe').length > 0);
    await before.close();
    await first.close();
    await down;
    for (let index = 0; index < 30; index++) publisher.handle(decided(`item${index}`));
    const second = closesLater(await openMosquitto(first.port));
    const listener = closesLater(await listen(second.url));
    await listener.until((each) => each.on('item/prediction').length === 30 && each.on('recipe').length === 1);
    expect(listener.on('item/prediction').map(({ payload }) => payload.itemId)).toEqual(Array.from({ length: 30 }, (_, index) => `item${index}`));
    expect(downs[0]).toContain('was lost');
  });

  test.skipIf(!hasMosquitto || !hasMosquittoSub)('mosquitto_sub sees every prediction once', async () => {
    const broker = closesLater(await openMosquitto());
    const child = spawn('mosquitto_sub', ['-p', String(broker.port), '-t', `${PREFIX}/item/prediction`, '-t', 'ready', '-q', '1', '-C', '51'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    let rest = '';
    const helper = closesLater(await listen(broker.url, 'none'));
    const isListening = new Promise<void>((resolve) => {
      child.stdout.on('data', (data: Buffer) => {
        const parts = (rest + data.toString()).split('\n');
        rest = parts.pop()!;
        lines.push(...parts);
        if (lines.length > 0) resolve();
      });
    });
    // Retained, so that it answers whenever the subscription comes.
    await helper.client.publishAsync('ready', 'ready', { qos: 1, retain: true });
    await isListening;
    const publisher = started(createPublisher({ url: broker.url }));
    for (let index = 0; index < 50; index++) publisher.handle(decided(`item${index}`));
    await once(child, 'close');
    const payloads = lines.slice(1).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(payloads.map(({ itemId }) => itemId)).toEqual(Array.from({ length: 50 }, (_, index) => `item${index}`));
    for (const payload of payloads) expect(validators.prediction!(payload)).toBe(true);
  });
});
