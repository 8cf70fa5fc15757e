// What the numbers of a hardware-in-the-loop run say: one check per promise, over every command of the run.
import { few, largest, quantile } from './hil-checks.ts';
import type { HilCheck } from './hil-checks.ts';
import type { CommandRecord } from './hil-book.ts';
import { firedCountsOf } from './hil-book.ts';
import type { ItemsResult } from './hil-items.ts';
import type { HilProfile } from './hil-profile.ts';
import type { PulseFindings } from './hil-pulses.ts';

export interface RunFacts {
  readonly records: readonly CommandRecord[];
  readonly strays: readonly string[];
  readonly unreported: readonly CommandRecord[];
  /** Undefined where nobody observes the pins. */
  readonly pins: PulseFindings | undefined;
  readonly busiestSecondBytes: number;
  /** From the board, over all openings of the cable. */
  readonly blocks: { readonly frames: number; readonly damaged: number; readonly openings: number };
  /** How long this computer held up the host, and a simulated board, at worst one after the other, ms. */
  readonly stallMs: number;
}

/** Of every part of the run. */
export function commandChecks({ records, strays, unreported, pins, busiestSecondBytes, blocks, stallMs }: RunFacts, profile: HilProfile): HilCheck[] {
  const unanswered = records.filter(({ answer }) => answer === undefined || answer === 'timed-out');
  const errors = countErrorsOf(records);
  const checks = [
    check('pace', 'this computer kept pace', stallMs <= profile.maxStallMs, `held up for ${stallMs.toFixed(0)} ms at most; allowed are ${profile.maxStallMs}${stallMs > profile.maxStallMs ? ': what else failed may be its fault, not the board\'s; run it again with nothing else running' : ''}`),
    check('reports', 'every accepted command is reported', unreported.length === 0, `${unreported.length} without a report ${few(unreported.map(({ command }) => `command ${command.commandId} at ${command.fireAtCounts}`))}`.trim()),
    check('truthful', 'nothing is reported twice, or that was not asked for', strays.length === 0, strays.length === 0 ? 'no such report' : few(strays)),
    check('answers', 'every command is answered', unanswered.length <= profile.maxUnansweredShare * records.length, `${unanswered.length} of ${records.length} unanswered`),
    check('count-error', 'commands fire at their count', largest(errors) <= profile.maxCountError, `largest error ${largest(errors)} counts by the board's own report, ${errors.length} shots; allowed are ${profile.maxCountError}`),
    check('flood', 'the board does not flood the cable', busiestSecondBytes <= profile.maxBytesPerSecond, `${busiestSecondBytes} bytes in the busiest second; allowed are ${profile.maxBytesPerSecond}`),
    check('damage', 'what the board sends is whole', blocks.damaged <= profile.maxInvalidShare * blocks.frames + blocks.openings, `${blocks.damaged} damaged blocks beside ${blocks.frames} frames, ${blocks.openings} openings`),
  ];
  if (pins === undefined) return checks;
  const hold = largest(pins.holdErrorsMs);
  return [
    ...checks,
    check('pins', 'outputs switch for commands, and for nothing else', pins.wrong.length === 0, pins.wrong.length === 0 ? `${pins.countErrors.length} pulses, each of one command` : `${pins.wrong.length} wrong: ${few(pins.wrong)}`),
    check('pin-count', 'the pins switch at the count', largest(pins.countErrors) <= profile.maxCountError, `largest error ${largest(pins.countErrors)} counts as observed; allowed are ${profile.maxCountError}`),
    check('hold', 'outputs are on as long as asked', hold <= profile.maxHoldErrorMs, `largest difference ${hold.toFixed(3)} ms; allowed are ${profile.maxHoldErrorMs}`),
  ];
}

/** Of the line's part. */
export function itemChecks(items: ItemsResult, records: readonly CommandRecord[], profile: HilProfile): HilCheck[] {
  const { linkStats: stats, outcomes, alarms } = items;
  const acks = records.flatMap(({ ackMs, answer }) => (answer === 'acked' ? [ackMs!] : []));
  const late = records.filter(({ answer, reports: [report] }) => answer === 'late' || (report?.kind === 'missed' && report.cause === 'late'));
  const resent = stats.retransmissions / Math.max(1, stats.framesSent);
  const foreign = stats.framesForeign / Math.max(1, stats.framesReceived);
  return [
    check('items.settled', 'every item seen has one outcome', items.itemsSeen > 0 && sum(outcomes) === items.itemsSeen, `${items.itemsSeen}${items.itemsShown === undefined ? '' : ` of ${items.itemsShown}`} seen: ${Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`).join(', ')}`, items.seconds),
    check('items.lost', 'no item is lost', (outcomes.lost ?? 0) === 0, `${outcomes.lost ?? 0} lost`),
    check('items.late', 'commands are in time', late.length <= profile.maxLateShare * records.length, `${late.length} of ${records.length} late`),
    check('items.acknowledgement', 'commands are answered quickly', quantile(acks, 0.99) <= profile.maxAckMs, `half within ${quantile(acks, 0.5).toFixed(1)} ms, 99 % within ${quantile(acks, 0.99).toFixed(1)} ms`),
    check('items.retransmissions', 'hardly a frame is sent twice', resent <= profile.maxRetransmissionShare, `${stats.retransmissions} of ${stats.framesSent} frames`),
    check('items.meaning', 'hardly a frame means nothing', foreign <= profile.maxInvalidShare, `${stats.framesForeign} of ${stats.framesReceived} frames`),
    check('items.alarms', 'no alarm of the board', !alarms.some(isOfBoard), alarms.length === 0 ? 'none' : few(alarms)),
  ];
}

/** Reported fire errors, counts. */
export function countErrorsOf(records: readonly CommandRecord[]): number[] {
  return records.flatMap((record) => {
    const counts = firedCountsOf(record);
    return counts === undefined ? [] : [counts - record.command.fireAtCounts];
  });
}

function isOfBoard(alarm: string): boolean {
  return /^(link-|board-safe|heartbeat-lost|e-stop|jam)/.test(alarm);
}

function sum(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0);
}

function check(id: string, title: string, passed: boolean, found: string, seconds = 0): HilCheck {
  return { id, title, passed, found, seconds };
}
