// What `sortline replay` prints: what would have gone where, side by side where two were run, and what differs from the reference.
import type { MovedItem } from '../app/moved-items.ts';
import type { BinForecast, ReplaySummary } from '../app/replay-summary.ts';
import { OUTCOMES } from '../domain/decision.ts';
import type { Comparison, EventDifference } from '../record/compare-events.ts';

/** A run and what it is called in its column. */
export interface NamedSummary {
  readonly name: string;
  readonly summary: ReplaySummary;
}

const SHOWN_DIFFERENCES = 20;
const COLUMN = 24;

export function summaryTable(runs: readonly NamedSummary[]): string {
  const row = (label: string, cell: (summary: ReplaySummary) => string): string => `${label.padEnd(22)}${runs.map(({ summary }) => cell(summary).padStart(COLUMN)).join('')}`.trimEnd();
  const bins = [...new Set(runs.flatMap(({ summary }) => Object.keys(summary.bins)))].sort();
  const hasLabels = runs.some(({ summary }) => summary.labelled > 0);
  const first = runs[0]!.summary;
  return [
    ...(runs.length > 1 ? [`${''.padEnd(22)}${runs.map(({ name }) => name.slice(-COLUMN + 2).padStart(COLUMN)).join('')}`] : []),
    row('items', (summary) => String(summary.items)),
    ...OUTCOMES.filter((outcome) => runs.some(({ summary }) => summary.outcomes[outcome] > 0)).map((outcome) => row(`  ${outcome}`, (summary) => String(summary.outcomes[outcome]))),
    row('late commands', (summary) => String(summary.late)),
    row('not ended in time', (summary) => String(summary.unfinished)),
    '',
    `predicted, from the model's probabilities: items · purity · recovery`,
    ...bins.map((bin) => row(`  ${bin}`, (summary) => forecast(summary.bins[bin], ({ predictedPurity, predictedRecovery }) => [predictedPurity, predictedRecovery]))),
    ...(hasLabels ? ['', `true, of the ${first.labelled} items with a label: items · purity · recovery`, ...bins.map((bin) => row(`  ${bin}`, (summary) => forecast(summary.bins[bin], ({ purity, recovery }) => [purity, recovery])))] : []),
    ...(first.labelsWithoutItem > 0 ? [`${first.labelsWithoutItem} labels belong to no item that was seen`] : []),
    '',
  ].join('\n');
}

export function movedText(moved: readonly MovedItem[]): string {
  const more = moved.length > SHOWN_DIFFERENCES ? [`  … and ${moved.length - SHOWN_DIFFERENCES} more (--json has all)`] : [];
  return [`${moved.length} items would have gone elsewhere`, ...moved.slice(0, SHOWN_DIFFERENCES).map(({ itemId, from, to }) => `  ${itemId}  ${from} → ${to}`), ...more, ''].join('\n');
}

export function comparisonText({ isSame, counts, differences }: Comparison, context: { readonly against: string; readonly replayed: string }): string {
  const { against, replayed } = context;
  if (isSame) return `same as ${against}: ${Object.values(counts).reduce((sum, { expected }) => sum + expected, 0)} events of ${Object.keys(counts).length} kinds\n`;
  const byPath = Map.groupBy(differences, ({ path }) => path);
  return [
    `differs from ${against}: ${differences.length} differences`,
    ...Object.entries(counts).filter(([, { expected, found }]) => expected !== found).map(([kind, { expected, found }]) => `  ${kind}: ${expected} expected, ${found} found`),
    ...[...byPath].map(([path, at]) => `  ${path}: ${at.length} times${span(at)}`),
    'the first of them:',
    ...differences.slice(0, SHOWN_DIFFERENCES).map(({ path, where, expected, found }) => `  ${where}, ${path}: expected ${short(expected)}, found ${short(found)}`),
    ...(differences.length > SHOWN_DIFFERENCES ? [`  … and ${differences.length - SHOWN_DIFFERENCES} more (--json has all)`] : []),
    'to accept: ' + acceptance([...byPath.keys()], { against, replayed }),
    '',
  ].join('\n');
}

function acceptance(paths: readonly string[], { against, replayed }: { against: string; replayed: string }): string {
  const one = `leave a field out with --ignore '${paths[0]}', give it room with --tolerance '${paths[0]}=…'`;
  return against.endsWith('.mcap') ? one : `make this run the reference with \`sortline replay ${replayed} --against ${against} --accept\`, or ${one}`;
}

/** How far numbers are apart at most, as a hint for a tolerance. */
function span(differences: readonly EventDifference[]): string {
  const distances = differences.flatMap(({ expected, found }) => (typeof expected === 'number' && typeof found === 'number' ? [Math.abs(expected - found)] : []));
  return distances.length === 0 ? '' : `, at most ${Number(Math.max(...distances).toPrecision(4))} apart`;
}

function forecast(bin: BinForecast | undefined, ratios: (bin: BinForecast) => readonly (number | null)[]): string {
  if (bin === undefined) return '-';
  return [String(bin.items), ...ratios(bin).map((ratio) => (ratio === null ? '-' : `${(ratio * 100).toFixed(1)} %`).padStart(8))].join('');
}

function short(value: unknown): string {
  const text = typeof value === 'number' ? String(Number(value.toPrecision(12))) : JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
