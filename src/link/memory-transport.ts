// Two transports whose bytes arrive at each other: a cable in memory, for the simulator and for tests.
import type { Clock } from '../base/clock.ts';
import type { OpenTransport, Transport, TransportHandlers } from './transport.ts';

export interface MemoryTransportPair {
  readonly host: Transport;
  readonly board: Transport;
  /** Pulls the cable: both open ends close with this reason. They may be opened again. */
  unplug(reason: string): void;
}

/**
 * A pair that keeps order and loses nothing. Without a clock bytes arrive in a microtask; with one, after `latencyMs`.
 * Bytes written while the other end is not open are lost, as on a cable.
 */
export function createMemoryTransportPair(options: { clock?: Clock; latencyMs?: number } = {}): MemoryTransportPair {
  const ends: [End, End] = [{ handlers: undefined }, { handlers: undefined }];
  const deliver = (work: () => void): void => {
    if (options.clock === undefined || !options.latencyMs) queueMicrotask(work);
    else options.clock.after(options.latencyMs, work);
  };
  return {
    host: transportOf({ description: 'memory (host end)', end: ends[0], other: ends[1], deliver }),
    board: transportOf({ description: 'memory (board end)', end: ends[1], other: ends[0], deliver }),
    unplug: (reason) => { for (const end of ends) closeEnd(end, reason); },
  };
}

interface End {
  handlers: TransportHandlers | undefined;
}

function closeEnd(end: End, reason: string): void {
  const handlers = end.handlers;
  end.handlers = undefined;
  handlers?.onClose(reason);
}

function transportOf(options: { description: string; end: End; other: End; deliver: (work: () => void) => void }): Transport {
  const { description, end, other, deliver } = options;
  const open = (handlers: TransportHandlers): OpenTransport => {
    end.handlers = handlers;
    return {
      write: (bytes) => {
        if (end.handlers !== handlers) return false;
        const receiver = other.handlers;
        // A cable plugged in anew does not deliver what was written into the old one.
        if (receiver !== undefined) deliver(() => { if (other.handlers === receiver) receiver.onData(bytes); });
        return true;
      },
      close: async () => {
        if (end.handlers === handlers) closeEnd(end, 'closed');
      },
    };
  };
  return { description, open: async (handlers) => open(handlers) };
}
