// How training went: one chart per metric, a curve per run.
import { MATERIALS } from '../../domain/material.ts';
import type { MetricPoint } from '../store/learning-store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import type { Curve } from './line-chart.ts';
import { legend, lineChart } from './line-chart.ts';
import { brief } from './numbers.ts';
import type { RunView } from './run-view.ts';
import { byAccuracy } from './run-view.ts';
import type { Scale } from './scale.ts';
import { linearScale, logScale } from './scale.ts';

const LEARN_RATE = 'learn_rate';
/** These come first, in this order; the others follow by name. */
const FIRST = ['loss', 'val/loss', 'val/accuracy', LEARN_RATE];
const PER_MATERIAL = 'val/accuracy/';
/** A metric that spans more than this factor is drawn on a logarithmic axis. */
const WIDE = 200;

/** Undefined where no run logged anything. */
export function trainingCurves(views: readonly RunView[]): Html | undefined {
  const keys = [...new Set(views.flatMap(({ curves }) => [...curves.keys()]))].filter((key) => !key.startsWith(PER_MATERIAL)).toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  if (keys.length === 0) return undefined;
  const logged = views.filter(({ curves }) => curves.size > 0);
  return html`${legend(logged.map(({ name, colour }) => ({ name, colour })))}
<div class="cards">${keys.map((key) => metricChart(key, logged))}${materialChart(logged)}</div>`;
}

function metricChart(key: string, views: readonly RunView[]): Html | undefined {
  const curves = views.flatMap(({ name, colour, curves: all }): Curve[] => {
    const points = all.get(key);
    return points === undefined ? [] : [{ name, colour, points: placed(points), mark: colour === 'muted' ? undefined : bestOf(key, points, name) }];
  });
  return chartOf(key, curves);
}

/** The most accurate run's materials: which of them were hard. */
function materialChart(views: readonly RunView[]): Html | undefined {
  const [best] = views.filter(({ curves }) => [...curves.keys()].some((key) => key.startsWith(PER_MATERIAL))).sort(byAccuracy);
  if (best === undefined) return undefined;
  const curves = MATERIALS.flatMap((material, colour): Curve[] => {
    const points = best.curves.get(`${PER_MATERIAL}${material}`);
    return points === undefined ? [] : [{ name: material, colour, points: placed(points) }];
  });
  return chartOf(views.length === 1 ? 'val/accuracy of each material' : `val/accuracy of each material, ${best.name}`, curves, legend(curves));
}

function chartOf(title: string, curves: readonly Curve[], note?: Html): Html | undefined {
  const points = curves.flatMap((curve) => curve.points).filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  if (points.length === 0) return undefined;
  const [firstX, lastX] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const { scale, isLogarithmic } = heightScale(points.map(({ y }) => y), title);
  return html`<figure><figcaption><b>${title}</b>${isLogarithmic && ', logarithmic'}</figcaption>
${lineChart({ description: `${title} over epochs`, x: { label: 'epoch', scale: linearScale(Math.min(firstX, firstX === lastX ? firstX - 1 : firstX), lastX, { ticks: 5, isWhole: true }) }, y: { label: '', scale }, curves })}${note}</figure>`;
}

function heightScale(values: readonly number[], key: string): { scale: Scale; isLogarithmic: boolean } {
  const low = Math.min(...values), high = Math.max(...values);
  // A schedule that ends near 0 is known by its shape, which a logarithm hides.
  const isLogarithmic = key !== LEARN_RATE && low > 0 && high / low > WIDE;
  return { isLogarithmic, scale: isLogarithmic ? logScale(low, high) : linearScale(low, high, { isRounded: true }) };
}

function placed(points: readonly MetricPoint[]): { x: number; y: number }[] {
  // A metric logged by step within an epoch comes with a fraction of it; one that knows no epochs is drawn by step.
  const hasEpochs = points.some(({ epoch }) => epoch > 0);
  return points.map(({ step, epoch, value }) => ({ x: hasEpochs ? epoch : step, y: value }));
}

function bestOf(key: string, points: readonly MetricPoint[], name: string): Curve['mark'] {
  const isHigher = key.includes('accuracy'), isLower = key.includes('loss');
  const finite = placed(points).filter(({ y }) => Number.isFinite(y));
  if ((!isHigher && !isLower) || finite.length === 0) return undefined;
  const best = finite.reduce((top, point) => ((isHigher ? point.y > top.y : point.y < top.y) ? point : top));
  return { ...best, text: `${name}: best ${brief(best.y)} at epoch ${brief(best.x)}` };
}

function rank(key: string): number {
  const index = FIRST.indexOf(key);
  return index < 0 ? FIRST.length : index;
}
