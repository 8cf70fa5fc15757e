// The report of runs: one page that says which run is best, how sure that is, how it came about and what it still gets wrong.
// It reads well with one run, two, or a sweep of hundreds: what many runs share is drawn together, what is long is shown of the best.
import type { Artifact, LearningStore, Run } from '../store/learning-store.ts';
import { lineageGraph } from '../lineage/lineage-graph.ts';
import { lineageSvg } from '../lineage/lineage-svg.ts';
import { confusionMatrix, materialTable, purityCharts, reliabilityChart } from './evaluation-charts.ts';
import { evaluationBody, figureTiles, purityBody } from './evaluation-page.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { mistakeSheet } from './mistake-sheet.ts';
import { moment, percent, range } from './numbers.ts';
import type { Section } from './page.ts';
import { page } from './page.ts';
import { provenanceBody } from './provenance.ts';
import type { RunView } from './run-view.ts';
import { byAccuracy, runViews } from './run-view.ts';
import { runsTable } from './runs-table.ts';
import type { Trials } from './settings-section.ts';
import { hyperparameterBody, settingsTable } from './settings-section.ts';
import { trainingCurves } from './training-curves.ts';

export interface ReportRequest {
  readonly title: string;
  /** At least one. */
  readonly runs: readonly Run[];
  /** Of a sweep; without it the runs are taken as trials of accuracy. */
  readonly trials?: Trials;
  /** What the purity curves mark. */
  readonly purity: number;
  /** When the report is made, ISO 8601. */
  readonly atIso: string;
}

/** Runs whose confusion matrices are shown, and whose settings are listed: the most accurate ones. */
const MOST_MATRICES = 6, MOST_COLUMNS = 12;

/** The document's text. Throws STORE_DAMAGED. */
export function reportPage({ title, runs, trials, purity, atIso }: ReportRequest, store: LearningStore): string {
  const views = runViews(runs, store);
  const best = [...views].sort(byAccuracy)[0]!;
  const judged = views.filter(({ kept }) => kept !== undefined).sort(byAccuracy);
  const curves = trainingCurves(views);
  const parameters = hyperparameterBody(trials ?? trialsOf(views));
  const lineage = lineageBody(views.length === 1 ? best : judged[0] ?? best, store);
  const sections: (Section | undefined)[] = [
    { id: 'runs', heading: views.length === 1 ? 'Run' : 'Runs', body: html`${views.length > 1 && summaryTiles(views, best)}${views.length === 1 && judged[0] !== undefined && figureTiles(judged[0].kept!.evaluation)}${runsTable(views)}` },
    curves && { id: 'training', heading: 'Training', body: curves },
    ...judgedSections(judged, purity),
    parameters && { id: 'hyperparameters', heading: 'Hyperparameters', body: parameters },
    lineage && { id: 'lineage', heading: 'Lineage', body: lineage },
    judged[0] && { id: 'mistakes', heading: 'Most confident mistakes', body: html`${views.length > 1 && html`<p>Of <b>${judged[0].name}</b>.</p>`}${mistakeSheet(judged[0].kept!.verdicts, judged[0].kept!.mistakes)}` },
    settingsSection(views),
    { id: 'provenance', heading: 'Where it comes from', body: provenanceBody([...views].sort(byAccuracy).slice(0, MOST_COLUMNS)) },
  ];
  return page({ title, subtitle: html`${views.length === 1 ? '1 run' : `${views.length} runs`} of the learning store · made ${moment(atIso)} UTC`, sections });
}

function summaryTiles(views: readonly RunView[], best: RunView): Html {
  const failed = views.filter(({ run }) => run.state === 'failed' || run.state === 'crashed').length;
  return html`<dl class="tiles">
<div><dt>best run</dt><dd>${best.name}</dd></div>
<div><dt>its accuracy</dt><dd>${best.accuracy === undefined ? 'not judged' : percent(best.accuracy)}<small>${best.kept === undefined ? 'as recorded' : range(best.kept.evaluation.interval)}</small></dd></div>
<div><dt>runs</dt><dd>${views.length}<small>${failed === 0 ? 'none failed' : `${failed} failed`}</small></dd></div>
</dl>`;
}

function judgedSections(judged: readonly RunView[], purity: number): Section[] {
  const [best] = judged;
  if (best?.kept === undefined) return [];
  const { evaluation, verdicts } = best.kept;
  if (judged.length === 1) {
    return [
      { id: 'evaluation', heading: 'Evaluation', body: evaluationBody(evaluation) },
      { id: 'purity', heading: 'Purity and recovery', body: purityBody(verdicts, purity) },
    ];
  }
  const shown = judged.slice(0, MOST_MATRICES);
  return [
    { id: 'evaluation', heading: 'Evaluation', body: html`<p class="note">Rows: what the model said. Columns: what it was. Deeper: a larger share of the column.${judged.length > shown.length && html` Of ${judged.length} judged runs the ${shown.length} most accurate.`}</p>
<div class="cards">${shown.map(({ name, kept }) => html`<figure>${confusionMatrix(kept!.evaluation, html`<b>${name}</b>`)}</figure>`)}</div>
<h3>Materials, ${best.name}</h3>${materialTable(evaluation)}
<h3>Reliability</h3><div class="cards">${shown.map(({ name, kept }) => html`<figure><figcaption><b>${name}</b> bars on the dashed line: right as often as it says</figcaption>${reliabilityChart(kept!.evaluation)}</figure>`)}</div>` },
    { id: 'purity', heading: 'Purity and recovery', body: html`<p>Of <b>${best.name}</b>. The dot is the threshold that recovers most at ${percent(purity)} purity, on these very pictures: on a line expect less.</p>${purityCharts(verdicts, purity)}` },
  ];
}

/** Runs of several kinds are told different things; trials are the training runs, where there are any. */
function trialsOf(views: readonly RunView[]): Trials {
  const training = views.filter(({ run }) => run.kind === 'train');
  const outcomes = training.map(({ name, settings, accuracy }) => ({ name, parameters: Object.fromEntries(settings), value: accuracy ?? Number.NaN }));
  return { metric: 'accuracy', isHigherBetter: true, outcomes };
}

function settingsSection(views: readonly RunView[]): Section {
  const shown = [...views].sort(byAccuracy).slice(0, MOST_COLUMNS);
  return { id: 'settings', heading: 'Settings', body: html`${views.length > shown.length && html`<p class="note">Of the ${shown.length} most accurate runs.</p>`}${settingsTable(shown)}` };
}

/** What made the run's model, and what it made; undefined where the run has to do with no artifact. */
function lineageBody({ inputs, outputs }: RunView, store: LearningStore): Html | undefined {
  const isModel = ({ type }: Artifact): boolean => type === 'model';
  const focus = outputs.find(isModel) ?? inputs.find(isModel) ?? outputs[0] ?? inputs[0];
  if (focus === undefined) return undefined;
  return html`<p class="note">What made <b>${focus.name}:v${focus.version}</b>, and what was made of it; time runs to the right.</p><div class="scroll drawing">${lineageSvg(lineageGraph(store, focus))}</div>`;
}
