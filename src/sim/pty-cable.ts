// The twin on a real pseudo-terminal, its own end opened with the same `serialport` code as the host's: what is tested here
// is what runs on a machine.
import type { Clock } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { createSerialTransport } from '../link/serial-transport.ts';
import type { OpenTransport, Transport, TransportHandlers } from '../link/transport.ts';
import type { BoardCable } from './board-cable.ts';
import type { PtyPair } from './pty.ts';
import { createPtyFolder, openPtyPair, removePtyFolder } from './pty.ts';

export interface PtyCable extends BoardCable {
  /** Device file for the host to open; exists while plugged in. */
  readonly hostPath: string;
  /** Unplugs and removes the folder of names. */
  remove(): Promise<void>;
}

/** A pseudo-terminal has no speed; the number only has to be one that serialport accepts. */
const BAUD_RATE = 115_200;
/** Without a byte from the host for this long nobody is listening: a UART's bytes then vanish, a pty would pile them up. */
const SILENT_HOST_NS = 1000 * NS_PER_MS;

export function createPtyCable(options: { clock: Clock }): PtyCable {
  const { clock } = options;
  const dir = createPtyFolder();
  let pair: PtyPair | undefined;
  const unplug = async (): Promise<void> => {
    const open = pair;
    pair = undefined;
    await open?.close();
  };
  return {
    description: `pseudo-terminal ${dir}/host`,
    hostPath: `${dir}/host`,
    board: silentWithoutHost(createSerialTransport({ path: `${dir}/board`, baudRate: BAUD_RATE }), clock),
    plug: async () => {
      await unplug();
      pair = await openPtyPair(dir, clock);
    },
    unplug,
    remove: async () => {
      await unplug();
      removePtyFolder(dir);
    },
  };
}

function silentWithoutHost(transport: Transport, clock: Clock): Transport {
  return {
    description: transport.description,
    open: async (handlers: TransportHandlers): Promise<OpenTransport> => {
      let heardNs: MonotonicNs = clock.nowNs();
      const open = await transport.open({
        onData: (bytes) => { heardNs = clock.nowNs(); handlers.onData(bytes); },
        onClose: (reason) => handlers.onClose(reason),
      });
      return {
        write: (bytes) => (clock.nowNs() - heardNs > SILENT_HOST_NS ? true : open.write(bytes)),
        close: () => open.close(),
      };
    },
  };
}
