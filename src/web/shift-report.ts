// The report of a period as one HTML file that needs nothing else: to print, to keep, to send. Its figures are those of the
// history page. Everything that could come from outside is escaped.
import { escapedMarkup } from '../base/markup-text.ts';
import type { BinFigures } from '../ledger/bin-figures.ts';
import type { HistoryOverview } from '../ledger/history.ts';
import type { LineFacts } from './live-routes.ts';

export interface ReportFacts {
  readonly facts: LineFacts;
  readonly bins: readonly BinFigures[];
  readonly by: string;
  readonly writtenMs: number;
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#16202c}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;min-width:24rem}th,td{text-align:left;padding:.25rem 1.2rem .25rem 0;border-bottom:1px solid #ccd3da;font-variant-numeric:tabular-nums}.n{text-align:right}
.below{font-weight:700;color:#a3153c}.note{color:#4a5868}svg{width:100%;height:9rem}@media print{body{margin:0}}`;

export function shiftReport(overview: HistoryOverview, { facts, bins, by, writtenMs }: ReportFacts): string {
  const { period, tallies, alarms, recipe, recipeChanges } = overview;
  const items = tallies.reduce((sum, tally) => sum + tally.items, 0);
  const hours = (period.toMs - period.fromMs) / 3_600_000;
  const estimate = bins.some(({ from }) => from === 'confidence')
    ? 'Purity and recovery are estimates from the model\'s calibrated confidence: nobody has weighed the bins.'
    : 'Purity and recovery are counted from where each item landed (simulator).';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapedMarkup(`${facts.line}: ${moment(period.fromMs)}`)}</title><style>${STYLE}</style></head><body>
<h1>Line ${escapedMarkup(facts.line)}, ${escapedMarkup(facts.site)}</h1>
<p>${moment(period.fromMs)} to ${moment(period.toMs)}<br><span class="note">written ${moment(writtenMs)} for ${escapedMarkup(by)}; times are UTC</span></p>
<p><strong>${items}</strong> items, ${(items / hours).toFixed(0)} an hour. Recipe ${escapedMarkup(recipe?.name ?? 'no longer known')}${recipeChanges > 0 ? `, changed ${recipeChanges} times; figures are by the last one` : ''}.</p>
${chart(overview)}
<h2>Bins</h2>${table(['bin', 'items', 'purity', 'target', 'recovery', 'target'], bins.map((bin) => binCells(bin, facts)), [1, 2, 3, 4, 5])}<p class="note">${estimate}</p>
<h2>Composition</h2>${table(['material', 'items', 'share'], sharesOf(tallies, items, ({ material }) => material || 'not classified'), [1, 2])}
<h2>Outcomes</h2>${table(['outcome', 'items', 'share'], sharesOf(tallies, items, ({ outcome }) => outcome), [1, 2])}
<h2>Not sorted, by cause</h2>${table(['cause', 'items', 'share'], sharesOf(tallies.filter(({ outcome }) => outcome !== 'sorted'), items, ({ outcome, cause }) => `${outcome}: ${cause}`), [1, 2])}
<h2>Alarms</h2>${alarms.length === 0 ? '<p>None.</p>' : table(['alarm', 'about', 'times', 'minutes'], alarms.map(({ alarm, subject, times, activeMs }) => [escapedMarkup(alarm), escapedMarkup(subject), String(times), (activeMs / 60_000).toFixed(1)]), [2, 3])}
</body></html>
`;
}

function binCells({ bin, items, purity, recovery }: BinFigures, { bins }: LineFacts): string[] {
  const target = bins.find(({ id }) => id === bin);
  const judged = (value: number | undefined, wanted: number | undefined): string => {
    if (value === undefined) return '–';
    return wanted !== undefined && value < wanted ? `<span class="below">${percent(value)} ▼</span>` : percent(value);
  };
  return [escapedMarkup(bin), String(items), judged(purity, target?.targetPurity), percent(target?.targetPurity), judged(recovery, target?.targetRecovery), percent(target?.targetRecovery)];
}

function sharesOf(tallies: HistoryOverview['tallies'], whole: number, nameOf: (tally: HistoryOverview['tallies'][number]) => string): string[][] {
  const byName = new Map<string, number>();
  for (const tally of tallies) byName.set(nameOf(tally), (byName.get(nameOf(tally)) ?? 0) + tally.items);
  return [...byName].sort((a, b) => b[1] - a[1]).map(([name, items]) => [escapedMarkup(name), String(items), percent(whole > 0 ? items / whole : undefined)]);
}

/** Items per step, as bars; what was sorted is filled. */
function chart({ series: { stepMs, points }, period }: HistoryOverview): string {
  const first = Math.floor(period.fromMs / stepMs), steps = Math.max(1, Math.ceil(period.toMs / stepMs) - first);
  const all = new Float64Array(steps), sorted = new Float64Array(steps);
  for (const { atMs, outcome, items } of points) {
    const step = Math.floor(atMs / stepMs) - first;
    if (step < 0 || step >= steps) continue;
    all[step]! += items;
    if (outcome === 'sorted') sorted[step]! += items;
  }
  const top = Math.max(1, ...all);
  const bars = (counts: Float64Array, colour: string): string => [...counts].map((count, step) => `<rect x="${((step / steps) * 1000).toFixed(1)}" y="${(100 - (count / top) * 100).toFixed(1)}" width="${(900 / steps).toFixed(2)}" height="${((count / top) * 100).toFixed(1)}" fill="${colour}"/>`).join('');
  return `<svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="Items per ${stepMs / 60_000} min, at most ${top}">${bars(all, '#b9c4cf')}${bars(sorted, '#0b63a5')}</svg><p class="note">Items per ${stepMs / 60_000} min; dark: sorted. The highest bar is ${top}.</p>`;
}

/** Cells are HTML; `numbers` are the columns aligned to the right. */
function table(headings: readonly string[], rows: readonly (readonly string[])[], numbers: readonly number[]): string {
  const cell = (tag: 'th' | 'td') => (html: string, column: number): string => `<${tag}${numbers.includes(column) ? ' class="n"' : ''}>${html}</${tag}>`;
  return `<table><thead><tr>${headings.map(cell('th')).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('')}</tbody></table>`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(1)} %`;
}

function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
