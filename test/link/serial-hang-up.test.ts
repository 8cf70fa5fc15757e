// A read that begins after the cable was pulled: on a real pseudo-terminal whose other end is gone, without serialport, whose
// poller usually tells first.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { PolledDevice } from '../../src/link/serial-hang-up.ts';
import { failReadsOnHangUp } from '../../src/link/serial-hang-up.ts';
import { createPtyFolder, openPtyPair, removePtyFolder } from '../../src/sim/pty.ts';

const hasSocat = spawnSync('socat', ['-V']).status === 0;

function deviceOn(fd: number | null): PolledDevice & { waiting: ((error: Error | null) => void)[]; fd: number | null } {
  const waiting: ((error: Error | null) => void)[] = [];
  const device = { fd, waiting, poller: { once: (_event: 'readable', callback: (error: Error | null) => void) => waiting.push(callback) }, read: () => Promise.reject(new Error('not replaced')) };
  failReadsOnHangUp(device);
  return device;
}

it.skipIf(!hasSocat)('waits while the cable is quiet, gives what comes, and fails once the other end is gone', async () => {
  const folder = createPtyFolder();
  const pair = await openPtyPair(folder, systemClock);
  const fd = openSync(pair.hostPath, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  const device = deviceOn(fd);

  const first = device.read(Buffer.alloc(16), 4, 8);
  await vi.waitFor(() => expect(device.waiting).toHaveLength(1), 4000);
  writeFileSync(pair.boardPath, 'abc');
  // What the poller does when there is something to read.
  const nudge = setInterval(() => device.waiting.splice(0).forEach((tell) => tell(null)), 5);
  const { buffer, bytesRead } = await first;
  expect(buffer.subarray(4, 4 + bytesRead).toString()).toBe('abc');

  await pair.close();
  await expect(device.read(Buffer.alloc(16), 0, 16)).rejects.toThrow(/hung up/);
  clearInterval(nudge);
  closeSync(fd);
  removePtyFolder(folder);
});

it('ends as cancelled when the port was closed, which is no failure', async () => {
  await expect(deviceOn(null).read(Buffer.alloc(1), 0, 1)).rejects.toMatchObject({ message: 'Port is not open', canceled: true });
});
