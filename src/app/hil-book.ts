// The book of a hardware-in-the-loop run: what was asked of the board, what it answered and reported, and what of that contradicts itself.
// It believes nothing: a report counts for the command it names, once, and only if that command was accepted.
//
//   line or test ──▶ watched link ──▶ link ──▶ board
//                        └──▶ book ◀── events
import type { Clock } from '../base/clock.ts';
import type { EncoderCounts, Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { FireCommand } from '../domain/decision.ts';
import type { CommandResult, Link, LinkEvent, LinkSink } from '../link/link.ts';

export interface CommandRecord {
  readonly command: FireCommand;
  readonly askedNs: MonotonicNs;
  /** `acked`, why it was rejected, `timed-out` or `closed`; undefined while unanswered. */
  answer: string | undefined;
  ackMs: Milliseconds | undefined;
  /** Everything the board reported about it, in order. */
  readonly reports: ({ readonly kind: 'fired'; readonly counts: EncoderCounts } | { readonly kind: 'missed'; readonly cause: string })[];
  /** The session ended before its report: none will come. */
  sessionEnded: boolean;
}

export class CommandBook {
  readonly records: CommandRecord[] = [];
  /** Reports that name no accepted command, described. */
  readonly strays: string[] = [];
  readonly #clock: Clock;
  readonly #openById = new Map<number, CommandRecord>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The link with every command noted. */
  watch(link: Link): Link {
    return {
      start: () => link.start(),
      schedule: (command) => this.#noted(command, link.schedule(command)),
      cancel: (commandId) => link.cancel(commandId),
      cancelAll: () => link.cancelAll(),
      arm: () => link.arm(),
      safe: () => link.safe(),
      get stats() { return link.stats; },
      stop: () => link.stop(),
    };
  }

  /** The sink with every report noted first. */
  listening(sink: LinkSink): LinkSink {
    return (event) => {
      this.#hear(event);
      sink(event);
    };
  }

  /** Commands that were accepted and of which nothing was heard, though they were due. */
  get unreported(): CommandRecord[] {
    return this.records.filter((record) => record.answer === 'acked' && record.reports.length === 0 && !record.sessionEnded);
  }

  async #noted(command: FireCommand, result: Promise<CommandResult>): Promise<CommandResult> {
    const record: CommandRecord = { command, askedNs: this.#clock.nowNs(), answer: undefined, ackMs: undefined, reports: [], sessionEnded: false };
    this.records.push(record);
    const before = this.#openById.get(command.commandId);
    this.#openById.set(command.commandId, record);
    const given = await result;
    record.answer = given.result === 'rejected' ? given.reason : given.result;
    record.ackMs = (this.#clock.nowNs() - record.askedNs) / NS_PER_MS;
    // The one before stands, and what the board reports is about that one.
    if (record.answer === 'duplicate' && before !== undefined) this.#openById.set(command.commandId, before);
    return given;
  }

  #hear(event: LinkEvent): void {
    if (event.kind === 'link.down') for (const record of this.#openById.values()) record.sessionEnded ||= record.reports.length === 0;
    if (event.kind === 'link.down') this.#openById.clear();
    if (event.kind === 'command.fired') this.#report(event.commandId, { kind: 'fired', counts: event.firedAtCounts });
    if (event.kind === 'command.missed') this.#report(event.commandId, { kind: 'missed', cause: event.cause });
  }

  #report(commandId: number, report: CommandRecord['reports'][number]): void {
    const record = this.#openById.get(commandId);
    const what = report.kind === 'fired' ? `fired at ${report.counts}` : `missed (${report.cause})`;
    if (record === undefined) return void this.strays.push(`command ${commandId} ${what}, which was not asked for`);
    const isRefused = record.answer !== undefined && record.answer !== 'acked' && record.answer !== 'timed-out';
    if (isRefused) return void this.strays.push(`command ${commandId} ${what}, though the board had refused it (${record.answer})`);
    if (record.reports.length > 0) this.strays.push(`command ${commandId} ${what}, though it had been reported before`);
    else record.reports.push(report);
  }
}

/** The count at which it said to have fired. */
export function firedCountsOf(record: CommandRecord): EncoderCounts | undefined {
  const [report] = record.reports;
  return report?.kind === 'fired' ? report.counts : undefined;
}
