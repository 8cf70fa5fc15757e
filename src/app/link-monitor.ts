// Live traffic of a cable. Three ways to sit at it: only listening; with a session of its own, which makes a board talk and never arms it;
// or in the middle, as the port that a running line opens instead of the board's.
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { createLink } from '../link/host-link.ts';
import type { LinkTimingOptions } from '../link/options.ts';
import type { OpenTransport, Transport } from '../link/transport.ts';
import type { BoardCable } from '../sim/board-cable.ts';
import type { CapturedBytes } from './link-capture.ts';

export interface MonitorDeps {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly timing: LinkTimingOptions;
  tell(captured: CapturedBytes): void;
  /** What is no traffic: that a cable opened, closed, or could not be opened. */
  note(text: string): void;
}

export interface Monitor {
  close(): Promise<void>;
}

/** Throws LINK_OPEN_FAILED. */
export async function listenToBoard({ clock, transport, tell, note }: MonitorDeps): Promise<Monitor> {
  const open = await transport.open({ onData: (bytes) => tell({ atNs: clock.nowNs(), direction: 'in', bytes }), onClose: (reason) => note(`closed: ${reason}`) });
  return { close: () => open.close() };
}

/** Keeps a session open, unarmed; tries again for ever where the port cannot be opened. */
export function talkToBoard({ clock, transport, timing, tell, note }: MonitorDeps): Monitor {
  const link = createLink({
    clock, log: silentLogger, random: createRandom(randomInt(2 ** 32 - 1)), transport, options: timing, outputs: [],
    tap: (direction, bytes) => tell({ atNs: clock.nowNs(), direction, bytes }),
    sink: (event) => {
      if (event.kind === 'link.up') note(`session with firmware '${event.hello.firmware}'`);
      if (event.kind === 'link.down') note(`link down: ${event.reason}`);
      if (event.kind === 'link.refused') note(`refused: ${event.message}`);
    },
  });
  link.start();
  return { close: () => link.stop() };
}

/** Joins a host on `cable` with the board. Throws what either end throws. */
export async function sitBetween({ clock, transport, tell, note }: MonitorDeps, cable: BoardCable): Promise<Monitor> {
  let toBoard: OpenTransport | undefined, toHost: OpenTransport | undefined;
  const pass = (direction: CapturedBytes['direction'], bytes: Uint8Array, to: OpenTransport | undefined): void => {
    tell({ atNs: clock.nowNs(), direction, bytes });
    to?.write(bytes);
  };
  toBoard = await transport.open({ onData: (bytes) => pass('in', bytes, toHost), onClose: (reason) => note(`the board's end closed: ${reason}`) });
  try {
    await cable.plug();
    toHost = await cable.board.open({ onData: (bytes) => pass('out', bytes, toBoard), onClose: (reason) => note(`the host's end closed: ${reason}`) });
  } catch (error) {
    note(reasonOf(error));
    await toBoard.close();
    throw error;
  }
  return {
    close: async () => {
      await toHost?.close();
      await toBoard?.close();
    },
  };
}
