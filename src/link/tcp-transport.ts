// The cable as a TCP connection: a serial server, or the twin on another machine.
import { connect } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { OpenTransport, Transport, TransportHandlers } from './transport.ts';

const CONNECT_TIMEOUT_MS = 5000;

export function createTcpTransport(options: { host: string; port: number; clock: Clock }): Transport {
  const description = `tcp ${options.host}:${options.port}`;
  return { description, open: (handlers) => openSocket(options, handlers, description) };
}

function openSocket(options: { host: string; port: number; clock: Clock }, handlers: TransportHandlers, description: string): Promise<OpenTransport> {
  return new Promise((resolve, reject) => {
    // A frame is one small write that must leave at once.
    const socket = connect({ host: options.host, port: options.port, noDelay: true });
    let opened = false;
    let failure: unknown;
    const timer = options.clock.after(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)));
    const closed = new Promise<void>((done) => {
      socket.once('close', () => {
        timer.cancel();
        if (opened) handlers.onClose(failure === undefined ? 'connection closed' : reasonOf(failure));
        else reject(openFailed(description, failure));
        done();
      });
    });
    socket.on('error', (error) => { failure = error; });
    socket.on('data', (bytes) => handlers.onData(bytes));
    socket.once('connect', () => {
      opened = true;
      timer.cancel();
      resolve({
        write: (bytes) => {
          if (socket.destroyed || !socket.writable) return false;
          socket.write(bytes);
          return true;
        },
        close: async () => {
          socket.destroy();
          await closed;
        },
      });
    });
  });
}

function openFailed(description: string, cause: unknown): SortlineError {
  const message = `${description}: cannot connect: ${reasonOf(cause)}. Expected a board or serial server listening there; check address, port and network.`;
  return new SortlineError('LINK_OPEN_FAILED', message, { context: { transport: description }, cause });
}
