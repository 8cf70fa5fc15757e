// The ledger as a person reads it at the end of a run: what was seen, how it ended and why, and what is in each bin.
import type { Ratio } from '../base/units.ts';
import { OUTCOMES } from '../domain/decision.ts';
import type { BinSummary, LedgerSummary } from './ledger-counts.ts';

/** Aligned lines of text, without a newline at the end. */
export function summaryText(summary: LedgerSummary): string {
  const { items, settled, openItems, outcomes, causes, bins, itemsWithTruth } = summary;
  const causeRows = Object.entries(causes).sort(([, a], [, b]) => b - a);
  return [
    `items seen ${items}${openItems.length > 0 ? `, ${openItems.length} of them still open` : ''}`,
    '',
    ...table(['outcome', 'items', 'share'], OUTCOMES.map((outcome) => [outcome, String(outcomes[outcome]), share(outcomes[outcome], settled)])),
    '',
    ...(causeRows.length > 0 ? [...table(['cause', 'items', 'share'], causeRows.map(([cause, count]) => [cause, String(count), share(count, settled)])), ''] : []),
    ...table(['bin', itemsWithTruth > 0 ? 'landed' : 'items', 'purity', 'recovery'], Object.entries(bins).map(([bin, row]) => binRow(bin, row))),
    ...remarks(summary),
  ].join('\n');
}

function binRow(bin: string, { items, purity, recovery }: BinSummary): string[] {
  return [bin, String(items), percent(purity), percent(recovery)];
}

function remarks({ items, accuracy, itemsWithTruth, maxCountError, droppedEvents }: LedgerSummary): string[] {
  const unlanded = itemsWithTruth > 0 ? items - itemsWithTruth : 0;
  const lines = [
    unlanded > 0 ? `${unlanded} of the items seen did not land in a bin: they still lie on the belt, or were none` : undefined,
    accuracy === undefined ? undefined : `accuracy ${percent(accuracy)} of the classified items, where the true material is known (${itemsWithTruth} items)`,
    maxCountError === undefined ? undefined : `largest firing error ${maxCountError} encoder counts`,
    droppedEvents === 0 ? undefined : `${droppedEvents} events could not be stored; they are in these figures but not in the file`,
  ].filter((line) => line !== undefined);
  return lines.length > 0 ? ['', ...lines] : [];
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : percent(part / whole);
}

function percent(ratio: Ratio | undefined): string {
  return ratio === undefined ? '-' : `${(100 * ratio).toFixed(1)} %`;
}

/** First column to the left, the others, numbers, to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('   ').trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('   '), ...rows.map(line)];
}
