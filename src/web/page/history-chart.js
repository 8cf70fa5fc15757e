// Items over time: all of them, what was sorted, and what was not. Drawn by uPlot, loaded only here.
import { html, useEffect, useRef } from '/library/htm-preact.js';
import { count } from '/format.js';

let library;

/** uPlot as its package ships it: a script that names itself. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const look = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/library/uplot.css' });
    const script = Object.assign(document.createElement('script'), { src: '/library/uplot.js', onload: () => resolve(window.uPlot), onerror: () => reject(new Error('the chart could not be loaded')) });
    document.head.append(look, script);
  });
  return library;
}

export function HistoryChart({ overview }) {
  const place = useRef(null);
  useEffect(() => {
    let plot, isOpen = true;
    void loadLibrary().then((UPlot) => {
      if (!isOpen || place.current === null) return;
      plot = new UPlot(optionsOf(UPlot, { width: place.current.clientWidth, overview }), dataOf(overview), place.current);
    }).catch((error) => { if (place.current !== null) place.current.textContent = error.message; });
    const resize = new ResizeObserver(([entry]) => plot?.setSize({ width: entry.contentRect.width, height: 240 }));
    resize.observe(place.current);
    return () => {
      isOpen = false;
      resize.disconnect();
      plot?.destroy();
    };
  }, [overview]);
  const { series: { stepMs, points } } = overview;
  const total = points.reduce((sum, { items }) => sum + items, 0);
  return html`<div class="chart" ref=${place} role="img" aria-label=${`${count(total)} items in steps of ${stepMs / 60_000} minutes; the tables below hold the figures`}></div><p class="note">Items per ${stepMs < 60_000 ? `${stepMs / 1000} s` : stepMs < 3_600_000 ? `${stepMs / 60_000} min` : `${stepMs / 3_600_000} h`}.</p>`;
}

/** One entry per step of the period, empty ones included. */
function dataOf({ series: { stepMs, points }, period }) {
  const first = Math.floor(period.fromMs / stepMs), steps = Math.max(1, Math.ceil(period.toMs / stepMs) - first);
  const at = Array.from({ length: steps }, (_, step) => ((first + step) * stepMs) / 1000);
  const [all, sorted, lost] = [0, 1, 2].map(() => new Array(steps).fill(0));
  for (const { atMs, outcome, items } of points) {
    const step = Math.floor(atMs / stepMs) - first;
    if (step < 0 || step >= steps) continue;
    all[step] += items;
    if (outcome === 'sorted') sorted[step] += items;
    if (outcome === 'missed' || outcome === 'lost') lost[step] += items;
  }
  return [at, all, sorted, lost];
}

function optionsOf(UPlot, { width, overview }) {
  const look = getComputedStyle(document.documentElement);
  const colour = (name) => resolved(look.getPropertyValue(name));
  const isLong = overview.period.toMs - overview.period.fromMs > 36 * 3_600_000;
  const clock = new Intl.DateTimeFormat(navigator.language, isLong ? { day: 'numeric', month: 'short', hour: '2-digit' } : { hour: '2-digit', minute: '2-digit' });
  const axis = { stroke: colour('--faint'), grid: { stroke: colour('--rule'), width: 1 }, ticks: { stroke: colour('--rule') } };
  const line = (label, name, dash) => ({ label, stroke: colour(name), width: 2, dash, points: { show: false }, paths: UPlot.paths.stepped({ align: 1 }) });
  return { width, height: 240, scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.05)] } }, axes: [{ ...axis, values: (_, splits) => splits.map((s) => clock.format(s * 1000)) }, axis], series: [{}, line('all', '--faint'), line('sorted', '--accent'), line('missed or lost', '--bad', [6, 4])] };
}

/** A canvas knows no light-dark(): let an element work it out. */
function resolved(value) {
  const probe = document.createElement('span');
  probe.style.color = value;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
