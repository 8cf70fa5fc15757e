// A whole hardware-in-the-loop run: the contract part on the bare link, then the line with its pictures, then the verdict over all of it.
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { createLink } from '../link/host-link.ts';
import type { LinkEvent } from '../link/link.ts';
import type { HilBoard } from './hil-board.ts';
import { CommandBook } from './hil-book.ts';
import { HilCable } from './hil-cable.ts';
import type { HilCheck } from './hil-checks.ts';
import { HilContract } from './hil-contract.ts';
import type { ItemsDeps, ItemsResult } from './hil-items.ts';
import { playItems } from './hil-items.ts';
import type { HilProfile } from './hil-profile.ts';
import { matchPulses } from './hil-pulses.ts';
import type { HilReport } from './hil-report.ts';
import { reportOf } from './hil-report.ts';
import { commandChecks, itemChecks } from './hil-verdict.ts';
import { outputsOf } from './outputs.ts';
import { StallMeter } from './stall-meter.ts';

export interface HilRunDeps {
  clock: Clock;
  log: Logger;
  config: Config;
  calibration: Calibration;
  board: HilBoard;
  profile: HilProfile;
  /** The line's part; the contract alone where absent. */
  pictures: ItemsDeps['pictures'] | undefined;
  onCheck(check: HilCheck): void;
  onProgress(itemsSettled: number): void;
}

/** Never throws for what the board does: that is what the report is about. */
export async function runHil(deps: HilRunDeps): Promise<HilReport> {
  const { clock, config, board, profile, onCheck } = deps;
  const cable = new HilCable(board.transport, clock);
  const startedIso = wallIso(clock);
  const stalls = new StallMeter(clock);
  const contract = await runContract(deps, cable);
  const contractMoves = board.moves?.length ?? 0;
  const book = new CommandBook(clock);
  let items: ItemsResult | undefined;
  const checks = [...contract.checks];
  const add = (check: HilCheck): void => { checks.push(check); onCheck(check); };
  if (deps.pictures !== undefined && contract.isUsable) {
    try {
      items = await playItems({ ...deps, pictures: deps.pictures, transport: cable, baudRate: board.baudRate, book, startCounts: contract.counts });
    } catch (error) {
      if (!isSortlineError(error)) throw error;
      add({ id: 'items.run', title: 'the line runs until all items have passed', passed: false, found: reasonOf(error), seconds: 0 });
    }
  }
  const parts = [
    { book: contract.book, moves: board.moves?.slice(0, contractMoves), cutShort: true },
    { book, moves: board.moves?.slice(contractMoves), cutShort: false },
  ];
  const found = parts.map((part) => ({ ...part, pins: part.moves === undefined ? undefined : matchPulses(part.moves, part.book.records, part) }));
  const records = parts.flatMap((part) => part.book.records);
  const facts = {
    records, strays: parts.flatMap((part) => part.book.strays), unreported: parts.flatMap((part) => part.book.unreported), busiestSecondBytes: cable.busiestSecondBytes,
    blocks: { ...cable.blocks, openings: cable.openings },
    stallMs: stalls.longestMs + board.stallMs(),
    pins: board.moves === undefined ? undefined : {
      countErrors: found.flatMap(({ pins }) => pins!.countErrors), holdErrorsMs: found.flatMap(({ pins }) => pins!.holdErrorsMs),
      pulses: found.flatMap(({ pins }) => pins!.pulses), wrong: found.flatMap(({ pins }) => pins!.wrong),
    },
  };
  stalls.stop();
  for (const check of commandChecks(facts, profile)) add(check);
  if (items !== undefined) for (const check of itemChecks(items, book.records, profile)) add(check);
  return reportOf({ startedIso, board: board.transport.description, firmware: contract.firmware, checks, facts, items, profile, actuators: config.actuators });
}

interface ContractOutcome {
  readonly checks: readonly HilCheck[];
  readonly book: CommandBook;
  readonly firmware: string | undefined;
  /** A session could be opened: the line has something to run on. */
  readonly isUsable: boolean;
  readonly counts: number;
}

async function runContract({ clock, log, config, board, profile, onCheck }: HilRunDeps, cable: HilCable): Promise<ContractOutcome> {
  const book = new CommandBook(clock);
  const events: LinkEvent[] = [];
  const outputs = outputsOf(config.actuators);
  const link = book.watch(createLink({
    clock, log, random: createRandom(randomInt(2 ** 32 - 1)), transport: cable, options: config.link.timing, outputs,
    sink: book.listening((event) => void events.push(event)), ...(board.baudRate === undefined ? {} : { baudRate: board.baudRate }),
  }));
  const contract = new HilContract({ clock, cable, book, link, events, outputs: outputs.map(({ output }) => output), timing: config.link.timing, profile, moves: board.moves, onCheck });
  const checks = await contract.run();
  await link.stop();
  const up = events.findLast((event) => event.kind === 'link.up');
  const sample = events.findLast((event) => event.kind === 'belt.sample');
  return { checks, book, firmware: up?.hello.firmware, isUsable: up !== undefined, counts: sample?.sample.counts ?? 0 };
}
