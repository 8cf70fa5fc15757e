// What the runs were told and what of it mattered: parallel coordinates, importance, and the settings that differ.
import { settingText } from '../evaluate/run-settings.ts';
import type { TrialOutcome } from '../sweep/importance.ts';
import { FEWEST_TRIALS, importanceOf } from '../sweep/importance.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { brief, NONE, share } from './numbers.ts';
import { parallelCoordinates } from './parallel-coordinates.ts';

export interface Trials {
  /** What the trials are judged by, and whether more of it is better. */
  readonly metric: string;
  readonly isHigherBetter: boolean;
  readonly outcomes: readonly (TrialOutcome & { readonly name: string })[];
}

/** Axes beyond this are left out: the least important ones. */
const MOST_AXES = 9;

/** Undefined where there is nothing to compare: fewer than two trials with a result, or all were told the same. */
export function hyperparameterBody({ metric, isHigherBetter, outcomes }: Trials): Html | undefined {
  const trials = outcomes.filter(({ value }) => Number.isFinite(value));
  const ranking = importanceOf(trials);
  if (trials.length < 2 || ranking.length === 0) return undefined;
  const shown = ranking.slice(0, MOST_AXES).map(({ parameter }) => parameter);
  const isRanked = trials.length >= FEWEST_TRIALS;
  return html`<p class="note">${trials.length} trials, a line each; the bluer, the ${isHigherBetter ? 'higher' : 'lower'} the ${metric}. The strong line is the best.${ranking.length > shown.length && html` ${ranking.length - shown.length} parameters of least importance are left out.`}</p>
${parallelCoordinates({ parameters: [...shown].reverse(), metric, isHigherBetter, trials })}
${isRanked ? importanceTable(ranking, metric) : html`<p class="note">Importance can be told from ${FEWEST_TRIALS} trials on.</p>`}`;
}

function importanceTable(ranking: ReturnType<typeof importanceOf>, metric: string): Html {
  return html`<h3>Importance</h3>
<p class="note">How much a random forest's forecast of ${metric} worsens when the parameter is shuffled, as a share of all; beside it the plain correlation.</p>
<div class="scroll"><table class="wide">
<thead><tr><th scope="col">parameter</th><th scope="col">importance</th><th scope="col"></th><th scope="col" class="number">correlation</th></tr></thead>
<tbody>${ranking.map(({ parameter, importance, correlation }) => html`<tr><th scope="row" class="mono">${parameter}</th><td class="number">${share(importance)}</td>
<td class="stretch"><span class="bar plain" style="--low: 0; --high: ${importance.toFixed(4)}"></span></td><td class="number">${correlation === null ? NONE : correlation.toFixed(2).replace('-', '−')}</td></tr>`)}</tbody>
</table></div>`;
}

export interface SettingsColumn {
  readonly name: string;
  readonly settings: ReadonlyMap<string, unknown>;
}

/** Settings of all columns; those that are not the same in all come first, in bold. Of one alone a list, which is short. */
export function settingsTable(columns: readonly SettingsColumn[]): Html {
  const [only, ...others] = columns;
  if (only !== undefined && others.length === 0) {
    return html`<dl class="settings">${[...only.settings].map(([key, value]) => html`<div><dt class="mono">${key}</dt><dd>${shown(value)}</dd></div>`)}</dl>`;
  }
  const keys = [...new Set(columns.flatMap(({ settings }) => [...settings.keys()]))];
  const differs = (key: string): boolean => new Set(columns.map(({ settings }) => JSON.stringify(settings.get(key)))).size > 1;
  const ordered = [...keys.filter(differs), ...keys.filter((key) => !differs(key))];
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">setting</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${ordered.map((key) => html`<tr><th scope="row" class="mono">${key}</th>${columns.map(({ settings }) => html`<td class="${differs(key) && 'differs'}">${shown(settings.get(key))}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

function shown(value: unknown): string {
  return typeof value === 'number' ? brief(value) : settingText(value, NONE);
}
