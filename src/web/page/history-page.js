// The past: any period, shift, run or batch; what it came to, and its items. The period stands in the address, so that it can be
// sent and gone back to.
import { html, useEffect, useState } from '/library/htm-preact.js';
import { Judged } from '/bin-table.js';
import { causeText, count, duration, momentOf, share } from '/format.js';
import { HistoryChart } from '/history-chart.js';
import { ItemBrowser } from '/item-browser.js';
import { choicesOf, periodFromAddress, periodToAddress, toLocalInput } from '/periods.js';
import { ask } from '/service.js';

export function HistoryPage({ facts }) {
  const [period, setPeriod] = useState(periodFromAddress);
  const [spans, setSpans] = useState([]);
  const [overview, setOverview] = useState(undefined);
  const [problem, setProblem] = useState('');
  useEffect(() => { void ask('/api/history/spans').then(setSpans).catch(() => undefined); }, []);
  useEffect(() => {
    periodToAddress(period);
    let isWanted = true;
    setProblem('');
    ask(`/api/history/overview?from=${period.fromMs}&to=${period.toMs}`).then((found) => isWanted && setOverview(found)).catch((error) => {
      if (!isWanted) return;
      setOverview(undefined);
      setProblem(error.message);
    });
    return () => { isWanted = false; };
  }, [period.fromMs, period.toMs]);
  const query = `from=${period.fromMs}&to=${period.toMs}`;
  return html`
    <section class="panel" aria-label="Period">
      <div class="heading"><h2>${momentOf(period.fromMs)} – ${momentOf(period.toMs)}</h2>
        <div class="buttons note"><a href=${`/api/history/report.html?${query}`} download>Report</a><a href=${`/api/history/export.csv?${query}`} download>CSV of items</a><a href=${`/api/history/export.json?${query}`} download>JSON</a></div></div>
      <${PeriodPicker} period=${period} onPick=${setPeriod} spans=${spans} shifts=${facts.shifts} />
      <p class="answer bad" role="alert">${problem}</p>
    </section>
    ${overview === undefined ? html`<p role="status">${problem === '' ? 'Asking the ledger…' : ''}</p>` : html`<${Overview} overview=${overview} facts=${facts} />`}
    <${ItemBrowser} period=${period} facts=${facts} />`;
}

function PeriodPicker({ period, onPick, spans, shifts }) {
  const [from, setFrom] = useState(toLocalInput(period.fromMs));
  const [to, setTo] = useState(toLocalInput(period.toMs));
  useEffect(() => {
    setFrom(toLocalInput(period.fromMs));
    setTo(toLocalInput(period.toMs));
  }, [period]);
  const choices = choicesOf({ nowMs: Date.now(), shifts, spans });
  const submit = (event) => {
    event.preventDefault();
    const [fromMs, toMs] = [new Date(from).getTime(), new Date(to).getTime()];
    if (fromMs < toMs) onPick({ fromMs, toMs });
  };
  return html`<form class="filters" onSubmit=${submit}>
    <label>Period <select id="period" onChange=${(event) => { const choice = choices[event.target.value]; if (choice !== undefined) onPick({ fromMs: choice.fromMs, toMs: choice.toMs }); }}>
      <option value="">choose…</option>
      ${[...new Set(choices.map(({ group }) => group))].map((group) => html`<optgroup label=${group}>${choices.map((choice, index) => choice.group === group && html`<option value=${index}>${choice.name}</option>`)}</optgroup>`)}
    </select></label>
    <label>From <input type="datetime-local" value=${from} onInput=${(event) => setFrom(event.target.value)} required /></label>
    <label>To <input type="datetime-local" value=${to} onInput=${(event) => setTo(event.target.value)} required /></label>
    <button>Show</button>
  </form>`;
}

function Overview({ overview, facts }) {
  const { tallies, bins, alarms, period, recipe, recipeChanges } = overview;
  const items = tallies.reduce((sum, tally) => sum + tally.items, 0);
  const isMeasured = bins.some(({ from }) => from === 'truth');
  return html`<div class="split" style=${{ marginTop: '.75rem' }}>
    <section class="panel wide" aria-label="Items over time"><div class="heading"><h2>${count(items)} items</h2><span class="note">${count(Math.round(items / ((period.toMs - period.fromMs) / 3_600_000)))} an hour · recipe ${recipe?.name ?? 'no longer known'}${recipeChanges > 0 ? `, changed ${recipeChanges} ×` : ''}</span></div><${HistoryChart} overview=${overview} /></section>
    <section class="panel" aria-label="Bins in this period"><h2>Bins</h2><div class="scroll"><table>
      <thead><tr><th>bin</th><th class="number">items</th><th class="number">purity</th><th class="number">recovery</th></tr></thead>
      <tbody>${bins.map(({ bin, items: inBin, purity, recovery }) => {
        const target = facts.bins.find(({ id }) => id === bin);
        return html`<tr key=${bin}><td>${bin}</td><td class="number">${count(inBin)}</td><td class="number"><${Judged} value=${purity} target=${target?.targetPurity} /></td><td class="number"><${Judged} value=${recovery} target=${target?.targetRecovery} /></td></tr>`;
      })}</tbody></table></div>
      <p class="note">${isMeasured ? 'Counted from where each item fell on the simulated belt.' : 'Estimated from the model’s calibrated confidence.'}</p></section>
    <section class="panel" aria-label="Composition"><h2>Composition</h2><${Shares} tallies=${tallies} whole=${items} nameOf=${({ material }) => material || 'not classified'} isMaterial=${true} /></section>
    <section class="panel" aria-label="Outcomes"><h2>Outcomes</h2><${Shares} tallies=${tallies} whole=${items} nameOf=${({ outcome }) => outcome} /></section>
    <section class="panel" aria-label="Not sorted, by cause"><h2>Not sorted, by cause</h2><${Shares} tallies=${tallies.filter(({ outcome }) => outcome !== 'sorted')} whole=${items} nameOf=${({ outcome, cause }) => `${outcome}: ${causeText(cause)}`} /></section>
    <section class="panel wide" aria-label="Alarms in this period"><h2>Alarms</h2>${alarms.length === 0 ? html`<p class="note">None.</p>` : html`<div class="scroll"><table>
      <thead><tr><th>alarm</th><th>about</th><th class="number">times</th><th class="number">active</th></tr></thead>
      <tbody>${alarms.map(({ alarm, subject, times, activeMs }) => html`<tr><td>${alarm}</td><td>${subject}</td><td class="number">${count(times)}</td><td class="number">${duration(activeMs)}</td></tr>`)}</tbody></table></div>`}</section>
  </div>`;
}

function Shares({ tallies, whole, nameOf, isMaterial }) {
  const byName = new Map();
  for (const tally of tallies) byName.set(nameOf(tally), (byName.get(nameOf(tally)) ?? 0) + tally.items);
  const rows = [...byName].sort((a, b) => b[1] - a[1]);
  if (rows.length === 0) return html`<p class="note">No items.</p>`;
  return html`<div class="scroll"><table><tbody>${rows.map(([name, items]) => html`<tr key=${name}>
    <td>${isMaterial ? html`<span class="material" data-material=${name}>${name}</span>` : name}</td><td class="number">${count(items)}</td><td class="number">${share(items / whole, 1)}</td>
    <td aria-hidden="true"><div class="bar"><span style=${{ width: `${(100 * items) / whole}%` }}></span></div></td></tr>`)}</tbody></table></div>`;
}
