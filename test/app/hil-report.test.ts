// The report's three forms: nothing of what a board or a person said may break them, and every value is in one bar.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramOf, pageOf } from '../../src/app/hil-page.ts';
import { hilProfile } from '../../src/app/hil-profile.ts';
import type { HilReport } from '../../src/app/hil-report.ts';
import { junitOf } from '../../src/app/hil-report.ts';
import type { CommandRecord } from '../../src/app/hil-book.ts';
import { CommandBook } from '../../src/app/hil-book.ts';
import { matchPulses, pulsesOf } from '../../src/app/hil-pulses.ts';
import type { PinMove } from '../../src/app/hil-pulses.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { CommandResult, Link } from '../../src/link/link.ts';

const NASTY = 'a <b> & "c" \u0000 ]]> \'d\'';

const report: HilReport = {
  startedIso: '2026-11-24T20:00:00.000Z', board: NASTY, firmware: NASTY, passed: false, items: undefined, profile: hilProfile.parse({}),
  checks: [{ id: 'one', title: 'a title', passed: true, found: NASTY, seconds: 1.5 }, { id: 'two', title: NASTY, passed: false, found: NASTY, seconds: 0 }],
  commands: { asked: 2, accepted: 2, fired: 1, wrong: 1, ackMsMedian: 3, ackMsP99: 9 },
  actuators: [{ actuator: 'jet', output: 1, commands: 2, fired: 1, ackMs: [3, 9], countErrors: [0], afterEdgeUs: [] }],
};

describe('the report', () => {
  test('is JUnit XML with a case per check, whatever is in it', () => {
    const xml = junitOf(report);
    expect(xml).toContain('<testsuites tests="2" failures="1" time="1.500">');
    expect(xml.match(/<testcase /g)).toHaveLength(2);
    expect(xml.match(/<failure message="[^"<]*"\/>/g)).toHaveLength(1);
    expect(xml.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>\u0000]/);
  });

  test('is a page that says what failed, and lets nothing through as markup', () => {
    const page = pageOf(report);
    expect(page).toContain('1 of 2 checks failed');
    expect(page).not.toContain('<b>');
    expect(page.match(/<figure>/g)).toHaveLength(2);
  });

  test('every value is in exactly one bar', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })), { minLength: 1, maxLength: 200 }), (values) => {
      const bars = histogramOf(values);
      expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
      expect(bars[0]!.from).toBeLessThanOrEqual(Math.min(...values));
      expect(bars.at(-1)!.to).toBeGreaterThanOrEqual(Math.max(...values) - 1e-9);
    }));
  });
});

describe('pulses and commands', () => {
  const move = (pin: number, on: boolean, counts: number, us: number): PinMove => ({ pin, on, counts, us, afterEdgeUs: undefined, heardNs: 0 });
  const fired = (commandId: number, output: number, at: number): CommandRecord => ({
    command: { commandId, output, fireAtCounts: at, holdMs: 10 }, askedNs: 0, answer: 'acked', ackMs: 1, reports: [{ kind: 'fired', counts: at }], sessionEnded: false,
  });

  test('belong together one to one: a pulse too many, too few, or on another output is named', () => {
    const moves = [move(0, true, 100, 0), move(0, false, 117, 10_000), move(1, true, 200, 50_000), move(1, false, 217, 60_500)];
    expect(matchPulses(moves, [fired(1, 0, 100), fired(2, 1, 199)], { cutShort: false })).toMatchObject({ countErrors: [0, 1], holdErrorsMs: [0, 0.5], wrong: [] });
    expect(matchPulses(moves, [fired(1, 0, 100)], { cutShort: false }).wrong).toEqual(['output 1 switched at 200, for no command']);
    expect(matchPulses(moves, [fired(1, 0, 100), fired(2, 1, 199), fired(3, 2, 300)], { cutShort: false }).wrong).toEqual(['command 3 was reported as fired at 300, but output 2 did not switch']);
    expect(pulsesOf([move(4, true, 1, 0)])).toMatchObject([{ output: 4, onMs: Infinity }]);
  });

  test('the book counts a report only once, and only for a command that was accepted', async () => {
    const clock = new ManualClock();
    const book = new CommandBook(clock);
    const answers: CommandResult[] = [{ result: 'acked' }, { result: 'rejected', reason: 'late' }];
    const link = book.watch({ schedule: async () => answers.shift()! } as unknown as Link);
    const tell = book.listening(() => undefined);
    await link.schedule({ commandId: 1, output: 0, fireAtCounts: 10, holdMs: 1 });
    await link.schedule({ commandId: 2, output: 0, fireAtCounts: 20, holdMs: 1 });
    expect(book.unreported.map(({ command }) => command.commandId)).toEqual([1]);
    for (const commandId of [1, 1, 2, 3]) tell({ kind: 'command.fired', commandId, firedAtCounts: 10, targetCounts: 10 });
    expect(book.unreported).toEqual([]);
    expect(book.strays).toEqual([expect.stringMatching(/1 .* reported before/), expect.stringMatching(/2 .* refused it \(late\)/), expect.stringMatching(/3 .* not asked for/)]);
  });
});
