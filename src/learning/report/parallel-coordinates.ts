// Many trials at a glance: an upright axis per hyperparameter, the metric on the last, a line per trial. The better a trial, the
// bluer its line; the best is drawn strong.
import type { Html } from './html.ts';
import { html } from './html.ts';
import { brief, NONE } from './numbers.ts';
import { rounded } from './plot.ts';
import { linearScale, logScale } from './scale.ts';

export interface TrialLine {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly value: number;
}

export interface ParallelCoordinates {
  readonly parameters: readonly string[];
  readonly metric: string;
  /** Whether a higher metric is better. */
  readonly isHigherBetter: boolean;
  /** Values finite. */
  readonly trials: readonly TrialLine[];
}

interface UprightAxis {
  readonly name: string;
  /** Values to write, with their places from 0, bottom, to 1. */
  readonly labels: readonly { readonly text: string; readonly at: number }[];
  at(value: unknown): number;
}

const SPACING = 118, LEFT = 62, RIGHT = 62, TOP = 40, HEIGHT = 300, BOTTOM = 20;
/** A parameter whose values span more than this factor is drawn on a logarithmic axis. */
const WIDE = 30;
/** Of numbers, up to so many different ones. */
const FEW = 6;
/** More words than this on an axis would overlap. */
const MOST_LABELS = 8;

export function parallelCoordinates({ parameters, metric, isHigherBetter, trials }: ParallelCoordinates): Html {
  const axes = [...parameters.map((name) => axisOf(name, trials.map((trial) => trial.parameters[name]))), axisOf(metric, trials.map(({ value }) => value))];
  const width = LEFT + RIGHT + SPACING * (axes.length - 1);
  const x = (index: number): number => LEFT + index * SPACING;
  const y = (place: number): number => rounded(HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM));
  const values = trials.map(({ value }) => value), low = Math.min(...values), high = Math.max(...values);
  const goodness = (value: number): number => (low === high ? 1 : isHigherBetter ? (value - low) / (high - low) : (high - value) / (high - low));
  // The best last, on top of the others.
  const ordered = [...trials].sort((a, b) => goodness(a.value) - goodness(b.value));
  return html`<div class="scroll"><svg class="chart wide" style="--least: ${Math.round(width * 0.82)}px; max-width: ${Math.round(width * 1.35)}px" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="Hyperparameters of ${trials.length} trials and their ${metric}">
${ordered.map((trial, index) => {
    const points = axes.map((axis, at) => `${x(at)} ${y(axis.at(at === axes.length - 1 ? trial.value : trial.parameters[axis.name]))}`);
    return html`<path class="trial${index === ordered.length - 1 && ' best'}" style="--good: ${goodness(trial.value).toFixed(3)}" d="M${points.join('L')}"><title>${trial.name}: ${metric} ${brief(trial.value)}</title></path>`;
  })}
${axes.map((axis, index) => html`<g><path class="axis" d="M${x(index)} ${TOP}V${HEIGHT - BOTTOM}"/>
<text class="label" x="${x(index)}" y="${index % 2 === 0 ? 14 : 28}" text-anchor="middle">${axis.name}</text>
${axis.labels.map(({ text, at }) => html`<text class="tick" x="${x(index) - 6}" y="${y(at) + 4}" text-anchor="end">${text}</text>`)}</g>`)}
</svg></div>`;
}

function axisOf(name: string, values: readonly unknown[]): UprightAxis {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  const distinct = [...new Set(values)];
  // A few numbers that somebody chose (16, 32, 64) are told apart best as words are: evenly spaced, each with its label.
  if (numbers.length === values.length && distinct.length > FEW) return numberAxis(name, numbers);
  const steps = numbers.length === values.length ? [...new Set(numbers)].sort((a, b) => a - b).map(brief) : [...new Set(values.map(wordOf))].toSorted();
  const placeOf = (step: string): number => (steps.length === 1 ? 0.5 : steps.indexOf(step) / (steps.length - 1));
  const every = Math.ceil(steps.length / MOST_LABELS);
  return { name, at: (value) => placeOf(wordOf(value)), labels: steps.filter((_, index) => index % every === 0).map((step) => ({ text: step, at: placeOf(step) })) };
}

function numberAxis(name: string, values: readonly number[]): UprightAxis {
  const low = Math.min(...values), high = Math.max(...values);
  const scale = low > 0 && high / low > WIDE ? logScale(low, high) : linearScale(low, high, { ticks: 4 });
  return { name, at: (value) => scale.at(Number(value)), labels: scale.ticks.map((tick) => ({ text: brief(tick), at: scale.at(tick) })) };
}

function wordOf(value: unknown): string {
  if (value === undefined) return NONE;
  if (typeof value === 'number') return brief(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
