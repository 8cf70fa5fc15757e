// The label corner: one picture that the model was unsure of, one key for what it is. What a person says goes to the folder that
// the next training learns from.
import { html, useEffect, useLayoutEffect, useState } from '/library/htm-preact.js';
import { count, MATERIALS, share, shortId } from '/format.js';
import { ask, order } from '/service.js';

const LABELS = [...MATERIALS, 'unclear'];
const KEYS = ['1', '2', '3', '4', '5', '6', '0'];

export function LabelPage({ facts }) {
  const [left, setLeft] = useState(undefined);
  const [queue, setQueue] = useState([]);
  const [story, setStory] = useState(undefined);
  const [said, setSaid] = useState({ text: '', isGood: true });
  const refill = () => ask('/api/labels').then(({ waiting, next }) => {
    setLeft(waiting);
    setQueue(next);
  }).catch((error) => setSaid({ text: error.message, isGood: false }));
  useEffect(() => { void refill(); }, []);
  const current = queue[0];
  useEffect(() => {
    setStory(undefined);
    if (current !== undefined) void ask(`/api/history/item/${current.itemId}`).then(setStory).catch(() => undefined);
  }, [current?.itemId]);
  const act = async (path, body, text) => {
    try {
      await order(path, body);
      setSaid({ text, isGood: true });
    } catch (error) {
      setSaid({ text: error.message, isGood: false });
    }
    await refill();
  };
  const label = (name) => {
    if (current === undefined) return;
    setQueue((known) => known.slice(1));
    void act('/api/labels', { itemId: current.itemId, label: name }, `${shortId(current.itemId)} is ${name}`);
  };
  const undo = () => act('/api/labels/undo', {}, 'the last label was taken back');
  // Before the picture is painted: a key pressed at its sight must not meet the keys of the one before.
  useLayoutEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      if (event.key === 'u' || event.key === 'Backspace') void undo();
      else if (KEYS.includes(event.key)) label(LABELS[KEYS.indexOf(event.key)]);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  return html`<section class="panel label-corner" aria-label="Label corner">
    <h2>What is this?</h2>
    ${current === undefined ? html`<p role="status">${left === undefined ? 'Looking…' : facts.hasHarvest ? 'Nothing waits: the line was sure of everything it kept.' : 'Nothing waits. The line keeps no pictures: set harvest.enabled to true in its config.'}</p>` : html`
      <img src=${`/api/crop/${current.itemId}.jpg`} alt=${`Item ${shortId(current.itemId)} as the model saw it`} />
      <p class="note">item ${shortId(current.itemId)} of ${current.day}${story ? `: the model said ${story.material ?? 'nothing'}, ${share(story.confidence)} sure${new Set(story.allLooks.map(({ material }) => material)).size > 1 ? `; looks: ${story.allLooks.map(({ material }) => material).join(', ')}` : ''}` : ''}</p>`}
    <div class="keys">${LABELS.map((name, index) => html`<button key=${name} disabled=${current === undefined} onClick=${() => label(name)}><kbd>${KEYS[index]}</kbd> ${name === 'unclear' ? name : html`<span class="material" data-material=${name}>${name}</span>`}</button>`)}
      <button onClick=${undo}><kbd>u</kbd> take back</button></div>
    <p role="status" class=${`answer ${said.isGood ? 'good' : 'bad'}`}>${said.text}</p>
    <p class="note">${left === undefined ? '' : `${count(left)} waiting.`} What you say is moved to the folder that “sortline dataset import” takes.</p>
  </section>`;
}
