// The whole chain with real parts at every edge: frames of the virtual belt, OpenCV, the shipped model, decisions, commands over a real
// pseudo-terminal to the twin, and a real broker with a real client.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import { OUTCOMES } from '../../src/domain/decision.ts';
import { problemsOf } from './payload-problems.ts';
import { BROKERS, hasMosquittoSub } from '../publish/brokers.ts';
import type { TestBroker } from '../publish/brokers.ts';
import { listen } from '../publish/listener.ts';
import type { Listener } from '../publish/listener.ts';
import { RunningLine } from './running-line.ts';

const ITEMS = 6;
const LIMIT = { timeout: 60_000 };

const opened: { line?: RunningLine; broker?: TestBroker; listener?: Listener } = {};

afterEach(async () => {
  opened.line?.remove();
  await opened.listener?.close();
  await opened.broker?.close();
});

/** Jets closer together than the default's, so that an item is through sooner. */
const JETS = ['cardboard', 'glass', 'metal', 'paper', 'plastic'].map((bin, index) => `{id: jet-${bin}, bin: ${bin}, output: ${index}, offsetMm: ${1200 + 100 * index}}`);

function config(url: string, itemCount: number): string {
  return [
    `actuators: [${JETS.join()}]`,
    `mqtt: {url: "${url}"}`,
    'line: {site: plant, id: e2e, start: auto}',
    'log: {level: info, format: json}',
    `sim: {world: {itemsPerSecond: 2.5, itemCount: ${itemCount}, seed: 11, leadInMm: 500}, twin: {beltMmPerSecond: 600}}`,
  ].join('\n');
}

/** What `mosquitto_sub` prints of the predictions, one line each, once it has seen as many as there are items. */
async function mosquittoSub(port: number): Promise<string[]> {
  const client = spawn('mosquitto_sub', ['-p', String(port), '-q', '1', '-t', 'sortline/plant/e2e/item/prediction', '-C', String(ITEMS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let seen = '';
  client.stdout.on('data', (data: Buffer) => { seen += data.toString(); });
  await once(client, 'close');
  return seen.trim().split('\n');
}

describe.each(BROKERS)('a running line with $name', ({ open, isHere }) => {
  test.skipIf(!isHere)('publishes every item once, valid, in order, and counts the same in its ledger', LIMIT, async () => {
    const broker = (opened.broker = await open());
    const listener = (opened.listener = await listen(broker.url, 'sortline/plant/e2e/#'));
    const monitor = hasMosquittoSub ? mosquittoSub(broker.port) : undefined;
    const line = (opened.line = new RunningLine(config(broker.url, ITEMS)));
    await listener.until(() => listener.on('item/outcome').length >= ITEMS);
    expect(await line.end('SIGINT')).toBe(0);
    await listener.until(() => listener.on('state').at(-1)?.payload['state'] === 'stopped');

    for (const topic of ['item/prediction', 'item/outcome'] as const) {
      const ids = listener.on(topic).map(({ payload }) => payload['itemId']);
      expect(ids).toHaveLength(ITEMS);
      expect(new Set(ids).size).toBe(ITEMS);
    }
    expect(listener.heard.filter(({ text }) => text !== '').flatMap(problemsOf)).toEqual([]);
    const sequences = listener.heard.filter(({ topic }) => topic.includes('/item/')).map(({ payload }) => payload['sequence']);
    expect(sequences).toEqual(Array.from({ length: 2 * ITEMS }, (_, index) => index + 1));

    expect(await monitor ?? listener.on('item/prediction').map(({ text }) => text)).toEqual(listener.on('item/prediction').map(({ text }) => text));

    const ledger = new DatabaseSync(join(line.folder, 'ledger.db'), { readOnly: true });
    const published = Object.groupBy(listener.on('item/outcome'), ({ payload }) => String(payload['outcome']));
    for (const outcome of OUTCOMES) {
      const { n } = ledger.prepare('SELECT count(*) AS n FROM items WHERE outcome = ?').get(outcome) as { n: number };
      expect({ outcome, n }).toEqual({ outcome, n: published[outcome]?.length ?? 0 });
    }
    ledger.close();
    expect(line.output).toContain(`items seen ${ITEMS}\n`);
    // The log is asked for as JSON: whoever reads it is no person.
    const logged = line.standardOutput.trimEnd().split('\n').map((entry) => JSON.parse(entry) as { msg: string });
    expect(logged.at(-1)!.msg).not.toBe('');
  });
});

describe('a running line whose vision process is killed', () => {
  test('is back within 5 s, and every item has its one outcome', LIMIT, async () => {
    const [embedded] = BROKERS;
    const broker = (opened.broker = await embedded.open());
    const listener = (opened.listener = await listen(broker.url, 'sortline/plant/e2e/#'));
    const line = (opened.line = new RunningLine(config(broker.url, 10_000)));
    await listener.until(() => listener.on('item/prediction').length >= 3);
    const [pid] = line.visionPids();
    const killedAtNs = process.hrtime.bigint();
    process.kill(pid!, 'SIGKILL');
    await listener.until(() => listener.on('alarm/vision-down').some(({ text }) => text !== ''));
    await listener.until(() => listener.on('alarm/vision-down').at(-1)?.text === '');
    expect(Number(process.hrtime.bigint() - killedAtNs) / 1e9).toBeLessThan(5);
    expect(line.visionPids()).not.toContain(pid);
    const predictedBefore = listener.on('item/prediction').length;
    await listener.until(() => listener.on('item/prediction').length > predictedBefore);
    expect(await line.end('SIGHUP')).toBe(0);
    await listener.until(() => listener.on('state').at(-1)?.payload['state'] === 'stopped');
    const ledger = new DatabaseSync(join(line.folder, 'ledger.db'), { readOnly: true });
    const { open, all } = ledger.prepare('SELECT count(*) AS "all", sum(outcome IS NULL) AS open FROM items').get() as { open: number; all: number };
    expect({ open, isAny: all > 3 }).toEqual({ open: 0, isAny: true });
    expect(listener.on('item/outcome')).toHaveLength(all);
    ledger.close();
  });
});
