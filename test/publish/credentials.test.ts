// Who may in: wrong and right credentials and certificates against real brokers, and that no secret is ever written down.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { brokerSettings } from '../../src/publish/broker-settings.ts';
import { openEmbeddedBroker } from '../../src/publish/embedded-broker.ts';
import type { MqttOptions } from '../../src/publish/options.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import { decided } from '../ledger/events.ts';
import { stateEvent, createPublisher, IDENTITY, PREFIX } from './publishers.ts';
import type { TestBroker } from './brokers.ts';
import { hasMosquitto, openMosquitto } from './brokers.ts';
import { listen } from './listener.ts';

const SECRET = 'correct horse battery';
const hasPasswd = spawnSync('mosquitto_passwd', ['-h']).error === undefined;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-mqtt-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Everything said about the broker until it is down or up, and how it came out. */
async function connectWith(url: string, mqtt: Partial<MqttOptions>): Promise<{ isUp: boolean; said: string }> {
  const lines: unknown[] = [];
  const write = (...parts: unknown[]): void => void lines.push(parts);
  const log: Logger = { debug: write, info: write, warn: write, error: write, child: () => log };
  const publisher = createPublisher({ url, log, mqtt, onDown: (message) => { write(message); settle(false); } });
  let settle: (isUp: boolean) => void = () => undefined;
  const outcome = new Promise<boolean>((resolve) => { settle = resolve; });
  closing.push(() => publisher.stop());
  publisher.start();
  const info: Logger['info'] = (...parts: unknown[]) => { write(...parts); settle(true); };
  log.info = info;
  return { isUp: await outcome, said: JSON.stringify(lines) };
}

function openGuardedAedes(): Promise<TestBroker> {
  return openEmbeddedBroker({ host: '127.0.0.1', port: 0, log: silentLogger, credentials: { username: 'line', password: SECRET } });
}

function openGuardedMosquitto(): Promise<TestBroker> {
  const file = join(folder, 'passwords');
  spawnSync('mosquitto_passwd', ['-c', '-b', file, 'line', SECRET]);
  return openMosquitto(undefined, ['allow_anonymous false', `password_file ${file}`]);
}

describe.each([
  { name: 'embedded broker', open: openGuardedAedes, isHere: true },
  { name: 'Mosquitto', open: openGuardedMosquitto, isHere: hasMosquitto && hasPasswd },
])('$name with a password', ({ open, isHere }) => {
  test.skipIf(!isHere)('wrong or missing credentials are named, without the password; right ones get in', async () => {
    const broker = await open();
    closing.push(() => broker.close());
    const wrong = await connectWith(broker.url, { username: 'line', password: 'wrong-secret' });
    expect(wrong.isUp).toBe(false);
    expect(wrong.said).toContain(`the broker ${broker.url} refused client sortline-hall1-east with user name line`);
    expect(wrong.said).not.toContain('wrong-secret');
    const missing = await connectWith(broker.url, { clientId: 'other' });
    expect(missing.said).toContain('refused client other with no user name');
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, `${SECRET}\n`);
    const right = await connectWith(broker.url, { username: 'line', passwordFile });
    expect(right.isUp).toBe(true);
    expect(right.said).not.toContain(SECRET);
  });
});

test('credentials in the address are used, and stay out of what is said', async () => {
  const said = await connectWith('mqtt://line:hush@127.0.0.1:1/', {});
  expect(said.isUp).toBe(false);
  expect(said.said).toContain('mqtt://127.0.0.1:1/ cannot be reached');
  expect(said.said).not.toContain('hush');
});

test('a password file that is not there is named', () => {
  const options = mqttOptions.parse({ passwordFile: '/nowhere/secret' });
  expect(() => brokerSettings(options, 'mqtt://x', IDENTITY)).toThrow(expect.objectContaining({ code: 'CONFIG_UNREADABLE', message: expect.stringContaining('/nowhere/secret') }));
});

test('the embedded broker names a port that is taken, and what to do', async () => {
  const first = await openEmbeddedBroker({ host: '127.0.0.1', port: 0, log: silentLogger });
  closing.push(() => first.close());
  const second = openEmbeddedBroker({ host: '127.0.0.1', port: first.port, log: silentLogger });
  await expect(second).rejects.toMatchObject({ code: 'MQTT_PORT_IN_USE', message: expect.stringMatching(new RegExp(`port ${first.port} .*mqtt\\.url.*mqtt\\.embedded\\.port`)) });
});

test.skipIf(!hasMosquitto)('a broker that takes the state and refuses the item events is named; the events wait', async () => {
  const file = join(folder, 'access-list');
  writeFileSync(file, ['topic readwrite #', `topic deny ${PREFIX}/item/#`, ''].join('\n'));
  const broker = await openMosquitto(undefined, ['allow_anonymous true', `acl_file ${file}`]);
  closing.push(() => broker.close());
  const told = new Promise<string>((resolve) => {
    const publisher = createPublisher({ url: broker.url, onDown: (message) => resolve(`${publisher.pendingCount} waiting: ${message}`) });
    closing.push(() => publisher.stop());
    publisher.start();
    publisher.handle(decided('a'));
  });
  expect(await told).toMatch(/^1 waiting: the broker refuses item events: .*sortline-hall1-east.*access list/);
});

describe('TLS', () => {
  test.skipIf(!hasMosquitto || !hasOpenssl)('a broker is trusted by its authority only', async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', key, '-out', certificate,
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']);
    expect(made.status).toBe(0);
    const broker = await openMosquitto(undefined, ['allow_anonymous true', `cafile ${certificate}`, `certfile ${certificate}`, `keyfile ${key}`]);
    closing.push(() => broker.close());
    const url = broker.url.replace('mqtt:', 'mqtts:');
    const tls = mqttOptions.parse({}).tls;
    const untrusted = await connectWith(url, {});
    expect(untrusted.isUp).toBe(false);
    expect(untrusted.said).toContain('is not trusted');
    expect(untrusted.said).toContain('mqtt.tls.caFile');
    const publisher = createPublisher({ url, mqtt: { tls: { ...tls, caFile: certificate } } });
    closing.push(() => publisher.stop());
    publisher.start();
    publisher.handle(stateEvent('running'));
    const listener = await listen(url, `${PREFIX}/state`, { rejectUnauthorized: false });
    closing.push(() => listener.close());
    await listener.until((each) => each.on('state').length > 0);
  });

  test.skipIf(!hasMosquitto || !hasOpenssl)('with client certificates: without one, with a wrong one and for a wrong name nobody gets in, and each is told apart', async () => {
    const at = (name: string): string => join(folder, `client-${name}.pem`);
    const openssl = (...argv: string[]): void => expect(spawnSync('openssl', argv).status, argv.join(' ')).toBe(0);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    for (const authority of ['ca', 'other-ca']) openssl('req', '-x509', ...key, '-keyout', at(`${authority}-key`), '-out', at(authority), '-subj', `/CN=${authority}`);
    const issue = (name: string, authority: string, altName?: string): void => openssl('req', '-x509', '-CA', at(authority), '-CAkey', at(`${authority}-key`), ...key, '-keyout', at(`${name}-key`), '-out', at(name),
      '-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:false', ...(altName === undefined ? [] : ['-addext', `subjectAltName=DNS:${altName}`]));
    issue('broker', 'ca', 'broker.plant');
    issue('line', 'ca');
    issue('stranger', 'other-ca');
    const broker = await openMosquitto(undefined, ['allow_anonymous true', `cafile ${at('ca')}`, `certfile ${at('broker')}`, `keyfile ${at('broker-key')}`, 'require_certificate true']);
    closing.push(() => broker.close());
    const url = broker.url.replace('mqtt:', 'mqtts:');
    const tls = { ...mqttOptions.parse({}).tls, caFile: at('ca'), serverName: 'broker.plant' };
    const line = { certFile: at('line'), keyFile: at('line-key') };
    const wrongName = await connectWith(url, { tls: { ...tls, ...line, serverName: 'elsewhere.plant' } });
    expect({ isUp: wrongName.isUp, said: wrongName.said }).toMatchObject({ isUp: false, said: expect.stringContaining('is for another name') });
    for (const own of [{}, { certFile: at('stranger'), keyFile: at('stranger-key') }]) {
      const refused = await connectWith(url, { tls: { ...tls, ...own } });
      expect({ isUp: refused.isUp, said: refused.said }).toMatchObject({ isUp: false, said: expect.stringContaining('mqtt.tls.certFile') });
    }
    expect((await connectWith(url, { tls: { ...tls, ...line } })).isUp).toBe(true);
  });
});
