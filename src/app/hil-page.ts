// The report of a hardware-in-the-loop run as one page that needs nothing else: checks, figures, and per actuator the histograms of
// acknowledgement time, count error and the time from encoder edge to pin.
import { quantile } from './hil-checks.ts';
import type { ActuatorTiming, HilReport } from './hil-report.ts';
import { escaped } from './hil-report.ts';

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f23}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d8dee4;vertical-align:top}
.ok{color:#116329;font-weight:600}.bad{color:#a40e26;font-weight:600}figure{display:inline-block;margin:0 1.5rem 1rem 0}figcaption{font-size:.85rem;color:#57606a}svg{display:block}svg text{font:11px system-ui,sans-serif;fill:#57606a}`;
const CHART = { width: 300, height: 110, foot: 18, bars: 24 };
/** Values that are whole numbers get a bar each, up to so many. */
const WHOLE_BARS = 21;

export function pageOf(report: HilReport): string {
  const { passed, board, firmware, startedIso, checks, items, commands, actuators } = report;
  const failed = checks.filter((check) => !check.passed).length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>HIL ${escaped(board)}</title><style>${STYLE}</style></head><body>
<h1>Hardware in the loop: <span class="${passed ? 'ok' : 'bad'}">${passed ? 'passed' : `${failed} of ${checks.length} checks failed`}</span></h1>
<p>${escaped(board)}, firmware ${escaped(firmware ?? 'unknown')}, ${escaped(startedIso)}. ${commands.asked} commands, ${commands.accepted} accepted, ${commands.fired} fired, ${commands.wrong} wrong${items === undefined ? '' : `; ${items.itemsSeen} items in ${items.seconds.toFixed(0)} s`}.
Answered within ${commands.ackMsMedian.toFixed(1)} ms (half) and ${commands.ackMsP99.toFixed(1)} ms (99 %).</p>
<h2>Checks</h2>
<table><tr><th></th><th>what</th><th>found</th></tr>
${checks.map((check) => `<tr><td class="${check.passed ? 'ok' : 'bad'}">${check.passed ? 'ok' : 'failed'}</td><td>${escaped(check.title)}</td><td>${escaped(check.found)}</td></tr>`).join('\n')}
</table>
${actuators.map(actuatorSection).join('\n')}
</body></html>
`;
}

function actuatorSection({ actuator, output, commands, fired, ackMs, countErrors, afterEdgeUs }: ActuatorTiming): string {
  const charts = [
    { name: 'acknowledged after', unit: 'ms', values: ackMs },
    { name: 'fired beside its count by', unit: 'counts', values: countErrors },
    { name: 'pin after the encoder edge', unit: 'µs', values: afterEdgeUs },
  ].filter(({ values }) => values.length > 0);
  return `<h2>${escaped(actuator)} (output ${output}): ${commands} commands, ${fired} fired</h2>\n${charts.map(figure).join('\n')}`;
}

function figure({ name, unit, values }: { name: string; unit: string; values: readonly number[] }): string {
  const bars = histogramOf(values);
  const most = Math.max(...bars.map(({ count }) => count));
  const width = CHART.width / bars.length, room = CHART.height - CHART.foot;
  const rects = bars.map(({ count, from, to }, index) => {
    const height = (count / most) * room;
    const range = from === to ? `${from}` : `${from.toPrecision(3)} to ${to.toPrecision(3)}`;
    return `<rect x="${(index * width).toFixed(1)}" y="${(room - height).toFixed(1)}" width="${Math.max(1, width - 1).toFixed(1)}" height="${height.toFixed(1)}" fill="#0969da"><title>${range} ${unit}: ${count}</title></rect>`;
  });
  const first = bars[0]!.from, last = bars.at(-1)!.to;
  return `<figure><svg width="${CHART.width}" height="${CHART.height}" role="img" aria-label="${escaped(name)}">${rects.join('')}<text x="0" y="${CHART.height - 4}">${+first.toPrecision(3)}</text><text x="${CHART.width}" y="${CHART.height - 4}" text-anchor="end">${+last.toPrecision(3)} ${unit}</text></svg>
<figcaption>${escaped(name)}: median ${+quantile(values, 0.5).toPrecision(3)}, 99 % ${+quantile(values, 0.99).toPrecision(3)}, largest ${+Math.max(...values).toPrecision(3)} ${unit}, ${values.length} values</figcaption></figure>`;
}

export interface HistogramBar {
  readonly from: number;
  /** The same as `from` where the bar is one whole number. */
  readonly to: number;
  readonly count: number;
}

/** Whole numbers close together get a bar each; others as many equal bars as the chart has room for. Every value is in exactly one bar. */
export function histogramOf(values: readonly number[]): HistogramBar[] {
  const min = Math.min(...values), max = Math.max(...values);
  if (values.every(Number.isInteger) && max - min < WHOLE_BARS) {
    return Array.from({ length: max - min + 1 }, (_, index) => ({ from: min + index, to: min + index, count: values.filter((value) => value === min + index).length }));
  }
  const width = (max - min) / CHART.bars || 1;
  const counts = new Array<number>(CHART.bars).fill(0);
  for (const value of values) counts[Math.min(CHART.bars - 1, Math.floor((value - min) / width))]!++;
  return counts.map((count, index) => ({ from: min + index * width, to: min + (index + 1) * width, count }));
}
