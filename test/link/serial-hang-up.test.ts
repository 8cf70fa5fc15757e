// A read that begins after the cable was pulled: on a real pseudo-terminal whose other end is gone, without serialport, whose
// poller usually tells first.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { PolledDevice } from '../../src/link/serial-hang-up.ts';
import { failReadsOnHangUp } from '../../src/link/serial-hang-up.ts';

const hasSocat = spawnSync('socat', ['-V']).status === 0;

function deviceOn(fd: number | null): PolledDevice & { waiting: ((error: Error | null) => void)[]; fd: number | null } {
  const waiting: ((error: Error | null) => void)[] = [];
  const device = { fd, waiting, poller: { once: (_event: 'readable', callback: (error: Error | null) => void) => waiting.push(callback) }, read: () => Promise.reject(new Error('not replaced')) };
  failReadsOnHangUp(device);
  return device;
}

it.skipIf(!hasSocat)('waits while the cable is quiet, gives what comes, and fails once the other end is gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-hang-up-'));
  const path = join(folder, 'board');
  const socat = spawn('socat', [`PTY,raw,echo=0,link=${path}`, 'STDIO'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exited = new Promise<void>((resolve) => socat.once('exit', () => resolve()));
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), 4000);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  const device = deviceOn(fd);

  const first = device.read(Buffer.alloc(16), 4, 8);
  await vi.waitFor(() => expect(device.waiting).toHaveLength(1), 4000);
  socat.stdin.write(Buffer.from('abc'));
  // What the poller does when there is something to read.
  const nudge = setInterval(() => device.waiting.splice(0).forEach((tell) => tell(null)), 5);
  const { buffer, bytesRead } = await first;
  expect(buffer.subarray(4, 4 + bytesRead).toString()).toBe('abc');

  socat.kill();
  await exited;
  await expect(device.read(Buffer.alloc(16), 0, 16)).rejects.toThrow(/hung up/);
  clearInterval(nudge);
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

it('ends as cancelled when the port was closed, which is no failure', async () => {
  await expect(deviceOn(null).read(Buffer.alloc(1), 0, 1)).rejects.toMatchObject({ message: 'Port is not open', canceled: true });
});
