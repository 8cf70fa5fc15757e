// The frame that charts share: axes, grid and labels around a plane of 0 to 1, in SVG that scales with the page. Colours and
// type come from report.css, so one drawing serves light, dark and paper.
import type { Html, HtmlValue } from './html.ts';
import { html } from './html.ts';
import { brief } from './numbers.ts';
import type { Scale } from './scale.ts';

/** Room for labels of ticks, the name of the y axis above the plane and that of the x axis below. */
const LEFT = 46, RIGHT = 16, TOP = 28, TOP_WITHOUT_NAME = 12, BOTTOM = 40;

export interface Axis {
  /** May be empty where the chart's title says it. */
  readonly label: string;
  readonly scale: Scale;
  readonly format?: (value: number) => string;
}

export interface Plot {
  /** What the chart shows, for those who cannot see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Drawing units, about px on a phone; default 400 by 240. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Drawn between grid and axes. */
  readonly marks: (place: Place) => HtmlValue;
}

/** From values to drawing units. */
export interface Place {
  x(value: number): number;
  y(value: number): number;
}

export function plot({ description, x, y, size = { width: 400, height: 240 }, marks }: Plot): Html {
  const { width, height } = size, top = y.label === '' ? TOP_WITHOUT_NAME : TOP;
  const place: Place = {
    x: (value) => rounded(LEFT + x.scale.at(value) * (width - LEFT - RIGHT)),
    y: (value) => rounded(height - BOTTOM - y.scale.at(value) * (height - top - BOTTOM)),
  };
  const bottom = height - BOTTOM, right = width - RIGHT;
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${description}">
<g class="grid">${y.scale.ticks.map((tick) => html`<path d="M${LEFT} ${place.y(tick)}H${right}"/>`)}</g>
<g class="ticks">${y.scale.ticks.map((tick) => html`<text x="${LEFT - 6}" y="${place.y(tick) + 4}" text-anchor="end">${(y.format ?? brief)(tick)}</text>`)}
${x.scale.ticks.map((tick) => html`<text x="${place.x(tick)}" y="${bottom + 16}" text-anchor="middle">${(x.format ?? brief)(tick)}</text>`)}</g>
${marks(place)}
<path class="axis" d="M${LEFT} ${bottom}H${right}"/>
<text class="label" x="${(LEFT + right) / 2}" y="${height - 5}" text-anchor="middle">${x.label}</text>
<text class="label" x="2" y="12">${y.label}</text>
</svg>`;
}

/** A tenth of a unit is finer than any screen. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
