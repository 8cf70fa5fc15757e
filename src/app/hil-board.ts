// The board under test: a real one on a serial port or behind TCP, the twin on a pseudo-terminal, or the reference firmware on a simulated
// processor. The last two have an observer, who sees what the pins truly did.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { createSerialTransport } from '../link/serial-transport.ts';
import { createTcpTransport } from '../link/tcp-transport.ts';
import type { Transport } from '../link/transport.ts';
import { BeltMotion } from '../sim/belt-motion.ts';
import type { TwinOptions } from '../sim/options.ts';
import { createPtyCable } from '../sim/pty-cable.ts';
import { createTwin } from '../sim/twin.ts';
import type { PinMove } from './hil-pulses.ts';
import { startSimulatedBoard } from './hil-simulated-board.ts';

export interface HilBoard {
  readonly transport: Transport;
  /** Bits per second where the wire is a UART. */
  readonly baudRate: number | undefined;
  /** Every move of a pin; grows. Undefined where nobody sees the pins. */
  readonly moves: readonly PinMove[] | undefined;
  /** How long this computer held a simulated board up at a time, ms; 0 for a real one. */
  stallMs(): number;
  close(): Promise<void>;
}

export interface HilBoardOptions {
  /** A serial device, `tcp:HOST:PORT`, `twin` or `atmega328p`. */
  readonly port: string;
  readonly baudRate: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of a simulated board. */
  readonly twin: TwinOptions;
}

const NS_PER_US = 1000;

/** Throws SETUP_INCOMPLETE or LINK_OPEN_FAILED for a simulated board; a real one is opened by the link, again and again. */
export async function openHilBoard(options: HilBoardOptions): Promise<HilBoard> {
  const { port, baudRate, clock } = options;
  if (port === 'twin') return openTwin(options);
  if (port === 'atmega328p') return openSimulated(options);
  const [, host, tcpPort] = /^tcp:(.+):(\d+)$/.exec(port) ?? [];
  const transport = host === undefined ? createSerialTransport({ path: port, baudRate }) : createTcpTransport({ host, port: Number(tcpPort), clock });
  return { transport, baudRate: host === undefined ? baudRate : undefined, moves: undefined, stallMs: () => 0, close: async () => undefined };
}

async function openSimulated({ clock, twin, baudRate }: HilBoardOptions): Promise<HilBoard> {
  const moves: PinMove[] = [];
  const board = await startSimulatedBoard({ clock, countsPerSecond: twin.beltMmPerSecond * twin.countsPerMm, onMove: (move) => moves.push(move) });
  return { transport: createSerialTransport({ path: board.path, baudRate }), baudRate, moves, stallMs: () => board.longestStallMs, close: () => board.close() };
}

async function openTwin({ clock, log, twin: options, baudRate }: HilBoardOptions): Promise<HilBoard> {
  const moves: PinMove[] = [];
  const cable = createPtyCable({ clock });
  const motion = new BeltMotion({ atNs: clock.nowNs(), counts: 0 });
  const twin = createTwin({
    clock, log, motion, cable, options, random: createRandom(Math.floor(clock.nowNs()) >>> 0), actuators: [], countsPerMm: options.countsPerMm,
    sink: (event) => {
      if (event.kind !== 'output' && event.kind !== 'relay') return;
      // At the exact crossing the travel may round to just below the whole count.
      const counts = Math.floor(motion.countsAt(event.atNs) + 1e-3) - twin.originCounts;
      const move = { counts, us: event.atNs / NS_PER_US, afterEdgeUs: undefined, heardNs: clock.nowNs() };
      moves.push(event.kind === 'relay' ? { ...move, pin: 'relay', on: event.closed } : { ...move, pin: event.output, on: event.active });
    },
  });
  await twin.start();
  return {
    transport: createSerialTransport({ path: cable.hostPath, baudRate }), baudRate: undefined, moves, stallMs: () => 0,
    close: async () => {
      await twin.stop();
      await cable.remove();
    },
  };
}
