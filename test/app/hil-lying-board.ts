// A board for tests of the hardware-in-the-loop run: the twin's firmware on a cable in memory, and what can be put between its intent and
// its words or pins. Its belt turns while its relay is closed.
import { createRandom } from '../../src/base/random.ts';
import type { ManualClock } from '../../src/base/manual-clock.ts';
import type { HilBoard } from '../../src/app/hil-board.ts';
import type { PinMove } from '../../src/app/hil-pulses.ts';
import type { OpenTransport } from '../../src/link/transport.ts';
import type { BoardMessage } from '../../src/link/messages.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { createMemoryCable } from '../../src/sim/board-cable.ts';
import { BoardFirmware } from '../../src/sim/board-firmware.ts';

const COUNTS_PER_SECOND = 1750;

export interface Lie {
  /** What it says instead of a reliable message; as often as `say` is called. */
  says?(message: BoardMessage, say: (message: BoardMessage) => void): void;
  /** What its pins do instead. */
  moves?(move: PinMove, make: (move: PinMove) => void): void;
  /** Bytes it sends on its own, every 5 ms. */
  chatter?(): Uint8Array;
  /** Changes the board before it starts. */
  bends?(board: BoardFirmware): void;
}

export async function startBoard(clock: ManualClock, lie: Lie = {}): Promise<HilBoard> {
  const cable = createMemoryCable({ clock, latencyMs: 1 });
  const motion = new BeltMotion({ atNs: clock.nowNs(), counts: 0 });
  const moves: PinMove[] = [];
  let open: OpenTransport | undefined;
  const make = (move: PinMove): void => void moves.push(move);
  const moved = (pin: number | 'relay', on: boolean, atNs: number): void => {
    const move = { pin, on, counts: Math.floor(motion.countsAt(atNs) + 1e-3), us: atNs / 1000, afterEdgeUs: undefined, heardNs: clock.nowNs() };
    if (lie.moves === undefined) make(move);
    else lie.moves(move, make);
  };
  const board: BoardFirmware = new BoardFirmware({
    clock, motion, random: createRandom(5), write: (bytes) => void open?.write(bytes),
    options: { outputCount: 8, queueDepth: 16, window: 8, countsPerMetre: 5000, maxCountsPerSecond: 20_000, firmware: 'liar 1', tickPpm: 20, bootTicks: 0 },
    onRelay: (closed) => {
      motion.setSpeed(closed ? COUNTS_PER_SECOND : 0, clock.nowNs(), 50);
      moved('relay', closed, clock.nowNs());
    },
    onOutput: (output, active, atNs) => moved(output, active, atNs),
  });
  const say = board.stream.sendReliable.bind(board.stream);
  const { says } = lie;
  if (says !== undefined) board.stream.sendReliable = (message, onAcked) => says(message, (instead) => say(instead, onAcked));
  lie.bends?.(board);
  const chatter = lie.chatter === undefined ? undefined : clock.every(5, () => void open?.write(lie.chatter!()));
  const plugIn = async (): Promise<void> => {
    await cable.plug();
    open = await cable.board.open({ onData: (bytes) => board.stream.receive(bytes), onClose: () => void clock.after(1, () => void plugIn()) });
  };
  await plugIn();
  return {
    transport: cable.host, baudRate: undefined, moves, stallMs: () => 0,
    close: async () => {
      chatter?.cancel();
      board.close();
    },
  };
}
