// A host link, a bad cable and a tiny board in virtual time.
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { createLink } from '../../src/link/host-link.ts';
import type { Link, LinkEvent, OutputConfig } from '../../src/link/link.ts';
import type { LinkTimingOptions } from '../../src/link/options.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import type { CableFaults } from '../../src/sim/faults/faulty-cable.ts';
import { FaultyCable } from '../../src/sim/faults/faulty-cable.ts';
import type { TinyBoardOptions } from './tiny-board.ts';
import { TinyBoard } from './tiny-board.ts';

export const OUTPUTS: readonly OutputConfig[] = [{ output: 0, maxOnMs: 200, safeOn: false }, { output: 3, maxOnMs: 1000, safeOn: true }];

export interface Rig {
  clock: ManualClock;
  cable: FaultyCable;
  board: TinyBoard;
  link: Link;
  events: LinkEvent[];
  kinds(): string[];
  of<K extends LinkEvent['kind']>(kind: K): Extract<LinkEvent, { kind: K }>[];
  /** Powers the board anew; the old one falls silent. */
  reboot(options?: Partial<TinyBoardOptions>): TinyBoard;
}

export function createRig(options: {
  seed?: number; faults?: CableFaults; board?: Partial<TinyBoardOptions>; timing?: Partial<LinkTimingOptions>; outputs?: readonly OutputConfig[]; log?: Logger;
} = {}): Rig {
  const clock = new ManualClock({ startNs: 1e12 });
  const random = createRandom(options.seed ?? 1);
  const cable = new FaultyCable({ clock, random: random.fork(1) }, options.faults ?? { latencyMs: 0.5 });
  const events: LinkEvent[] = [];
  let powered = 0;
  const power = (boardOptions: Partial<TinyBoardOptions> = {}): TinyBoard => {
    const life = ++powered;
    const board = new TinyBoard({ clock, write: (bytes) => { if (life === powered) cable.toHost(bytes); }, ...boardOptions });
    cable.toBoard = (bytes) => board.receive(bytes);
    return board;
  };
  const link = createLink({
    clock, log: options.log ?? silentLogger, random: random.fork(2), transport: cable.host, outputs: options.outputs ?? OUTPUTS,
    options: { ...linkTimingOptions.parse({}), ...options.timing },
    sink: (event) => void events.push(event),
  });
  const rig: Rig = {
    clock, cable, link, events, board: undefined as unknown as TinyBoard,
    kinds: () => events.map(({ kind }) => kind).filter((kind) => kind !== 'belt.sample'),
    of: (kind) => events.filter((event): event is never => event.kind === kind),
    reboot: (boardOptions) => {
      rig.board.powerOff();
      rig.board = power(boardOptions);
      return rig.board;
    },
  };
  rig.board = power(options.board);
  return rig;
}

/** Advances in 1 ms steps until the condition holds; false after `limitMs`. */
export async function advanceUntil(rig: Rig, limitMs: number, condition: () => boolean): Promise<boolean> {
  for (let ms = 0; ms < limitMs && !condition(); ms++) await rig.clock.advanceMs(1);
  return condition();
}

/** Settles a promise that virtual time has to move on for. */
export async function settle<T>(rig: Rig, promise: Promise<T>, limitMs = 5000): Promise<T> {
  let done = false;
  void promise.finally(() => { done = true; });
  if (!(await advanceUntil(rig, limitMs, () => done))) throw new Error(`not settled within ${limitMs} ms`);
  return promise;
}

export async function bringUp(rig: Rig, limitMs = 3000): Promise<void> {
  rig.link.start();
  if (!(await advanceUntil(rig, limitMs, () => rig.kinds().includes('link.up')))) throw new Error(`link not up within ${limitMs} ms: ${rig.kinds().join(' ')}`);
}

/** Up, armed, and the first belt sample seen. */
export async function bringUpArmed(rig: Rig, limitMs?: number): Promise<void> {
  await bringUp(rig, limitMs);
  await advanceUntil(rig, 1000, () => rig.of('belt.sample').length > 0);
  const armed = await settle(rig, rig.link.arm());
  if (armed.result !== 'acked') throw new Error(`not armed: ${JSON.stringify(armed)}`);
}
