// What one evaluation looks like: confusion matrix, figures per material, reliability, purity against recovery.
import { MATERIALS } from '../../domain/material.ts';
import type { Evaluation, Verdict } from '../evaluate/evaluation.ts';
import { pointAtPurity, purityCurve } from '../evaluate/purity-curve.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { lineChart } from './line-chart.ts';
import { percent, range, share } from './numbers.ts';
import { plot } from './plot.ts';
import { linearScale } from './scale.ts';

const UNIT = linearScale(0, 1, { ticks: 5, isRounded: true });
const asPercent = (value: number): string => `${Math.round(100 * value)} %`;

/** Rows are what the model said, columns what it was; the deeper a field, the larger its share of the column. */
export function confusionMatrix({ confusion, perMaterial }: Evaluation, caption: Html | string): Html {
  const { labels, rows } = confusion;
  const field = (predicted: number, actual: number): Html => {
    const count = rows[predicted]![actual]!, total = perMaterial[labels[actual]!]?.n ?? 0;
    const part = total === 0 ? 0 : count / total;
    const kind = predicted === actual ? 'right' : 'wrong';
    const said = `${count} of ${total} ${labels[actual]} taken for ${labels[predicted]}`;
    return html`<td class="${kind}${count === 0 && ' none'}" style="--part: ${part.toFixed(3)}" title="${said}">${count}</td>`;
  };
  return html`<div class="scroll"><table class="confusion">
<caption>${caption}</caption>
<thead><tr><td class="corner"></td><th scope="colgroup" colspan="${labels.length}">actual</th></tr>
<tr><th class="side" scope="col">predicted</th>${labels.map((label) => html`<th scope="col"><span>${label}</span></th>`)}</tr></thead>
<tbody>${labels.map((label, predicted) => html`<tr><th scope="row">${label}</th>${labels.map((_, actual) => field(predicted, actual))}</tr>`)}</tbody>
</table></div>`;
}

/** Precision, recall and F1 with their intervals; the bars show the interval on a scale from 0 to 1. */
export function materialTable({ perMaterial, macroF1 }: Evaluation): Html {
  return html`<div class="scroll"><table class="figures wide">
<thead><tr><th scope="col">material</th><th scope="col" class="number">pictures</th><th scope="col">precision</th><th scope="col">recall</th><th scope="col">F1</th></tr></thead>
<tbody>${MATERIALS.map((material) => {
    const figures = perMaterial[material];
    if (figures === null) return html`<tr><th scope="row">${material}</th><td class="number">0</td><td colspan="3" class="quiet">no pictures</td></tr>`;
    return html`<tr><th scope="row">${material}</th><td class="number">${figures.n}</td>
<td>${shareWithBar(figures.precision, figures.precisionInterval)}</td><td>${shareWithBar(figures.recall, figures.recallInterval)}</td><td>${shareWithBar(figures.f1, figures.f1Interval)}</td></tr>`;
  })}</tbody>
<tfoot><tr><th scope="row">mean F1</th><td class="number"></td><td></td><td></td><td>${share(macroF1)}</td></tr></tfoot>
</table></div>`;
}

/** The figure, and under it its interval as a bar from 0 to 1. */
export function shareWithBar(value: number | null, interval: readonly [number, number] | null): Html {
  if (value === null || interval === null) return html`<span class="quiet">none taken for it</span>`;
  const [low, high] = interval;
  return html`<span class="share" title="95 % interval ${range(interval)}"><span class="value">${share(value)}</span><span class="interval">${range(interval)}</span>
<span class="bar" style="--low: ${low.toFixed(4)}; --high: ${high.toFixed(4)}; --value: ${value.toFixed(4)}"></span></span>`;
}

/** Bars: how often the model is right at each confidence; the diagonal is where it says so truly. Paler bars rest on fewer pictures. */
export function reliabilityChart({ reliability, ece, n }: Evaluation): Html {
  const most = Math.max(...reliability.map((band) => band.n));
  return plot({
    description: `Reliability: expected calibration error ${share(ece)} over ${n} pictures`,
    x: { label: 'confidence', scale: UNIT, format: asPercent }, y: { label: 'share right', scale: UNIT, format: asPercent },
    marks: (place) => html`${reliability.map((band) => {
      if (band.n === 0) return undefined;
      const [left, right, top] = [place.x(band.from) + 1.5, place.x(band.to) - 1.5, place.y(band.accuracy!)];
      const opacity = (0.25 + 0.75 * Math.sqrt(band.n / most)).toFixed(2);
      return html`<g><rect class="column colour-0" x="${left}" y="${top}" width="${right - left}" height="${place.y(0) - top}" opacity="${opacity}"/>
<circle class="dot colour-1" cx="${place.x(band.confidence!)}" cy="${top}" r="3.5"/>
<title>${asPercent(band.from)} to ${asPercent(band.to)}: ${band.n} pictures, mean confidence ${percent(band.confidence)}, ${percent(band.accuracy)} right</title></g>`;
    })}<path class="ideal" d="M${place.x(0)} ${place.y(0)}L${place.x(1)} ${place.y(1)}"/>`,
  });
}

/** One chart per material that has pictures: what purity costs in recovery, with the threshold for `purity` marked. */
export function purityCharts(verdicts: readonly Verdict[], purity: number): Html {
  return html`<div class="cards small">${MATERIALS.map((material) => {
    const curve = purityCurve(verdicts, material), wanted = pointAtPurity(curve, purity);
    if (curve.length === 0) return undefined;
    const lowest = Math.min(0.5, ...curve.map((point) => Math.floor(10 * point.purity) / 10));
    const caption = wanted === undefined ? `no threshold reaches ${asPercent(purity)}` : `from ${share(wanted.threshold)}: ${percent(wanted.purity)} pure, ${percent(wanted.recovery)} recovered`;
    return html`<figure><figcaption><b>${material}</b> ${caption}</figcaption>${lineChart({
      description: `${material}: purity against recovery; ${caption}`, isStepped: true, size: { width: 320, height: 220 },
      x: { label: 'recovery', scale: UNIT, format: asPercent },
      y: { label: 'purity', scale: linearScale(lowest, 1, { ticks: 5 }), format: asPercent },
      curves: [{
        name: material, colour: 0,
        points: curve.map((point) => ({ x: point.recovery, y: point.purity })).reverse(),
        mark: wanted === undefined ? undefined : { x: wanted.recovery, y: wanted.purity, text: caption },
      }],
    })}</figure>`;
  })}</div>`;
}
