// Notices that a serial device has gone while it is being read. A device that is pulled out hangs up, and from then on a read
// gives no bytes at once (tty(4), read(2): end of file). serialport's own loop takes that for "not yet" and reads again for
// ever, a core and ever more memory with it (github.com/serialport/bindings-cpp, issue 162): the cable would never be seen to go.
import { read } from 'node:fs';
import { promisify } from 'node:util';
import { SortlineError } from '../base/errors.ts';

const readFrom = promisify(read);

/** What this needs of serialport's open device on Linux and macOS: its file and who tells when there is something to read. */
export interface PolledDevice {
  /** Descriptor, not blocking; null once closed. */
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', callback: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

/** Whether a device is read through a poller; on Windows it is not, and there a device that went fails its reads. */
export function isPolled(device: unknown): device is PolledDevice {
  return typeof device === 'object' && device !== null && 'poller' in device && 'fd' in device;
}

/** Puts a read in place of the device's own that fails with "hung up" at the end of file; the stream then closes the port. */
export function failReadsOnHangUp(device: PolledDevice): void {
  device.read = async (buffer, offset, length) => {
    for (;;) {
      if (device.fd === null) throw Object.assign(new Error('Port is not open'), { canceled: true });
      const result = await readFrom(device.fd, buffer, offset, length, null).catch(unlessNotYet);
      if (result?.bytesRead === 0) throw new SortlineError('LINK_OPEN_FAILED', 'the device hung up: it was unplugged, or lost its power');
      if (result !== undefined) return { buffer, bytesRead: result.bytesRead };
      await becomesReadable(device);
    }
  };
}

function unlessNotYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'EAGAIN' && error.code !== 'EINTR') throw error;
}

function becomesReadable(device: PolledDevice): Promise<void> {
  return new Promise((resolve, reject) => {
    if (device.fd === null) return resolve();
    device.poller.once('readable', (error) => (error === null ? resolve() : reject(error)));
  });
}
