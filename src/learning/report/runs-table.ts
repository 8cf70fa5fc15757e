// The runs of a report in one table, each held against the best.
import type { Comparison, Contender } from '../evaluate/comparison.ts';
import { compare } from '../evaluate/comparison.ts';
import { verdictOn } from '../evaluate/comparison-text.ts';
import { shareWithBar } from './evaluation-charts.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { duration, moment, NONE, share, signed } from './numbers.ts';
import type { RunView } from './run-view.ts';
import { byAccuracy, contenderFrom } from './run-view.ts';

/** A longer table hides its end behind a line to open. */
const MOST_ROWS = 40;

export function runsTable(views: readonly RunView[]): Html {
  const ordered = [...views].sort(byAccuracy);
  const contenders = new Map(ordered.flatMap((view): [RunView, Contender][] => {
    const contender = contenderFrom(view);
    return contender === undefined ? [] : [[view, contender]];
  }));
  const against = comparisonByName([...contenders.values()]);
  const row = (view: RunView): Html => {
    const { run, name, colour, accuracy, kept } = view, contender = contenders.get(view), difference = against.get(name);
    return html`<tr><th scope="row"><svg class="swatch" viewBox="0 0 28 10" aria-hidden="true"><path class="curve colour-${colour}" d="M1 5H27"/></svg>${name}</th>
<td>${run.kind}</td><td class="state ${run.state}">${run.state}</td><td>${contender === undefined ? share(accuracy) : shareWithBar(contender.accuracy, contender.interval)}</td>
${views.length > 1 && html`<td>${difference ?? NONE}</td>`}<td class="number">${share(kept?.evaluation.macroF1)}</td><td class="number">${share(kept?.evaluation.ece)}</td><td class="number">${contender?.n ?? NONE}</td>
<td class="number">${moment(run.startedAtIso)}</td><td class="number">${took(view)}</td></tr>`;
  };
  const table = (rows: readonly RunView[]): Html => html`<div class="scroll"><table class="wide">
<thead><tr><th scope="col">run</th><th scope="col">kind</th><th scope="col">state</th><th scope="col">accuracy</th>${views.length > 1 && html`<th scope="col">against the best</th>`}<th scope="col" class="number">mean F1</th><th scope="col" class="number">calibration error</th><th scope="col" class="number">pictures</th><th scope="col" class="number">started (UTC)</th><th scope="col" class="number">took</th></tr></thead>
<tbody>${rows.map(row)}</tbody></table></div>`;
  const rest = ordered.slice(MOST_ROWS);
  return html`${table(ordered.slice(0, MOST_ROWS))}${rest.length > 0 && html`<details><summary>${rest.length} more runs</summary>${table(rest)}</details>`}
${failures(views)}`;
}

/** What stands in the column of each run but the best; that one is the first of `contenders`. */
function comparisonByName(contenders: readonly Contender[]): Map<string, Html> {
  if (contenders.length < 2) return new Map();
  const { differences }: Comparison = compare(contenders);
  return new Map(differences.map((difference, index) => {
    const { accuracy, interval, method } = difference, verdict = verdictOn(difference);
    return [contenders[index + 1]!.name, html`<span class="nowrap">${signed(accuracy)} <span class="quiet">${signed(interval[0])} to ${signed(interval[1])}</span></span><br><span class="quiet nowrap">${verdict}, ${method}</span>`];
  }));
}

function failures(views: readonly RunView[]): Html[] {
  return views.filter(({ run }) => run.failure !== undefined).map(({ name, run }) => html`<p class="note"><b>${name}</b> ${run.state}: ${run.failure}</p>`);
}

function took({ run }: RunView): string {
  const ended = run.endedAtIso ?? run.lastSignAtIso;
  const ms = Date.parse(ended) - Date.parse(run.startedAtIso);
  return Number.isFinite(ms) ? duration(Math.max(0, ms)) : NONE;
}
