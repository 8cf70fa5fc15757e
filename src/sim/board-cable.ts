// The cable between twin and host, with a plug that can be pulled. Three make: in memory (here), a pseudo-terminal
// (pty-cable.ts), TCP (tcp-cable.ts). The board opens its end once per plugging in; the host opens the other end as it
// would open any transport.
import type { Clock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { createMemoryTransportPair } from '../link/memory-transport.ts';
import type { Transport } from '../link/transport.ts';

export interface BoardCable {
  /** For logs: what the host must open. */
  readonly description: string;
  /** The board's end; opened after `plug`. */
  readonly board: Transport;
  /** Makes the host's end exist. Throws SETUP_INCOMPLETE or LINK_OPEN_FAILED. */
  plug(): Promise<void>;
  /** Takes both ends away; whoever has one open hears `onClose`. */
  unplug(): Promise<void>;
}

export interface MemoryCable extends BoardCable {
  /** The host's end; LINK_OPEN_FAILED while unplugged. */
  readonly host: Transport;
}

export function createMemoryCable(options: { clock?: Clock; latencyMs?: number } = {}): MemoryCable {
  const pair = createMemoryTransportPair(options);
  let isPlugged = false;
  return {
    description: 'memory',
    board: pair.board,
    host: {
      description: pair.host.description,
      open: async (handlers) => {
        if (isPlugged) return pair.host.open(handlers);
        throw new SortlineError('LINK_OPEN_FAILED', 'the memory cable to the twin is unplugged: plug it in or start the twin first');
      },
    },
    plug: async () => { isPlugged = true; },
    unplug: async () => {
      if (!isPlugged) return;
      isPlugged = false;
      pair.unplug('cable unplugged');
    },
  };
}
