// Items of a period, filtered, in pages; one of them with its picture, looks and reasons.
import { html, useEffect, useRef, useState } from '/library/htm-preact.js';
import { causeText, count, MATERIALS, momentOf, OUTCOME_CLASS, OUTCOME_SIGN, quantity, share, shortId, timeOf } from '/format.js';
import { ask } from '/service.js';

const OUTCOMES = ['sorted', 'missed', 'rejected', 'inhibited', 'passed', 'lost'];

export function ItemBrowser({ period, facts }) {
  const [filter, setFilter] = useState({});
  const [page, setPage] = useState({ items: [], next: undefined, isLoading: true });
  const [problem, setProblem] = useState('');
  const [chosen, setChosen] = useState(undefined);
  const load = async (before) => {
    const query = new URLSearchParams({ from: period.fromMs, to: period.toMs, ...filter, ...(before === undefined ? {} : { beforeMs: before.wallMs, beforeItem: before.item }) });
    setProblem('');
    try {
      const found = await ask(`/api/history/items?${query}`);
      setPage((known) => ({ items: before === undefined ? found.items : [...known.items, ...found.items], next: found.next, isLoading: false }));
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => {
    setPage({ items: [], next: undefined, isLoading: true });
    void load();
  }, [period.fromMs, period.toMs, filter]);
  const pick = (name, options) => html`<label>${name} <select name=${name} onChange=${(event) => setFilter((known) => { const { [name]: _, ...rest } = known; return event.target.value === '' ? rest : { ...rest, [name]: event.target.value }; })}>
    <option value="">any</option>${options.map((option) => html`<option value=${option}>${option}</option>`)}</select></label>`;
  return html`<section class="panel" style=${{ marginTop: '.75rem' }} aria-label="Items of this period">
    <h2>Items</h2>
    <div class="filters">${pick('outcome', OUTCOMES)}${pick('material', MATERIALS)}${pick('bin', [...facts.bins.map(({ id }) => id), 'residue'])}</div>
    <div class="scroll"><table id="history-items">
      <thead><tr><th>first seen</th><th class="number">item</th><th>material</th><th class="number">sure</th><th class="number">looks</th><th>bin</th><th>outcome</th></tr></thead>
      <tbody>${page.items.map((item) => html`<tr key=${item.item} class="pick" onClick=${() => setChosen(item.itemId)}>
        <td>${timeOf(item.seenWallMs)}</td>
        <td class="number"><button class="small" onClick=${(event) => { event.stopPropagation(); setChosen(item.itemId); }} aria-label=${`Show item ${shortId(item.itemId)}`}>${shortId(item.itemId)}</button></td>
        <td>${item.material === null ? html`<span class="faint">unknown</span>` : html`<span class="material" data-material=${item.material}>${item.material}</span>`}</td>
        <td class="number">${share(item.confidence)}</td><td class="number">${count(item.looks)}</td><td>${item.bin ?? '–'}</td>
        <td class=${OUTCOME_CLASS[item.outcome] ?? ''}>${item.outcome === null ? 'on its way' : `${OUTCOME_SIGN[item.outcome]} ${item.outcome}`}${item.outcome !== null && item.outcome !== 'sorted' ? html` <span class="note">${causeText(item.cause)}</span>` : ''}</td>
      </tr>`)}</tbody></table></div>
    ${page.items.length === 0 && html`<p class="note" role="status">${page.isLoading ? 'Asking the ledger…' : page.next === undefined ? 'No such items in this period.' : 'None among the newest; look further back.'}</p>`}
    ${page.next !== undefined && html`<p><button onClick=${() => load(page.next)}>Older items</button></p>`}
    <p class="answer bad" role="alert">${problem}</p>
    ${chosen !== undefined && html`<${ItemStory} key=${chosen} itemId=${chosen} onClose=${() => setChosen(undefined)} />`}
  </section>`;
}

function ItemStory({ itemId, onClose }) {
  const dialog = useRef(null);
  const [story, setStory] = useState(undefined);
  const [problem, setProblem] = useState('');
  const [hasPicture, setPicture] = useState(true);
  useEffect(() => {
    dialog.current.showModal();
    void ask(`/api/history/item/${itemId}`).then(setStory).catch((error) => setProblem(error.message));
  }, []);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-label=${`Item ${shortId(itemId)}`}>
    <div class="heading"><h2>Item ${shortId(itemId)}</h2><button onClick=${() => dialog.current.close()}>Close</button></div>
    <p class="answer bad" role="alert">${problem}</p>
    ${story && html`<div class="split">
      <div>${hasPicture ? html`<img class="crop" src=${`/api/crop/${itemId}.jpg`} alt=${`Item ${shortId(itemId)} as the model saw it`} onError=${() => setPicture(false)} />` : html`<p class="note">No picture of it was kept: the line keeps those it was unsure of (harvest).</p>`}
        <${Facts} story=${story} /></div>
      <div><h3>Looks</h3>${story.allLooks.length === 0 ? html`<p class="note">None kept.</p>` : html`<div class="scroll"><table><thead><tr><th class="number">frame</th><th>material</th><th class="number">sure</th><th class="number">inference</th></tr></thead>
        <tbody>${story.allLooks.map((look) => html`<tr key=${look.frame}><td class="number">${count(look.frame)}</td><td>${look.material}</td><td class="number">${share(look.confidence, 1)}</td><td class="number">${quantity(look.inferenceMs, 'ms')}</td></tr>`)}</tbody></table></div>`}
        ${story.probabilities && html`<h3>Vote</h3><table><tbody>${MATERIALS.map((material, index) => html`<tr key=${material}><td><span class="material" data-material=${material}>${material}</span></td><td class="number">${share(story.probabilities[index], 1)}</td><td aria-hidden="true"><div class="bar"><span style=${{ width: `${100 * story.probabilities[index]}%` }}></span></div></td></tr>`)}</tbody></table>`}
      </div></div>`}
  </dialog>`;
}

function Facts({ story }) {
  const after = (ms) => (ms === null ? '–' : quantity(ms, 'ms'));
  const facts = [
    ['first seen', momentOf(story.seenWallMs)], ['decided', `${causeText(story.reason)} → ${story.bin ?? '–'}`], ['outcome', story.outcome === null ? 'on its way' : `${story.outcome}: ${causeText(story.cause)}`],
    ['after first sight', `decided ${after(story.decidedAfterMs)}, commanded ${after(story.commandedAfterMs)}, settled ${after(story.settledAfterMs)}`],
    ['size', `${quantity(story.lengthMm, 'mm')} along, ${quantity(story.widthMm, 'mm')} across`], ['fired', story.firedCounts === null ? '–' : `at count ${count(Math.round(story.firedCounts))}, ${story.countError ?? 0} off`],
    ['really', story.truthMaterial === null ? '–' : `${story.truthMaterial}, fell into ${story.landedBin}`], ['run', story.runId], ['model', story.modelSha256?.slice(0, 12) ?? '–'],
  ];
  return html`<table><tbody>${facts.map(([name, value]) => html`<tr key=${name}><th>${name}</th><td>${value}</td></tr>`)}</tbody></table>`;
}
