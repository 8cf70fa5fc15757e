// The cable to the board: the real one of the config, or the one to the board twin.
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import { createSerialTransport } from '../link/serial-transport.ts';
import { createTcpTransport } from '../link/tcp-transport.ts';
import type { Transport } from '../link/transport.ts';
import type { BoardCable } from '../sim/board-cable.ts';
import { createMemoryCable } from '../sim/board-cable.ts';
import { createPtyCable } from '../sim/pty-cable.ts';
import { createTcpCable } from '../sim/tcp-cable.ts';

export interface Connection {
  readonly transport: () => Transport;
  /** The twin's end, where the board is simulated. */
  readonly twinCable: BoardCable | undefined;
  /** Bits per second where the wire is a UART. */
  readonly baudRate: number | undefined;
  close(): Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

export function openConnection(connection: Config['link']['connection'], clock: Clock): Connection {
  switch (connection.kind) {
    case 'serial':
      return { transport: () => createSerialTransport(connection), twinCable: undefined, baudRate: connection.baudRate, close: nothing };
    case 'tcp':
      return { transport: () => createTcpTransport({ ...connection, clock }), twinCable: undefined, baudRate: undefined, close: nothing };
    case 'twin':
      return openTwinConnection(connection.via, clock);
  }
}

function openTwinConnection(via: 'pty' | 'tcp' | 'memory', clock: Clock): Connection {
  if (via === 'memory') {
    const cable = createMemoryCable();
    return { transport: () => cable.host, twinCable: cable, baudRate: undefined, close: nothing };
  }
  if (via === 'tcp') {
    const cable = createTcpCable({ port: 0 });
    return { transport: () => createTcpTransport({ host: '127.0.0.1', port: cable.port, clock }), twinCable: cable, baudRate: undefined, close: nothing };
  }
  const cable = createPtyCable({ clock });
  return {
    transport: () => createSerialTransport({ path: cable.hostPath, baudRate: 115_200 }), twinCable: cable, baudRate: undefined,
    close: () => cable.remove(),
  };
}
