// Which material goes where, and how sure the line must be. A change is tried on the last items before it can be applied, and the
// recipe before is one step away.
import { html, useState } from '/library/htm-preact.js';
import { count, MATERIALS, share } from '/format.js';
import { command, mayAct, order } from '/service.js';

export function RecipeEditor({ view, facts, session }) {
  const { recipe, previousRecipe } = view;
  const [draft, setDraft] = useState(undefined);
  const [tried, setTried] = useState(undefined);
  const [answer, setAnswer] = useState({ text: '', isGood: true });
  if (recipe === undefined || recipe === null) return null;
  const mayEdit = mayAct(session, 'maintainer');
  const shown = draft ?? recipe;
  const edit = (change) => {
    setDraft({ ...shown, ...change });
    setTried(undefined);
    setAnswer({ text: '', isGood: true });
  };
  const attempt = async (work, said) => {
    try {
      await work();
      if (said !== undefined) setAnswer({ text: said, isGood: true });
    } catch (error) {
      setAnswer({ text: error.message, isGood: false });
    }
  };
  const apply = (next, said) => attempt(async () => {
    await command('set-recipe', { recipe: next });
    setDraft(undefined);
    setTried(undefined);
  }, said);
  return html`<section class="panel" aria-label="Recipe">
    <div class="heading"><h2>Recipe “${recipe.name}”</h2>${!mayEdit && html`<span class="note">changing it needs the role maintainer</span>`}</div>
    <div class="recipe">
      ${mayEdit && html`<label>Name <input value=${shown.name} maxlength="64" onInput=${(event) => edit({ name: event.target.value })} /></label>`}
      ${MATERIALS.map((material) => html`<div class="line" key=${material}>
        <span class="material" data-material=${material}>${material}</span>
        <select aria-label=${`Bin for ${material}`} disabled=${!mayEdit} value=${shown.binByMaterial[material]} onChange=${(event) => edit({ binByMaterial: { ...shown.binByMaterial, [material]: event.target.value } })}>
          ${[...facts.bins.map(({ id }) => id), 'residue'].map((bin) => html`<option value=${bin} selected=${bin === shown.binByMaterial[material]}>${bin}</option>`)}
        </select>
        <input type="range" min="0" max="1" step="0.01" aria-label=${`Confidence that ${material} needs`} disabled=${!mayEdit} value=${shown.thresholdByMaterial[material]} onInput=${(event) => edit({ thresholdByMaterial: { ...shown.thresholdByMaterial, [material]: Number(event.target.value) } })} />
        <span class="number">${share(shown.thresholdByMaterial[material])}</span>
      </div>`)}
      ${mayEdit && html`<div class="buttons">
        <button disabled=${draft === undefined} onClick=${() => attempt(async () => setTried(await order('/api/dry-run', { recipe: draft })))}>Try on the last items</button>
        <button class="main" disabled=${tried === undefined} onClick=${() => apply(draft, `recipe “${draft.name}” applied`)}>Apply</button>
        <button disabled=${draft === undefined} onClick=${() => { setDraft(undefined); setTried(undefined); }}>Discard</button>
        <button disabled=${!previousRecipe} onClick=${() => apply(previousRecipe, `back to recipe “${previousRecipe.name}”`)}>Back to ${previousRecipe ? `“${previousRecipe.name}”` : 'the one before'}</button>
      </div>`}
      <div role="status" aria-live="polite">${tried !== undefined && html`<${Tried} tried=${tried} />`}</div>
      <p class=${`answer ${answer.isGood ? 'good' : 'bad'}`} role="alert">${answer.text}</p>
    </div>
  </section>`;
}

function Tried({ tried: { items, changed, moves } }) {
  return html`<p><strong id="dry-run">Would have changed ${count(changed)} of ${count(items)}</strong> of the last items.</p>
    ${moves.length > 0 && html`<ul>${moves.map(({ material, from, to, items: moved }) => html`<li>${count(moved)} × <span class="material" data-material=${material}>${material}</span>: ${to} instead of ${from}</li>`)}</ul>`}`;
}
