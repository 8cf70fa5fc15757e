// Curves over steps, epochs or thresholds.
import type { Html, HtmlValue } from './html.ts';
import { html } from './html.ts';
import { brief } from './numbers.ts';
import type { Axis, Place, Plot } from './plot.ts';
import { plot } from './plot.ts';

export interface Curve {
  readonly name: string;
  /** Which of the style sheet's colours and dashes; `muted` for one among many. */
  readonly colour: number | 'muted';
  /** In the order of x. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** A point to mark, such as the best epoch; its text is shown on hovering. */
  readonly mark?: { readonly x: number; readonly y: number; readonly text: string };
}

export interface LineChart {
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
  /** Whether the curve jumps at each point and is level between them. */
  readonly isStepped?: boolean;
  readonly size?: Plot['size'];
}

/** More points than this in a curve are thinned: a chart has no more columns. */
const MOST_POINTS = 400;

export function lineChart({ description, x, y, curves, size, isStepped = false }: LineChart): Html {
  // Muted ones first, so that none hides one that is named.
  const ordered = [...curves].sort((a, b) => Number(b.colour === 'muted') - Number(a.colour === 'muted'));
  return plot({ description, x, y, size, marks: (place) => ordered.map((curve) => curveMark(curve, place, isStepped)) });
}

/** Names of the coloured curves with a sample of each line; undefined where one needs no telling apart. */
export function legend(curves: readonly Pick<Curve, 'name' | 'colour'>[]): Html | undefined {
  const named = curves.filter(({ colour }) => colour !== 'muted');
  const muted = curves.length - named.length;
  if (curves.length < 2) return undefined;
  return html`<ul class="legend">${named.map(({ name, colour }) => html`<li>${sample(colour)}${name}</li>`)}${muted > 0 && html`<li>${sample('muted')}${muted} more</li>`}</ul>`;
}

function sample(colour: number | 'muted'): Html {
  return html`<svg viewBox="0 0 28 10" aria-hidden="true"><path class="curve colour-${colour}" d="M1 5H27"/></svg>`;
}

function curveMark({ name, colour, points, mark }: Curve, place: Place, isStepped: boolean): HtmlValue {
  const drawn = thinned(points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y)));
  if (drawn.length === 0) return undefined;
  const placed = drawn.map((point) => ({ x: place.x(point.x), y: place.y(point.y) }));
  const line = placed.map((point, index) => (index === 0 ? `M${point.x} ${point.y}` : isStepped ? `H${point.x}V${point.y}` : `L${point.x} ${point.y}`)).join('');
  const dot = mark ?? (drawn.length === 1 ? { ...drawn[0]!, text: `${name}: ${brief(drawn[0]!.y)}` } : undefined);
  return html`<g class="colour-${colour}"><path class="curve colour-${colour}" d="${line}"><title>${name}</title></path>
${dot !== undefined && html`<circle class="dot" cx="${place.x(dot.x)}" cy="${place.y(dot.y)}" r="4"><title>${dot.text}</title></circle>`}</g>`;
}

/** Of each stretch the point furthest from the stretch's mean is kept, so that a spike stays visible; ends stay. */
function thinned<T extends { readonly y: number }>(points: readonly T[]): readonly T[] {
  if (points.length <= MOST_POINTS) return points;
  const stretch = (points.length - 2) / (MOST_POINTS - 2);
  const kept = Array.from({ length: MOST_POINTS - 2 }, (_, index) => {
    const some = points.slice(1 + Math.floor(index * stretch), Math.max(2 + Math.floor(index * stretch), 1 + Math.floor((index + 1) * stretch)));
    const mean = some.reduce((sum, { y }) => sum + y, 0) / some.length;
    return some.reduce((far, point) => (Math.abs(point.y - mean) > Math.abs(far.y - mean) ? point : far));
  });
  return [points[0]!, ...kept, points.at(-1)!];
}
