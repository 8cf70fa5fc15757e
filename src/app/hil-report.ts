// The report of a hardware-in-the-loop run: plain data for JSON, and JUnit XML for CI. The page for people is hil-page.ts.
import type { ActuatorOptions } from '../actuate/options.ts';
import { escapedMarkup } from '../base/markup-text.ts';
import type { HilCheck } from './hil-checks.ts';
import { quantile } from './hil-checks.ts';
import type { ItemsResult } from './hil-items.ts';
import type { HilProfile } from './hil-profile.ts';
import type { RunFacts } from './hil-verdict.ts';
import { countErrorsOf } from './hil-verdict.ts';

/** The timing of one actuator; lists are in the order of the run. */
export interface ActuatorTiming {
  readonly actuator: string;
  readonly output: number;
  readonly commands: number;
  readonly fired: number;
  readonly ackMs: readonly number[];
  /** By the board's own reports, counts. */
  readonly countErrors: readonly number[];
  /** From the encoder edge to the pin, µs, as observed; empty where nobody does. */
  readonly afterEdgeUs: readonly number[];
}

export interface HilReport {
  readonly startedIso: string;
  readonly board: string;
  readonly firmware: string | undefined;
  readonly passed: boolean;
  readonly checks: readonly HilCheck[];
  readonly items: ItemsResult | undefined;
  readonly commands: { readonly asked: number; readonly accepted: number; readonly fired: number; readonly wrong: number; readonly ackMsMedian: number; readonly ackMsP99: number };
  readonly actuators: readonly ActuatorTiming[];
  readonly profile: HilProfile;
}

export interface ReportFacts {
  readonly startedIso: string;
  readonly board: string;
  readonly firmware: string | undefined;
  readonly checks: readonly HilCheck[];
  readonly facts: RunFacts;
  readonly items: ItemsResult | undefined;
  readonly profile: HilProfile;
  readonly actuators: readonly ActuatorOptions[];
}

export function reportOf({ facts, actuators, ...rest }: ReportFacts): HilReport {
  const { records, pins, strays } = facts;
  const accepted = records.filter(({ answer }) => answer === 'acked');
  const ackMs = accepted.map((record) => record.ackMs!);
  return {
    ...rest,
    passed: rest.checks.every(({ passed }) => passed),
    commands: {
      asked: records.length, accepted: accepted.length, fired: countErrorsOf(records).length, wrong: strays.length + (pins?.wrong.length ?? 0),
      ackMsMedian: quantile(ackMs, 0.5), ackMsP99: quantile(ackMs, 0.99),
    },
    actuators: actuators.map(({ id, output }) => {
      const own = records.filter(({ command }) => command.output === output);
      return {
        actuator: id, output, commands: own.length, fired: countErrorsOf(own).length,
        ackMs: own.flatMap((record) => (record.answer === 'acked' ? [record.ackMs!] : [])), countErrors: countErrorsOf(own),
        afterEdgeUs: pins?.pulses.flatMap((pulse) => (pulse.output === output && pulse.afterEdgeUs !== undefined ? [pulse.afterEdgeUs] : [])) ?? [],
      };
    }),
  };
}

/** JUnit XML as CI servers read it: one test case per check. */
export function junitOf({ startedIso, board, checks }: HilReport): string {
  const failures = checks.filter(({ passed }) => !passed).length;
  const seconds = checks.reduce((sum, check) => sum + check.seconds, 0).toFixed(3);
  const cases = checks.map(({ id, title, passed, found, seconds: took }) => {
    const name = `classname="hil.${escaped(id)}" name="${escaped(title)}" time="${took.toFixed(3)}"`;
    return passed ? `    <testcase ${name}><system-out>${escaped(found)}</system-out></testcase>` : `    <testcase ${name}><failure message="${escaped(found)}"/></testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${checks.length}" failures="${failures}" time="${seconds}">`,
    `  <testsuite name="sortline hil ${escaped(board)}" tests="${checks.length}" failures="${failures}" errors="0" skipped="0" time="${seconds}" timestamp="${startedIso.slice(0, 19)}">`,
    ...cases, '  </testsuite>', '</testsuites>', '',
  ].join('\n');
}

/** For XML and HTML, text and attributes; what XML cannot hold becomes `?`. */
export function escaped(text: string): string {
  return escapedMarkup(text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?'));
}
