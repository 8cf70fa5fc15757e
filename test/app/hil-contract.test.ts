// The hardware-in-the-loop run against boards that keep the protocol, and against boards that lie: each lie is found, named, and
// in no check but its own.
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import type { HilBoard } from '../../src/app/hil-board.ts';
import { hilProfile } from '../../src/app/hil-profile.ts';
import type { HilReport } from '../../src/app/hil-report.ts';
import { runHil } from '../../src/app/hil-run.ts';
import { calibrationFor } from '../../src/app/calibration-for.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import { encodeFrame } from '../../src/link/frame-codec.ts';
import { build, hasAvrTools, hasCompiler } from '../firmware/firmware-build.ts';
import type { BoardKind } from '../firmware/lockstep-board.ts';
import { LockstepBoard, stepUntil } from '../firmware/lockstep-board.ts';
import type { Lie } from './hil-lying-board.ts';
import { startBoard } from './hil-lying-board.ts';

const LIMIT_MS = 60_000;

async function contractOf(clock: ManualClock, board: HilBoard, advance: (done: () => boolean) => Promise<unknown>): Promise<HilReport> {
  const config = defaultConfig();
  let report: HilReport | undefined;
  const running = runHil({
    clock, log: silentLogger, config, calibration: calibrationFor(config), board, profile: hilProfile.parse({}), pictures: undefined,
    onCheck: () => undefined, onProgress: () => undefined,
  }).then((done) => { report = done; });
  await advance(() => report !== undefined);
  await Promise.race([running, Promise.resolve()]);
  await board.close();
  return report!;
}

async function against(lie: Lie): Promise<HilReport> {
  const clock = new ManualClock({ startNs: 1e9 });
  const board = await startBoard(clock, lie);
  return contractOf(clock, board, async (done) => { for (let ms = 0; ms < LIMIT_MS && !done(); ms += 5) await clock.advanceMs(5); });
}

function failuresOf({ checks }: HilReport): string[] {
  return checks.filter(({ passed }) => !passed).map(({ id }) => id);
}

describe('a board that keeps the protocol', () => {
  test('passes every check', async () => {
    const report = await against({});
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(report).toMatchObject({ passed: true, firmware: 'liar 1', commands: { wrong: 0 } });
    expect(report.commands.fired).toBe(31);
  });
});

const random = createRandom(4);
const lies: [string, Lie, string[], RegExp][] = [
  ['acknowledges and never says that it fired', { says: (message, say) => { if (message.kind !== 'fire.fired') say(message); } }, ['fires', 'reports'], /without a report/],
  ['says it fired and moves no pin', { moves: (move, make) => { if (move.pin === 'relay') make(move); } }, ['pins'], /did not switch/],
  ['reports each shot twice', { says: (message, say) => { say(message); if (message.kind === 'fire.fired') say(message); } }, ['truthful'], /had been reported before/],
  ['fires twice', { moves: (move, make) => { make(move); if (move.pin !== 'relay' && !move.on) for (const on of [true, false]) make({ ...move, on, counts: move.counts + 60 }); } }, ['pins'], /for no command/],
  ['fires five counts late and says otherwise', { moves: (move, make) => make({ ...move, counts: move.counts + 5 }) }, ['pin-count'], /largest error 5 counts/],
  ['fires another output', { moves: (move, make) => make(move.pin === 2 ? { ...move, pin: 6 } : move) }, ['pins'], /output 6 switched .* for no command/],
  ['reports commands that nobody gave', { says: (message, say) => { say(message); if (message.kind === 'fire.fired') say({ ...message, commandId: 60_000 }); } }, ['truthful'], /60000 .* was not asked for/],
  ['sends garbage', { chatter: () => Uint8Array.from({ length: 8 }, (_, index) => (index === 7 ? 0 : random.integer(1, 255))) }, ['damage'], /damaged blocks/],
  ['floods', { chatter: () => Buffer.concat(Array.from({ length: 6 }, () => encodeFrame({ id: 0x83, session: 0, seq: 0, ack: 0, payload: new Uint8Array(0) }))) }, ['flood'], /bytes in the busiest second/],
  ['stays armed without a host', { bends: (board) => { board.machine.heartbeatLost = () => undefined; } }, ['host-silent', 'cable-pull'], /there was not the state safe/],
  ['holds fewer commands than it says', { bends: (board) => Object.defineProperty(board.machine, 'schedule', { value: limited(board) }) }, ['queue'], /holds 16 commands/],
];

/** Takes half of what its hello promises. */
function limited(board: { machine: { schedule: (message: never) => unknown; queueFree: number } }): (message: never) => unknown {
  const honest = board.machine.schedule.bind(board.machine);
  return (message) => (board.machine.queueFree <= 8 ? { code: 'queue-full' } : honest(message));
}

describe('a board that lies', () => {
  test.each(lies)('%s: is found, named and counted', async (_name, lie, expected, found) => {
    const report = await against(lie);
    expect(report.passed).toBe(false);
    expect(failuresOf(report)).toEqual(expect.arrayContaining(expected));
    expect(report.checks.filter(({ passed }) => !passed).map((check) => check.found).join('\n')).toMatch(found);
  });

  test('a board that does not answer is a failed session, and nothing else is tried', async () => {
    const report = await against({ bends: (board) => { board.stream.receive = () => undefined; } });
    expect(report.checks[0]).toMatchObject({ id: 'session', passed: false, found: expect.stringContaining('not a session (no hello from the board') });
    expect(report.firmware).toBeUndefined();
  });
});

const kinds: { kind: BoardKind; isHere: boolean }[] = [{ kind: 'host', isHere: hasCompiler }, { kind: 'atmega328p', isHere: hasAvrTools }];

describe.each(kinds)('the reference firmware on $kind', ({ kind, isHere }) => {
  test.skipIf(!isHere)('keeps the contract', async () => {
    build(kind === 'host' ? 'host' : 'bench');
    const clock = new ManualClock({ startNs: 1e9 });
    const bench = new LockstepBoard(kind);
    bench.tell('follow 1');
    bench.tell('speed 1750');
    const moves: NonNullable<HilBoard['moves']>[number][] = [];
    const board: HilBoard = { transport: bench, baudRate: 115_200, moves, stallMs: () => 0, close: () => bench.stop() };
    const report = await contractOf(clock, board, (done) => stepUntil(clock, bench, LIMIT_MS, () => {
      moves.push(...bench.moves.slice(moves.length).map(({ count, ...move }) => ({ ...move, counts: count, afterEdgeUs: undefined, heardNs: clock.nowNs() })));
      return done();
    }));
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(report.commands).toMatchObject({ fired: 31, wrong: 0 });
  }, 60_000);
});
