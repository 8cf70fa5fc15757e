// The line as it is now: state and controls, alarms, figures, picture, belt, bins, items, recipe.
import { html, useEffect, useState } from '/library/htm-preact.js';
import { AlarmList } from '/alarm-list.js';
import { BeltMap } from '/belt-map.js';
import { BinTable } from '/bin-table.js';
import { CameraView } from '/camera-view.js';
import { count, duration, quantity, share } from '/format.js';
import { ItemStream } from '/item-stream.js';
import { RecipeEditor } from '/recipe-editor.js';
import { command, followLine, mayAct } from '/service.js';

export function LivePage({ session, facts, onDismissed }) {
  const [view, setView] = useState(undefined);
  const [silence, setSilence] = useState('');
  useEffect(() => followLine({
    onView: (next) => {
      setView(next);
      setSilence('');
    },
    onSilent: setSilence, onDismissed,
  }), []);
  if (view === undefined) return html`<p role="status">${silence === '' ? 'Connecting to the line…' : `${silence}…`}</p>`;
  return html`<div class=${silence === '' ? '' : 'disconnected'}>
    <${StateBar} view=${view} silence=${silence} session=${session} />
    <${AlarmList} alarms=${view.alarms} session=${session} />
    <${Figures} view=${view} />
    <div class="live">
      <div class="at-camera"><${CameraView} isLive=${silence === ''} /></div>
      <div class="at-bins"><${BinTable} view=${view} facts=${facts} session=${session} /></div>
      <div class="at-belt"><${BeltMap} view=${view} facts=${facts} isLive=${silence === ''} /></div>
      <div class="at-items"><${ItemStream} items=${view.items} /></div>
      <div class="at-recipe"><${RecipeEditor} view=${view} facts=${facts} session=${session} /></div>
    </div>
  </div>`;
}

function StateBar({ view, silence, session }) {
  const [answer, setAnswer] = useState('');
  const [note, setNote] = useState(undefined);
  const { state, reason, by, sinceMs } = view.state;
  const shown = silence === '' ? state : 'disconnected';
  const give = async (name, args) => {
    setAnswer('');
    try {
      await command(name, args);
      setNote(undefined);
      if (name === 'note') setAnswer('noted');
    } catch (error) {
      setAnswer(`${name} refused: ${error.message}`);
    }
  };
  const canAct = mayAct(session, 'operator') && silence === '';
  return html`<section class="panel state" data-state=${shown} aria-label="State of the line">
    <div role="status" aria-live="polite"><span class="word">${shown}</span> ${silence === '' ? html`<span>${reason}</span> <span class="faint">${by === 'line' ? '' : `by ${by}, `}for ${duration(view.nowMs - sinceMs)}</span>` : html`<span>${silence}</span>`}</div>
    <div class="controls">
      <button class="main" disabled=${!canAct || !['ready', 'paused', 'safe'].includes(state)} onClick=${() => give('start')}>Start</button>
      <button class="stop" disabled=${!canAct || state !== 'running'} onClick=${() => give('pause')}>Pause</button>
      ${canAct && html`<button onClick=${() => setNote(note === undefined ? '' : undefined)} aria-expanded=${note !== undefined}>Note</button>`}
    </div>
    ${note !== undefined && html`<form class="filters" onSubmit=${(event) => { event.preventDefault(); void give('note', { text: note }); }}>
      <label>Note for the record; “batch NAME” begins a batch <input value=${note} maxlength="1000" required onInput=${(event) => setNote(event.target.value)} /></label><button>Save</button></form>`}
    <p class="answer ${answer === 'noted' ? 'good' : 'bad'}" role="alert">${answer}</p>
  </section>`;
}

/** Items a minute come from the totals of the last seconds. */
function Figures({ view }) {
  const { stats, model } = view;
  const [rate, setRate] = useState({ past: [], perMinute: undefined });
  useEffect(() => {
    if (stats === undefined) return;
    setRate(({ past }) => {
      const kept = [...past, { at: view.nowMs, items: stats.itemsSeen }].slice(-31);
      const span = (kept.at(-1).at - kept[0].at) / 60_000;
      return { past: kept, perMinute: span > 0.03 ? (kept.at(-1).items - kept[0].items) / span : undefined };
    });
  }, [stats]);
  const settled = stats === undefined ? 0 : Object.values(stats.outcomes).reduce((sum, items) => sum + items, 0);
  const facts = [
    ['Items a minute', count(rate.perMinute === undefined ? undefined : Math.round(rate.perMinute))],
    ['Sorted', stats && settled > 0 ? share(stats.outcomes.sorted / settled, 1) : '–'],
    ['Missed or lost', count(stats && stats.outcomes.missed + stats.outcomes.lost)],
    ['Belt', quantity(stats && stats.beltMmPerSecond / 1000, 'm/s', 2)],
    ['Exposure to command, p99', quantity(stats?.overheadMsP99, 'ms')],
    ['Frames dropped', count(stats?.framesDropped)],
    ['Serial round trip', quantity(stats?.linkRoundTripMs, 'ms', 1)],
    ['Model', model === undefined ? '–' : `${model.model}, ${model.provider}${model.insteadOf ? ` for ${model.insteadOf}` : ''}`],
  ];
  return html`<dl class="figures" aria-label="Figures">${facts.map(([name, value]) => html`<div class="figure"><dt>${name}</dt><dd style=${name === 'Model' ? { fontSize: '1rem' } : {}}>${value}</dd></div>`)}</dl>`;
}
