// One evaluation as a page of its own: `sortline evaluate --html`.
import type { MistakePicture } from '../evaluate/kept-evaluation.ts';
import type { Evaluation, Verdict } from '../evaluate/evaluation.ts';
import type { JudgedModel } from '../evaluate/judged-model.ts';
import { confusionMatrix, materialTable, purityCharts, reliabilityChart } from './evaluation-charts.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { mistakeSheet } from './mistake-sheet.ts';
import { percent, range, share } from './numbers.ts';
import { page } from './page.ts';

export interface EvaluationPage {
  readonly judged: JudgedModel;
  readonly mistakes: readonly MistakePicture[];
  /** When it was made, ISO 8601. */
  readonly atIso: string;
}

export function evaluationPage({ judged, mistakes, atIso }: EvaluationPage): string {
  const { model, data, evaluation, verdicts, purity, unreadable } = judged;
  return page({
    title: `${model}: evaluation`,
    subtitle: html`on ${data} · ${atIso.slice(0, 10)} · model.onnx <span class="mono">${judged.sha256.slice(0, 12)}</span>`,
    sections: [
      { id: 'figures', heading: 'Figures', body: html`${figureTiles(evaluation)}${unreadable.length > 0 && html`<p class="note">${unreadable.length} pictures could not be read and are not counted: ${unreadable.join(', ')}</p>`}${evaluationBody(evaluation)}` },
      { id: 'purity', heading: 'Purity and recovery', body: purityBody(verdicts, purity) },
      { id: 'mistakes', heading: 'Most confident mistakes', body: mistakeSheet(verdicts, mistakes) },
    ],
  });
}

export function figureTiles(evaluation: Evaluation): Html {
  const { n, accuracy, interval, macroF1, top5, ece, negativeLogLikelihood, msPerImage } = evaluation;
  return html`<dl class="tiles">
<div><dt>accuracy</dt><dd>${percent(accuracy)}<small>${range(interval)}</small></dd></div>
<div><dt>right</dt><dd>${Math.round(accuracy * n)}<small>of ${n} pictures</small></dd></div>
<div><dt>mean F1</dt><dd>${share(macroF1)}<small>each material alike</small></dd></div>
<div><dt>calibration error</dt><dd>${share(ece)}<small>ten bands</small></dd></div>
<div><dt>surprise</dt><dd>${share(negativeLogLikelihood)}<small>negative log likelihood</small></dd></div>
<div><dt>top-5</dt><dd>${percent(top5)}<small>of six materials</small></dd></div>
<div><dt>time</dt><dd>${msPerImage.toFixed(1)} ms<small>a picture</small></dd></div>
</dl>`;
}

/** Confusion matrix, figures per material, reliability. */
export function evaluationBody(evaluation: Evaluation): Html {
  return html`<div class="beside">
${confusionMatrix(evaluation, 'Rows: what the model said. Columns: what it was. Deeper: a larger share of the column.')}
<figure><figcaption><b>Reliability</b> bars on the dashed line: right as often as it says</figcaption>${reliabilityChart(evaluation)}</figure>
</div>
${materialTable(evaluation)}
<p class="note">Ranges are 95 % intervals: Wilson's, for F1 by way of tp / (tp + fp + fn).</p>`;
}

export function purityBody(verdicts: readonly Verdict[], purity: number): Html {
  return html`<p>A higher threshold makes a bin purer and lets more of the material pass. The dot is the threshold that recovers most at ${percent(purity)} purity, on these very pictures: on a line expect less.</p>${purityCharts(verdicts, purity)}`;
}
