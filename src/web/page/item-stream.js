// The latest items, newest first.
import { html } from '/library/htm-preact.js';
import { causeText, OUTCOME_CLASS, OUTCOME_SIGN, share, shortId } from '/format.js';

export function ItemStream({ items }) {
  const hasTruth = items.some(({ truth }) => truth !== undefined);
  return html`<section class="panel" aria-label="Items">
    <div class="heading"><h2>Items</h2><a class="note" href="#/history">all items</a></div>
    <div class="stream scroll" tabindex="0" role="region" aria-label="Latest items"><table id="items">
      <thead><tr><th class="number">item</th><th>material</th><th class="number">sure</th><th>bin</th><th>outcome</th>${hasTruth && html`<th class="truth">really</th>`}</tr></thead>
      <tbody>${items.map((item) => html`<${ItemRow} key=${item.itemId} item=${item} hasTruth=${hasTruth} />`)}</tbody>
    </table></div>
  </section>`;
}

function ItemRow({ item: { itemId, material, confidence, bin, outcome, cause, truth }, hasTruth }) {
  const isPlain = outcome === 'sorted' || cause === 'residue-policy';
  const isWrong = truth !== undefined && material !== undefined && truth.material !== material;
  return html`<tr>
    <td class="number">${shortId(itemId)}</td>
    <td>${material === undefined ? html`<span class="faint">unknown</span>` : html`<span class="material" data-material=${material}>${material}</span>`}</td>
    <td class="number">${share(confidence)}</td>
    <td>${bin ?? '–'}</td>
    <td class=${OUTCOME_CLASS[outcome] ?? 'faint'}>${outcome === undefined ? 'on its way' : `${OUTCOME_SIGN[outcome]} ${outcome}`}${outcome !== undefined && !isPlain ? html`<br /><span class="note">${causeText(cause)}</span>` : ''}</td>
    ${hasTruth && html`<td class=${isWrong ? 'truth bad' : 'truth'}>${truth === undefined ? '' : truth.landedIn === (outcome === 'sorted' ? bin : 'residue') ? truth.material : `${truth.material}, fell into ${truth.landedIn}`}</td>`}
  </tr>`;
}
