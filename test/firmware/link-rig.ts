// The production host link and a firmware on its bench, in virtual time.
import { ManualClock } from '../../src/base/manual-clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRandom } from '../../src/base/random.ts';
import type { FireCommand } from '../../src/domain/decision.ts';
import { createLink } from '../../src/link/host-link.ts';
import type { CommandResult, Link, LinkEvent, OutputConfig } from '../../src/link/link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import type { BoardKind } from './lockstep-board.ts';
import { LockstepBoard, stepUntil } from './lockstep-board.ts';

export const ALL_OUTPUTS: readonly OutputConfig[] = Array.from({ length: 8 }, (_, output) => ({ output, maxOnMs: 200, safeOn: output === 7 }));

export class LinkRig {
  readonly clock = new ManualClock({ startNs: 1e9 });
  readonly board: LockstepBoard;
  readonly events: LinkEvent[] = [];
  readonly link: Link;
  /** Changes bytes on their way to the board, or back; as they are by default. */
  toBoard = (bytes: Uint8Array): Uint8Array => bytes;
  toHost = (bytes: Uint8Array): Uint8Array => bytes;

  constructor(kind: BoardKind, seed = 1) {
    this.board = new LockstepBoard(kind);
    this.link = createLink({
      clock: this.clock, log: silentLogger, random: createRandom(seed), outputs: ALL_OUTPUTS, options: linkTimingOptions.parse({}), baudRate: 115_200,
      sink: (event) => void this.events.push(event),
      transport: {
        description: 'bench',
        open: async (handlers) => {
          const open = await this.board.open({ ...handlers, onData: (bytes) => handlers.onData(this.toHost(bytes)) });
          return { write: (bytes) => open.write(this.toBoard(bytes)), close: () => open.close() };
        },
      },
    });
  }

  until(condition: () => boolean, limitMs = 3000): Promise<boolean> {
    return stepUntil(this.clock, this.board, limitMs, condition);
  }

  async stepMs(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  async settle<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    void promise.finally(() => { done = true; });
    if (!(await this.until(() => done, 5000))) throw new Error('not settled within 5 s');
    return promise;
  }

  /** Up, the belt turning at `countsPerSecond` while armed, and armed. */
  async arm(countsPerSecond: number): Promise<void> {
    this.board.tell('follow 1');
    this.board.tell(`speed ${countsPerSecond}`);
    this.link.start();
    if (!(await this.until(() => this.of('link.up').length > 0))) throw new Error(`not up: ${JSON.stringify(this.events)}`);
    const armed = await this.settle(this.link.arm());
    if (armed.result !== 'acked') throw new Error(`not armed: ${JSON.stringify(armed)}`);
    if (!(await this.until(() => this.of('belt.sample').length > 0))) throw new Error('no belt sample');
  }

  fire(command: FireCommand): Promise<CommandResult> {
    return this.settle(this.link.schedule(command));
  }

  of<K extends LinkEvent['kind']>(kind: K): Extract<LinkEvent, { kind: K }>[] {
    return this.events.filter((event): event is never => event.kind === kind);
  }

  async close(): Promise<void> {
    await this.link.stop();
    await this.board.stop();
  }
}
