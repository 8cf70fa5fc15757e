import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRandom } from '../../src/base/random.ts';
import { checkPort } from '../../src/cli/check-port.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/schema.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { createTcpCable } from '../../src/sim/tcp-cable.ts';
import type { TwinEvent } from '../../src/sim/twin.ts';
import { createTwin } from '../../src/sim/twin.ts';

function configAt(port: number): Config {
  const config = defaultConfig();
  return { ...config, link: { connection: { kind: 'tcp', host: '127.0.0.1', port }, timing: { ...config.link.timing, helloTimeoutMs: 500, helloRepeatMs: 100 } } };
}

const closing: (() => Promise<unknown>)[] = [];

/** The simulated board behind TCP; its port. */
async function openTwin(sink: (event: TwinEvent) => unknown): Promise<number> {
  const cable = createTcpCable({ port: 0 });
  const { sim, actuators } = defaultConfig();
  const twin = createTwin({
    clock: systemClock, random: createRandom(1), log: silentLogger, motion: new BeltMotion(), actuators, countsPerMm: 5, cable,
    options: sim.twin, sink,
  });
  closing.push(() => twin.stop());
  await twin.start();
  return cable.port;
}

describe('checkPort', () => {
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  it('says which firmware answers, and leaves the board unarmed', async () => {
    const relays: boolean[] = [];
    const port = await openTwin((event) => event.kind === 'relay' && relays.push(event.closed));
    expect(await checkPort(configAt(port))).toMatch(/^tcp 127\.0\.0\.1:\d+: firmware \S+.*, protocol version 1, 8 outputs$/);
    expect(relays).not.toContain(true);
  });

  it('refuses a board with fewer outputs than are configured, by a code of its own', async () => {
    const config = configAt(await openTwin(() => undefined));
    const [actuator, ...others] = config.actuators;
    const actuators = [{ ...actuator!, output: 12 }, ...others];
    await expect(checkPort({ ...config, actuators })).rejects.toMatchObject({ code: 'LINK_OUTPUTS', message: expect.stringContaining('output 12') as unknown });
  });

  it('refuses what listens but is no board', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => void server.close(resolve)));
    await expect(checkPort(configAt((server.address() as AddressInfo).port))).rejects.toMatchObject({ code: 'LINK_OPEN_FAILED', message: expect.stringContaining('hello') as unknown });
  });

  it('has nothing to open for the simulated board', async () => {
    expect(await checkPort(defaultConfig())).toBe('simulated board over pty, nothing to open');
  });
});
