// The cable as a serial device; the only file that knows the `serialport` package. Three ways in which opening fails have a
// remedy of their own: no device, device taken, no permission.
import { SerialPort } from 'serialport';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { failReadsOnHangUp, isPolled } from './serial-hang-up.ts';
import type { OpenTransport, Transport, TransportHandlers } from './transport.ts';

export interface SerialTransportOptions {
  /** Device file, such as /dev/ttyACM0 or a name under /dev/serial/by-id/. */
  readonly path: string;
  readonly baudRate: number;
}

export function createSerialTransport(options: SerialTransportOptions): Transport {
  return {
    description: `serial ${options.path} at ${options.baudRate} baud`,
    open: (handlers) => openPort(options, handlers),
  };
}

function openPort(options: SerialTransportOptions, handlers: TransportHandlers): Promise<OpenTransport> {
  return new Promise((resolve, reject) => {
    // lock: two programs on one board would each see half of the answers.
    const port = new SerialPort({ path: options.path, baudRate: options.baudRate, autoOpen: false, lock: true });
    let failure: unknown;
    // Before the first read, which waits for this very event and is registered later.
    port.once('open', () => { if (isPolled(port.port)) failReadsOnHangUp(port.port); });
    port.on('data', (bytes: Uint8Array) => handlers.onData(bytes));
    port.on('error', (error) => {
      // A port that cannot be read or written is no cable any more, whatever the driver still says.
      failure = error;
      if (port.isOpen) port.close(() => undefined);
    });
    port.once('close', (error: unknown) => handlers.onClose(closeReason(options.path, error ?? failure)));
    port.open((error) => {
      if (error === null || error === undefined) resolve(opened(port));
      else reject(openFailed(options, error));
    });
  });
}

function opened(port: SerialPort): OpenTransport {
  return {
    write: (bytes) => {
      if (!port.isOpen) return false;
      port.write(bytes);
      return true;
    },
    close: () => new Promise((resolve) => {
      if (!port.isOpen) return resolve();
      port.close(() => resolve());
    }),
  };
}

function closeReason(path: string, error: unknown): string {
  return error === undefined || error === null ? 'closed' : `${path} went away: ${reasonOf(error)}`;
}

function openFailed(options: SerialTransportOptions, cause: unknown): SortlineError {
  const { problem, remedy } = diagnoseOpenFailure(options.path, reasonOf(cause));
  return new SortlineError('LINK_OPEN_FAILED', `serial device ${options.path}: ${problem}. ${remedy}`, {
    context: { path: options.path, baudRate: options.baudRate, problem }, cause,
  });
}

/** What a failure to open means and what to do; `reason` is serialport's text, which is all it gives. */
export function diagnoseOpenFailure(path: string, reason: string): { problem: string; remedy: string } {
  if (/no such (file|device)|ENOENT|ENXIO|ENODEV/i.test(reason)) {
    return { problem: 'no such device', remedy: 'Plug the board in, or set link.connection.path to a name that `ls /dev/serial/by-id/` shows.' };
  }
  if (/permission denied|EACCES|EPERM|operation not permitted/i.test(reason)) {
    return { problem: 'permission denied', remedy: 'Add the user to the group of the device: `sudo usermod -aG dialout $USER`, then log in again.' };
  }
  if (/cannot lock|temporarily unavailable|busy|EAGAIN|EBUSY/i.test(reason)) {
    return { problem: 'busy: another program has it open', remedy: `Find it with \`fuser ${path}\` and end it; only one program can talk to the board.` };
  }
  return { problem: `cannot be opened: ${reason}`, remedy: 'Expected a serial device; check the path, the cable and the baud rate.' };
}
