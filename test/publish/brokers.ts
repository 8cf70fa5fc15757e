// Real brokers for tests, each on a port of its own: the embedded one in this process, and Mosquitto where it is installed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { openEmbeddedBroker } from '../../src/publish/embedded-broker.ts';

export interface TestBroker {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** Debian puts the broker in sbin, which not every PATH has. */
const MOSQUITTO = ['mosquitto', '/usr/sbin/mosquitto'].find((command) => spawnSync(command, ['-h']).error === undefined);
export const hasMosquitto = MOSQUITTO !== undefined;
export const hasMosquittoSub = spawnSync('mosquitto_sub', ['--help']).error === undefined;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function openAedes(port = 0): Promise<TestBroker> {
  return openEmbeddedBroker({ host: '127.0.0.1', port, log: silentLogger });
}

/** `config`: lines after the listener's. What a listener has not taken yet is kept, however much: by default the 1001st message is dropped. */
export async function openMosquitto(port?: number, config: readonly string[] = ['allow_anonymous true']): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-mosquitto-'));
  const listenPort = port ?? await freePort();
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, ['user root', 'log_dest stderr', 'log_type information', 'log_type error', 'max_queued_messages 0', `listener ${listenPort} 127.0.0.1`, ...config, ''].join('\n'));
  const child = spawn(MOSQUITTO!, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes(' running')) resolve();
    });
    child.on('exit', () => reject(new Error(`mosquitto ended: ${said}`)));
  });
  // Read on, so that the pipe does not fill, but not kept: searched again with each message, it took longer than the messages.
  child.stderr.removeAllListeners('data').resume();
  return {
    port: listenPort, url: `mqtt://127.0.0.1:${listenPort}`,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every broker that the publisher is tested with. */
export const BROKERS = [
  { name: 'embedded broker', open: openAedes, isHere: true },
  { name: 'Mosquitto', open: openMosquitto, isHere: hasMosquitto },
] as const;
