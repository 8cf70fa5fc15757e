// One suite for every transport, and what each says when it cannot be opened. The serial one runs the real serialport package
// on a pair of pseudo-terminals from socat; without socat it is skipped, visibly.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { isSortlineError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { createLink } from '../../src/link/host-link.ts';
import type { Link, LinkEvent } from '../../src/link/link.ts';
import { createMemoryTransportPair } from '../../src/link/memory-transport.ts';
import { linkOptions, linkTimingOptions } from '../../src/link/options.ts';
import { createSerialTransport, diagnoseOpenFailure } from '../../src/link/serial-transport.ts';
import { createTcpTransport } from '../../src/link/tcp-transport.ts';
import type { OpenTransport, Transport } from '../../src/link/transport.ts';
import { OUTPUTS } from './host-link-rig.ts';
import { TinyBoard } from './tiny-board.ts';

const hasSocat = spawnSync('socat', ['-V']).status === 0;

/** The far end of a cable, whatever it is made of. */
interface FarEnd {
  readonly transport: Transport;
  onData: (bytes: Uint8Array) => void;
  write(bytes: Uint8Array): void;
  cut(): void;
  dispose(): Promise<void>;
}

async function memoryCable(): Promise<FarEnd> {
  const pair = createMemoryTransportPair();
  const far: FarEnd = { transport: pair.host, onData: () => undefined, write: (bytes) => void board.write(bytes), cut: () => pair.unplug('cut'), dispose: async () => undefined };
  const board = await pair.board.open({ onData: (bytes) => far.onData(bytes), onClose: () => undefined });
  return far;
}

async function tcpCable(): Promise<FarEnd> {
  let peer: Socket | undefined;
  const waiting: Uint8Array[] = [];
  const server: Server = createServer((socket) => {
    peer = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => far.onData(bytes));
    for (const bytes of waiting.splice(0)) socket.write(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const far: FarEnd = {
    transport: createTcpTransport({ host: '127.0.0.1', port, clock: systemClock }),
    onData: () => undefined,
    write: (bytes) => { if (peer === undefined) waiting.push(bytes); else peer.write(bytes); },
    cut: () => peer?.destroy(),
    dispose: () => new Promise((resolve) => { peer?.destroy(); server.close(() => resolve()); }),
  };
  return far;
}

async function ptyCable(): Promise<FarEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-pty-'));
  const path = join(folder, 'board');
  // socat owns the pty's master; its own stdin and stdout are the far end.
  const socat = spawn('socat', [`PTY,raw,echo=0,link=${path}`, 'STDIO'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => socat.once('exit', () => resolve()));
  const far: FarEnd = {
    transport: createSerialTransport({ path, baudRate: 115_200 }),
    onData: () => undefined,
    write: (bytes) => void socat.stdin.write(bytes),
    cut: () => void socat.kill(),
    dispose: async () => {
      socat.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  socat.stdin.on('error', () => undefined);
  socat.stdout.on('data', (bytes: Uint8Array) => far.onData(bytes));
  await until(() => existsSync(path) && existsSync(readlinkSync(path)));
  return far;
}

/** Polls on real time; only for processes and sockets, which no manual clock moves. */
async function until(condition: () => boolean, limitMs = 4000): Promise<void> {
  const endNs = systemClock.nowNs() + limitMs * 1e6;
  while (!condition()) {
    if (systemClock.nowNs() > endNs) throw new Error(`not within ${limitMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function messageOfOpening(transport: Transport): Promise<string> {
  const error = await transport.open({ onData: () => undefined, onClose: () => undefined }).then(() => undefined, (thrown: unknown) => thrown);
  if (!isSortlineError(error, 'LINK_OPEN_FAILED')) throw new Error(`expected LINK_OPEN_FAILED, got ${String(error)}`);
  return error.message;
}

const allBytes = Uint8Array.from({ length: 512 }, (_, index) => index & 0xff);

describe.each([
  ['memory', memoryCable, true],
  ['tcp', tcpCable, true],
  ['serial on a pty', ptyCable, hasSocat],
] as const)('%s transport', (_name, createCable, isAvailable) => {
  describe.skipIf(!isAvailable)('contract', () => {
    let far: FarEnd;
    let open: OpenTransport | undefined;
    const received: number[] = [];
    const closed: string[] = [];
    const openHost = async (): Promise<OpenTransport> => {
      open = await far.transport.open({ onData: (bytes) => void received.push(...bytes), onClose: (reason) => void closed.push(reason) });
      return open;
    };

    beforeEach(async () => {
      received.length = closed.length = 0;
      open = undefined;
      far = await createCable();
    });
    afterEach(async () => {
      await open?.close();
      await far.dispose();
    });

    it('carries every byte value both ways, unchanged and in order', async () => {
      const arrived: number[] = [];
      far.onData = (bytes) => void arrived.push(...bytes);
      const host = await openHost();
      expect(host.write(allBytes.slice())).toBe(true);
      await until(() => arrived.length >= allBytes.length);
      far.write(allBytes.slice());
      await until(() => received.length >= allBytes.length);
      expect(arrived).toEqual([...allBytes]);
      expect(received).toEqual([...allBytes]);
    });

    it('tells once when it is closed, and takes no bytes afterwards', async () => {
      const host = await openHost();
      await host.close();
      await host.close();
      expect(closed).toHaveLength(1);
      expect(host.write(Uint8Array.of(1))).toBe(false);
    });

    it('tells once when the cable is cut', async () => {
      const host = await openHost();
      host.write(Uint8Array.of(1, 2, 3));
      const arrived: number[] = [];
      far.onData = (bytes) => void arrived.push(...bytes);
      await until(() => arrived.length > 0 || closed.length > 0);
      far.cut();
      await until(() => closed.length > 0);
      expect(closed).toHaveLength(1);
      expect(closed[0]).not.toBe('');
      expect(host.write(Uint8Array.of(1))).toBe(false);
    });

    it('runs a whole link: up, armed, fired', async () => {
      const events: LinkEvent[] = [];
      const board = new TinyBoard({ clock: systemClock, write: (bytes) => far.write(bytes), countsPerSecond: 10_000 });
      far.onData = (bytes) => board.receive(bytes);
      const link: Link = createLink({
        clock: systemClock, log: silentLogger, random: createRandom(1), transport: far.transport, outputs: OUTPUTS,
        options: linkTimingOptions.parse({}), sink: (event) => void events.push(event),
      });
      link.start();
      await until(() => events.some(({ kind }) => kind === 'link.up'));
      expect(await link.arm()).toEqual({ result: 'acked' });
      const fireAtCounts = board.reading().atCount + 1000;
      expect(await link.schedule({ commandId: 3, output: 0, fireAtCounts, holdMs: 20 })).toEqual({ result: 'acked' });
      await until(() => events.some(({ kind }) => kind === 'command.fired'));
      expect(events.find(({ kind }) => kind === 'command.fired')).toEqual({ kind: 'command.fired', commandId: 3, firedAtCounts: fireAtCounts, targetCounts: fireAtCounts });
      expect(link.stats.framesInvalid).toBe(0);
      await link.stop();
      board.powerOff();
    });
  });
});

describe('memory transport with a clock', () => {
  it('delivers after its latency, and nothing into a cable plugged in anew', async () => {
    const clock = new ManualClock();
    const { host, board, unplug } = createMemoryTransportPair({ clock, latencyMs: 3 });
    const received: number[] = [];
    const handlers = { onData: (bytes: Uint8Array) => void received.push(...bytes), onClose: () => undefined };
    const sender = await host.open({ onData: () => undefined, onClose: () => undefined });
    await board.open(handlers);
    sender.write(Uint8Array.of(1));
    await clock.advanceMs(2);
    expect(received).toEqual([]);
    await clock.advanceMs(1);
    expect(received).toEqual([1]);
    sender.write(Uint8Array.of(2));
    unplug('cut');
    await board.open({ ...handlers });
    await clock.advanceMs(10);
    expect(received).toEqual([1]);
  });
});

describe('what cannot be opened says what and why', () => {
  it('no such serial device', async () => {
    const message = await messageOfOpening(createSerialTransport({ path: '/dev/sortline-none', baudRate: 115_200 }));
    expect(message).toContain('serial device /dev/sortline-none: no such device');
    expect(message).toContain('ls /dev/serial/by-id/');
  });

  it.skipIf(!hasSocat)('a serial device another program has', async () => {
    const far = await ptyCable();
    const first = await far.transport.open({ onData: () => undefined, onClose: () => undefined });
    const message = await messageOfOpening(far.transport);
    expect(message).toContain('busy: another program has it open');
    expect(message).toContain('fuser');
    await first.close();
    const again = await far.transport.open({ onData: () => undefined, onClose: () => undefined });
    await again.close();
    await far.dispose();
  });

  // Root may open anything, whatever its mode.
  it.skipIf(!hasSocat || process.getuid?.() === 0)('a serial device without permission', async () => {
    const far = await ptyCable();
    chmodSync(far.transport.description.split(' ')[1]!, 0o000);
    expect(await messageOfOpening(far.transport)).toContain('permission denied');
    await far.dispose();
  });

  // The texts that serialport 13 gives on Linux.
  it.each([
    ['Error: No such file or directory, cannot open /dev/ttyACM0', 'no such device', 'Plug the board in'],
    ['Error: Permission denied, cannot open /dev/ttyACM0', 'permission denied', 'usermod -aG dialout'],
    ['Error Resource temporarily unavailable Cannot lock port', 'busy: another program has it open', 'fuser /dev/ttyACM0'],
    ['Error: Input/output error', 'cannot be opened: Error: Input/output error', 'check the path, the cable and the baud rate'],
  ])('%s', (reason, problem, remedy) => {
    const diagnosis = diagnoseOpenFailure('/dev/ttyACM0', reason);
    expect(diagnosis.problem).toBe(problem);
    expect(diagnosis.remedy).toContain(remedy);
  });

  it('a file that is no serial device', async () => {
    const message = await messageOfOpening(createSerialTransport({ path: '/dev/null', baudRate: 115_200 }));
    expect(message).toContain('serial device /dev/null: ');
  });

  it('a TCP port where nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const message = await messageOfOpening(createTcpTransport({ host: '127.0.0.1', port, clock: systemClock }));
    expect(message).toContain(`tcp 127.0.0.1:${port}: cannot connect`);
  });
});

describe('options', () => {
  it('default to a serial device at 115200 baud and the timing of the document', () => {
    const parsed = linkOptions.parse({ connection: { kind: 'serial', path: '/dev/ttyACM0' } });
    expect(parsed.connection).toEqual({ kind: 'serial', path: '/dev/ttyACM0', baudRate: 115_200 });
    expect(parsed.timing).toMatchObject({ heartbeatMs: 50, boardTimeoutMs: 500, window: 8 });
  });

  it('refuse unknown keys and ranges', () => {
    expect(linkOptions.safeParse({ connection: { kind: 'serial', path: 'x', baud: 1 } }).success).toBe(false);
    expect(linkOptions.safeParse({ connection: { kind: 'tcp', host: 'board', port: 70_000 } }).success).toBe(false);
    expect(linkTimingOptions.safeParse({ window: 9 }).success).toBe(false);
  });
});
