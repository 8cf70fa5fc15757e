// The belt from above, with what rides it on its way to the actuators. Positions are the encoder's: between two messages the page
// lets the belt run on at its last speed, and stands still with it.
import { html, useEffect, useState } from '/library/htm-preact.js';
import { shortId } from '/format.js';

const FRAME_MS = 66;
const BEYOND_MM = 250;

export function BeltMap({ view, facts, isLive }) {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!isLive || matchMedia('(prefers-reduced-motion: reduce)').matches) return undefined;
    const timer = setInterval(() => { if (!document.hidden) setTick((tick) => tick + 1); }, FRAME_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  const { viewMm, actuators, countsPerMm } = facts;
  const widthMm = viewMm.toY - viewMm.fromY;
  const lastMm = Math.max(viewMm.toX, ...actuators.map(({ offsetMm }) => offsetMm)) + BEYOND_MM;
  const ageS = (performance.now() - view.heardAt) / 1000;
  const nowCounts = view.belt === null || view.belt === undefined ? undefined : view.belt.counts + view.belt.countsPerSecond * Math.min(ageS, 2);
  const riding = nowCounts === undefined ? [] : view.items
    .filter(({ positionCounts, outcome, truth }) => positionCounts !== undefined && !(outcome === 'sorted') && truth === undefined)
    .map((item) => ({ ...item, xMm: (nowCounts - item.positionCounts) / countsPerMm }))
    .filter(({ xMm }) => xMm > viewMm.fromX - 100 && xMm < lastMm);
  return html`<section class="panel" aria-label="Belt">
    <div class="heading"><h2>Belt</h2><span class="note">${riding.length} on it; travel to the right, from the camera to the actuators</span></div>
    <div class="scroll" tabindex="0" role="region" aria-label="The belt from above"><svg class="belt" viewBox=${`${viewMm.fromX} ${viewMm.fromY - 60} ${lastMm - viewMm.fromX} ${widthMm + 120}`} role="img" aria-label=${`${riding.length} items on the belt on their way to ${actuators.length} actuators`}>
      <rect class="band" x=${viewMm.fromX} y=${viewMm.fromY} width=${lastMm - viewMm.fromX} height=${widthMm} />
      <rect class="view" x=${viewMm.fromX} y=${viewMm.fromY} width=${viewMm.toX - viewMm.fromX} height=${widthMm} />
      <text x=${viewMm.fromX + 10} y=${viewMm.fromY - 18}>camera</text>
      ${actuators.map(({ id, bin, offsetMm }) => html`<g key=${id}><line class="jet" x1=${offsetMm} x2=${offsetMm} y1=${viewMm.fromY - 12} y2=${viewMm.toY + 12} /><text class="jet-name" x=${offsetMm} y=${viewMm.toY + 44} text-anchor="middle">${bin}</text></g>`)}
      ${riding.map(({ itemId, xMm, yMm, lengthMm, widthMm: across, material, bin, outcome }) => html`
        <g key=${itemId} class=${`item${outcome === undefined && bin !== 'residue' ? '' : ' passing'}`} data-material=${material ?? ''} transform=${`translate(${xMm.toFixed(1)} ${(yMm ?? 0).toFixed(1)})`}>
          <rect x=${-lengthMm / 2} y=${-across / 2} width=${lengthMm} height=${across} rx="8" />
          <text text-anchor="middle" y="7">${material === undefined ? '?' : material[0].toUpperCase()}</text><title>${shortId(itemId)} ${material ?? 'not classified yet'} to ${bin ?? 'undecided'}</title>
        </g>`)}
    </svg></div>
    <p class="note">Letter and colour: material. Dashed: passes to the residue.</p>
  </section>`;
}
