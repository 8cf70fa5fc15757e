// A door in front of a broker, for tests: closed, it cuts every connection and takes none, as a network or a broker that is
// down; opened, it lets everything through. Its port stays the same.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export class Gate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #behind: () => number;
  #port = 0;

  /** `behind`: the broker's port now. */
  constructor(behind: () => number) {
    this.#behind = behind;
    this.#server = createServer((socket) => {
      const broker = connect(this.#behind(), '127.0.0.1');
      for (const [one, other] of [[socket, broker], [broker, socket]] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => { this.#sockets.delete(one); other.destroy(); });
        one.pipe(other);
      }
    });
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
