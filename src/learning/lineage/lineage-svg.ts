// A lineage as an SVG drawing: artifacts as boxes, runs with round ends, time from left to right. Black on white without fonts
// of its own, so that it reads on paper, in a report and in a browser.
import type { Html } from '../report/html.ts';
import { html } from '../report/html.ts';
import type { Layout, Place } from './layered-layout.ts';
import { layeredLayout } from './layered-layout.ts';
import type { LineageGraph, LineageNode } from './lineage-graph.ts';

// px
const BOX_HEIGHT = 46, ROW_HEIGHT = 66, COLUMN_GAP = 56, MARGIN = 16;
/** Of the fonts that stand for sans-serif, a letter of 13 px is at most about this wide on average. */
const LETTER_WIDTH = 7.4, PADDING = 14;
const LONGEST_TEXT = 40;

export function lineageSvg(graph: LineageGraph): Html {
  const layout = layeredLayout(graph.nodes.map(({ id }) => id), graph.edges);
  const columns = columnsOf(graph, layout);
  const width = (columns.at(-1)?.right ?? 0) + MARGIN, height = layout.rows * ROW_HEIGHT - (ROW_HEIGHT - BOX_HEIGHT) + 2 * MARGIN;
  const middle = ({ row }: Place): number => MARGIN + row * ROW_HEIGHT + BOX_HEIGHT / 2;
  const focus = graph.nodes.find(({ isFocus }) => isFocus);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${height}" width="${round(width)}" height="${height}" role="img" aria-label="Lineage of ${focus?.title}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<defs><marker id="lineage-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0.5 8 4 0 7.5z" fill="#555"/></marker></defs>
${layout.routes.map((route) => html`<path d="${curve(route, columns, middle)}" fill="none" stroke="#555" stroke-width="1.3" marker-end="url(#lineage-arrow)"/>
`)}${graph.nodes.map((node) => box(node, { column: columns[layout.placeById.get(node.id)!.column]!, middle: middle(layout.placeById.get(node.id)!) }))}</svg>
`;
}

interface Column {
  readonly left: number;
  readonly right: number;
}

/** Each column as wide as its widest box. */
function columnsOf(graph: LineageGraph, layout: Layout): Column[] {
  const widths = Array.from({ length: layout.columns }, () => 0);
  for (const node of graph.nodes) {
    const { column } = layout.placeById.get(node.id)!;
    widths[column] = Math.max(widths[column]!, widthOf(node));
  }
  let left = MARGIN;
  return widths.map((width) => {
    const column = { left, right: left + width };
    left = column.right + COLUMN_GAP;
    return column;
  });
}

function widthOf({ title, detail }: LineageNode): number {
  return Math.min(LONGEST_TEXT, Math.max(title.length, detail.length)) * LETTER_WIDTH + 2 * PADDING;
}

/** From the right side of the first place to the left side of the last, level at both ends and through every waypoint. */
function curve(route: readonly Place[], columns: readonly Column[], middle: (place: Place) => number): string {
  const [first, ...others] = route;
  let x = columns[first!.column]!.right, y = middle(first!);
  let path = `M${round(x)} ${y}`;
  for (const place of others) {
    const { left, right } = columns[place.column]!;
    const bend = Math.max(20, Math.abs(left - x) / 2);
    path += ` C${round(x + bend)} ${y} ${round(left - bend)} ${middle(place)} ${round(left)} ${middle(place)}`;
    y = middle(place);
    x = right;
    if (place !== route.at(-1)) path += ` H${round(x)}`;
  }
  return path;
}

/** As wide as its column, so that edges end at it. */
function box(node: LineageNode, at: { column: Column; middle: number }): Html {
  const { left, right } = at.column;
  const isRun = node.kind === 'run';
  const centre = round((left + right) / 2);
  return html`<g><title>${node.title}, ${node.detail}, ${node.atIso}</title><rect x="${round(left)}" y="${at.middle - BOX_HEIGHT / 2}" width="${round(right - left)}" height="${BOX_HEIGHT}" rx="${isRun ? BOX_HEIGHT / 2 : 4}" fill="${isRun ? '#f1f1f1' : '#fff'}" stroke="#222" stroke-width="${node.isFocus ? 3 : 1.2}"/>
<text x="${centre}" y="${at.middle - 4}" text-anchor="middle" font-weight="${isRun ? 400 : 700}" fill="#111">${short(node.title)}</text><text x="${centre}" y="${at.middle + 13}" text-anchor="middle" font-size="11.5" fill="#444">${short(node.detail)}</text></g>
`;
}

function short(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}

function round(px: number): number {
  return Math.round(px * 10) / 10;
}
