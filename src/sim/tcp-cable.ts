// The twin behind a TCP port, for a host on another machine or in another process. One host at a time: a second one is
// turned away, as a serial device would be busy.
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { OpenTransport, TransportHandlers } from '../link/transport.ts';
import type { BoardCable } from './board-cable.ts';

export interface TcpCable extends BoardCable {
  /** The port that hosts connect to; known once plugged in. */
  readonly port: number;
}

/** Bytes a host may leave unread before it is taken for gone. */
const BACKLOG_LIMIT_BYTES = 64 * 1024;

/** `port` 0 takes a free one at the first plugging in and keeps it. */
export function createTcpCable(options: { host?: string; port?: number } = {}): TcpCable {
  return new ListeningCable(options.host ?? '127.0.0.1', options.port ?? 0);
}

class ListeningCable implements TcpCable {
  readonly board = { description: 'tcp (board end)', open: async (handlers: TransportHandlers): Promise<OpenTransport> => this.#open(handlers) };
  readonly #host: string;
  #port: number;
  #server: Server | undefined;
  #socket: Socket | undefined;
  #handlers: TransportHandlers | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  get description(): string {
    return `tcp ${this.#host}:${this.#port}`;
  }

  plug(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (cause) => reject(new SortlineError('LINK_OPEN_FAILED', `the twin cannot listen on ${this.#host}:${this.#port}: ${reasonOf(cause)}. Choose another port`, {
        context: { host: this.#host, port: this.#port }, cause,
      })));
      server.listen(this.#port, this.#host, () => {
        const address = server.address();
        if (address !== null && typeof address === 'object') this.#port = address.port;
        resolve();
      });
    });
  }

  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => void server.close(() => resolve()));
    this.#handlers?.onClose('unplugged');
    this.#handlers = undefined;
  }

  #open(handlers: TransportHandlers): OpenTransport {
    this.#handlers = handlers;
    return {
      // Without a host the bytes go nowhere, as on a wire.
      write: (bytes) => {
        if (this.#handlers !== handlers) return false;
        if (this.#socket?.writable === true) this.#socket.write(bytes);
        if (this.#socket !== undefined && this.#socket.writableLength > BACKLOG_LIMIT_BYTES) this.#socket.destroy();
        return true;
      },
      close: async () => {
        if (this.#handlers === handlers) await this.unplug();
      },
    };
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#socket !== undefined) return void socket.destroy();
    this.#socket = socket;
    socket.on('data', (bytes) => this.#handlers?.onData(bytes));
    socket.once('close', () => { if (this.#socket === socket) this.#socket = undefined; });
  }
}
