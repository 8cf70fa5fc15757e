// Bins: how full, how pure, how much of what belongs there they get, against their targets, and what they take. What a person acts on
// comes first: a phone shows the left part.
import { html, useState } from '/library/htm-preact.js';
import { count, share } from '/format.js';
import { command, mayAct } from '/service.js';

export function Judged({ value, target }) {
  if (value === undefined || value === null) return html`–`;
  if (target === undefined || target === null) return share(value, 1);
  const isMet = value >= target;
  return html`<span class=${isMet ? 'good' : 'bad'}>${share(value, 1)} ${isMet ? '▲' : '▼'}<span class="hidden">${isMet ? 'target met' : 'below target'}</span></span><br /><span class="note">of ${share(target, 0)}</span>`;
}

export function BinTable({ view, facts, session }) {
  const [answer, setAnswer] = useState('');
  const toggle = async (bin, enabled) => {
    setAnswer('');
    try {
      await command('enable-bin', { bin, enabled });
    } catch (error) {
      setAnswer(`bin ${bin}: ${error.message}`);
    }
  };
  const isMeasured = view.bins.some(({ from }) => from === 'truth');
  return html`<section class="panel" aria-label="Bins">
    <h2>Bins</h2>
    <div class="scroll"><table>
      <thead><tr><th>bin</th><th>state</th><th class="number">purity</th><th class="number">recovery</th><th class="number">items</th><th>takes</th></tr></thead>
      <tbody>${view.bins.map(({ bin, materials, total, purity, recovery, full, enabled }) => {
        const target = facts.bins.find(({ id }) => id === bin);
        return html`<tr key=${bin}>
          <td><strong>${bin}</strong></td>
          <td>${target === undefined ? '' : html`${full ? html`<span class="chip bad">full</span> ` : ''}${mayAct(session, 'operator')
            ? html`<label class="row"><input type="checkbox" checked=${enabled} onChange=${(event) => toggle(bin, event.target.checked)} aria-label=${`Use bin ${bin}`} />${enabled ? 'in use' : 'off'}</label>` : enabled ? 'in use' : html`<span class="warn">off</span>`}`}</td>
          <td class="number"><${Judged} value=${purity} target=${target?.targetPurity} /></td>
          <td class="number"><${Judged} value=${recovery} target=${target?.targetRecovery} /></td>
          <td class="number">${count(total)}</td>
          <td>${materials.map((material) => html`<span class="material" data-material=${material}>${material}</span> `)}</td>
        </tr>`;
      })}</tbody>
    </table></div>
    <p class="note">${isMeasured ? 'Purity and recovery of the last 500 items, by where each fell on the simulated belt.' : 'Purity and recovery of the last 500 items, estimated from the model’s calibrated confidence.'}</p>
    <p class="answer bad" role="alert">${answer}</p>
  </section>`;
}
