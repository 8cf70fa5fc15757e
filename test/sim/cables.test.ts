import { execFileSync, spawn } from 'node:child_process';
import { existsSync, rmSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { isSortlineError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRandom } from '../../src/base/random.ts';
import { createLink } from '../../src/link/host-link.ts';
import type { Link, LinkEvent } from '../../src/link/link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import { createSerialTransport } from '../../src/link/serial-transport.ts';
import { createTcpTransport } from '../../src/link/tcp-transport.ts';
import type { Transport } from '../../src/link/transport.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import type { BoardCable } from '../../src/sim/board-cable.ts';
import { createMemoryCable } from '../../src/sim/board-cable.ts';
import { twinOptions } from '../../src/sim/options.ts';
import { createPtyCable } from '../../src/sim/pty-cable.ts';
import { createTcpCable } from '../../src/sim/tcp-cable.ts';
import type { Twin } from '../../src/sim/twin.ts';
import { createTwin } from '../../src/sim/twin.ts';

const hasSocat = ((): boolean => {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

let seed = 100;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of closing.splice(0).reverse()) await close(); });

/** Link events, each of which can be waited for. */
class Ear {
  readonly events: LinkEvent[] = [];
  #wake: () => void = () => undefined;

  readonly sink = (event: LinkEvent): void => {
    this.events.push(event);
    this.#wake();
  };

  async next<K extends LinkEvent['kind']>(kind: K, fits: (event: Extract<LinkEvent, { kind: K }>) => boolean = () => true): Promise<Extract<LinkEvent, { kind: K }>> {
    for (let from = 0; ;) {
      const found = this.events.slice(from).find((event): event is Extract<LinkEvent, { kind: K }> => event.kind === kind && fits(event as never));
      if (found !== undefined) {
        this.events.splice(0, this.events.indexOf(found) + 1);
        return found;
      }
      from = this.events.length;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }
}

async function startTwin(cable: BoardCable): Promise<{ twin: Twin; motion: BeltMotion }> {
  const motion = new BeltMotion({ atNs: systemClock.nowNs(), counts: 0 });
  const twin = createTwin({
    clock: systemClock, random: createRandom(1), log: silentLogger, motion, actuators: [], countsPerMm: 5, cable,
    options: twinOptions.parse({ rampMs: 0, beltMmPerSecond: 2000 }),
  });
  await twin.start();
  closing.push(() => twin.stop());
  return { twin, motion };
}

function startLink(transport: Transport): { link: Link; ear: Ear } {
  const ear = new Ear();
  const link = createLink({
    clock: systemClock, random: createRandom(++seed), log: silentLogger, transport, outputs: [{ output: 0, maxOnMs: 100, safeOn: false }],
    options: linkTimingOptions.parse({ retryFirstMs: 20, retryMaxMs: 50 }), sink: ear.sink,
  });
  link.start();
  closing.push(() => link.stop());
  return { link, ear };
}

const cables = {
  memory: (): { cable: BoardCable; host: () => Transport } => {
    const cable = createMemoryCable();
    return { cable, host: () => cable.host };
  },
  tcp: (): { cable: BoardCable; host: () => Transport } => {
    const cable = createTcpCable();
    return { cable, host: () => createTcpTransport({ host: '127.0.0.1', port: cable.port, clock: systemClock }) };
  },
  'pseudo-terminal': (): { cable: BoardCable; host: () => Transport } => {
    const cable = createPtyCable({ clock: systemClock });
    closing.push(() => cable.remove());
    return { cable, host: () => createSerialTransport({ path: cable.hostPath, baudRate: 115_200 }) };
  },
};

describe.each(Object.keys(cables) as (keyof typeof cables)[])('twin over %s, in real time', (kind) => {
  describe.skipIf(kind === 'pseudo-terminal' && !hasSocat)(kind === 'pseudo-terminal' && !hasSocat ? 'needs socat' : 'with the real link', () => {
    test('comes up, arms, fires on the count', async () => {
      const { cable, host } = cables[kind]();
      const { twin } = await startTwin(cable);
      const { link, ear } = startLink(host());
      expect((await ear.next('link.up')).hello).toMatchObject({ protocolVersion: 1, firmware: 'sortline-twin 1', bootId: twin.bootId });
      expect(await link.arm()).toEqual({ result: 'acked' });
      const { sample } = await ear.next('belt.sample', (event) => event.sample.countsPerSecond > 9000);
      const fireAtCounts = Math.round(sample.counts) + 3000;
      expect(await link.schedule({ commandId: 1, output: 0, fireAtCounts, holdMs: 5 })).toEqual({ result: 'acked' });
      expect(await ear.next('command.fired')).toMatchObject({ commandId: 1, firedAtCounts: fireAtCounts, targetCounts: fireAtCounts });
    });

    test('unplugged and plugged in again it comes back, safe', async () => {
      const { cable, host } = cables[kind]();
      const { twin, motion } = await startTwin(cable);
      const { link, ear } = startLink(host());
      await ear.next('link.up');
      await link.arm();
      await twin.unplug();
      await ear.next('link.down');
      await twin.replug();
      expect(await ear.next('link.up')).toMatchObject({ rebooted: false });
      await ear.next('belt.sample', (event) => event.sample.countsPerSecond === 0);
      expect(twin.boardState).toBe('safe');
      expect(motion.speedAt(systemClock.nowNs())).toBe(0);
    });

    test('a host that leaves and comes back finds it', async () => {
      const { cable, host } = cables[kind]();
      await startTwin(cable);
      const first = startLink(host());
      await first.ear.next('link.up');
      await first.link.stop();
      const second = startLink(host());
      expect(await second.ear.next('link.up')).toMatchObject({ hello: { protocolVersion: 1 } });
    });
  });
});

describe.skipIf(!hasSocat)('pseudo-terminal', () => {
  test('leaves no process, no name and no folder behind', async () => {
    const cable = createPtyCable({ clock: systemClock });
    await cable.plug();
    expect(existsSync(cable.hostPath)).toBe(true);
    await cable.unplug();
    expect(existsSync(cable.hostPath)).toBe(false);
    await cable.remove();
    expect(existsSync(dirname(cable.hostPath))).toBe(false);
  });

  test('a service that is killed leaves no socat running', async () => {
    const service = fileURLToPath(new URL('./pty-victim.ts', import.meta.url));
    const child = spawn(process.execPath, [service], { stdio: ['ignore', 'pipe', 'inherit'] });
    const hostPath = await new Promise<string>((resolve) => child.stdout.once('data', (bytes: Buffer) => resolve(bytes.toString().trim())));
    expect(existsSync(hostPath)).toBe(true);
    // socat takes its names away when it ends.
    const gone = new Promise<void>((resolve) => {
      const watcher = watch(dirname(hostPath), () => { if (!existsSync(hostPath)) { watcher.close(); resolve(); } });
    });
    child.kill('SIGKILL');
    await gone;
    rmSync(dirname(hostPath), { recursive: true, force: true });
  });

  test('a socat that dies is replaced', async () => {
    const cable = createPtyCable({ clock: systemClock });
    closing.push(() => cable.remove());
    await startTwin(cable);
    const { ear } = startLink(createSerialTransport({ path: cable.hostPath, baudRate: 115_200 }));
    await ear.next('link.up');
    await cable.unplug();
    await ear.next('link.down');
    await ear.next('link.up');
  });
});

test('without socat it is named, and how to get it', async () => {
  const path = process.env['PATH'];
  const cable = createPtyCable({ clock: systemClock });
  try {
    process.env['PATH'] = '/nonexistent';
    await expect(cable.plug()).rejects.toSatisfy((error) => isSortlineError(error, 'SETUP_INCOMPLETE') && error.message.includes('apt-get install socat'));
  } finally {
    process.env['PATH'] = path;
    await cable.remove();
  }
});

test('a port that is taken is named', async () => {
  const first = createTcpCable();
  await first.plug();
  closing.push(() => first.unplug());
  await expect(createTcpCable({ port: first.port }).plug()).rejects.toSatisfy((error) => isSortlineError(error, 'LINK_OPEN_FAILED') && error.message.includes(String(first.port)));
});
