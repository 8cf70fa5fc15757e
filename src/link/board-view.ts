// What the host knows of the board's state and sensors, turned into events where it changed. The board reports levels; the
// line hears of changes, and of everything once after each connect.
import type { BoardState, LinkEvent, SafeCause, SensorEvent } from './link.ts';
import type { MessageOf } from './messages.ts';
import { INPUT } from './messages.ts';

export type StateReport = MessageOf<'board.state'>;

export class BoardView {
  #report: StateReport | undefined;
  readonly #outputs: readonly number[];

  /** `outputs`: the configured ones, whose bin-full sensors are looked at. */
  constructor(outputs: readonly number[]) {
    this.#outputs = outputs;
  }

  get report(): StateReport | undefined {
    return this.#report;
  }

  /** Takes a report; returns what changed since the last. */
  apply(report: StateReport): LinkEvent[] {
    const before = this.#report;
    this.#report = report;
    return before === undefined ? [] : changes(before, report, this.#outputs);
  }

  /** Everything as it is now, for a line that has just connected. */
  snapshot(): LinkEvent[] {
    return this.#report === undefined ? [] : changes(undefined, this.#report, this.#outputs);
  }
}

function changes(before: StateReport | undefined, now: StateReport, outputs: readonly number[]): LinkEvent[] {
  const events: LinkEvent[] = [];
  const sensor = (event: SensorEvent, wasActive: boolean | undefined): void => {
    if (event.active !== wasActive) events.push({ kind: 'board.sensor', event });
  };
  sensor({ sensor: 'e-stop', active: (now.inputs & INPUT.eStop) !== 0 }, before && (before.inputs & INPUT.eStop) !== 0);
  sensor({ sensor: 'jam', active: (now.inputs & INPUT.jam) !== 0 }, before && (before.inputs & INPUT.jam) !== 0);
  for (const output of outputs) {
    sensor({ sensor: 'bin-full', output, active: isBinFull(now, output) }, before && isBinFull(before, output));
  }
  if (before === undefined || before.state !== now.state || before.cause !== now.cause) {
    events.push({ kind: 'board.state', state: now.state satisfies BoardState, cause: causeOf(now) });
  }
  return events;
}

function isBinFull(report: StateReport, output: number): boolean {
  return ((report.binFull >>> output) & 1) === 1;
}

function causeOf(report: StateReport): SafeCause | undefined {
  return report.state === 'armed' || report.cause === 'none' ? undefined : report.cause;
}
