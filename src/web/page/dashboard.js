// The dashboard: one event source in, plain DOM out. Text only ever enters as textContent. Shows nothing that the service
// did not say: without news for a while it says so and greys out.
const MAX_ITEMS = 40;
const PICTURE_PERIOD_MS = 500;
const STALE_AFTER_MS = 4000;
/** Which alarms speak of which part. */
const PARTS = {
  'camera': ['camera-stalled', 'calibration-mismatch'],
  'vision': ['vision-down', 'classifier-fallback', 'model-refused'],
  'controller board': ['link-down', 'link-refused', 'board-safe', 'heartbeat-lost', 'e-stop', 'jam'],
  'MQTT': ['mqtt-down'],
  'ledger': ['ledger-failing'],
  'config': ['config-rejected'],
};
const OUTCOME_CLASS = { sorted: 'ok', passed: '', missed: 'bad', lost: 'bad', rejected: 'warn', inhibited: 'warn' };
const UNNAMED_CAUSES = ['fired', 'residue-policy'];

const byId = (id) => document.getElementById(id);
const view = { state: 'starting', items: [], alarms: [] };
let lastNewsAt = performance.now();

const percent = (share, digits = 0) => (share === undefined || Number.isNaN(share) ? '–' : `${(share * 100).toFixed(digits)}\u00a0%`);
const milliseconds = (value) => (value === undefined ? '–' : `${value.toFixed(1)} ms`);

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** A table row; a cell is its text or [text, class]. */
function row(cells, className) {
  const tr = element('tr', undefined, className);
  tr.append(...cells.map((cell) => (Array.isArray(cell) ? element('td', ...cell) : element('td', cell))));
  return tr;
}

function showState() {
  byId('state').textContent = `${view.state}: ${view.reason}`;
  byId('state').dataset.state = view.state;
  byId('start').disabled = !['ready', 'paused', 'safe'].includes(view.state);
  byId('pause').disabled = view.state !== 'running';
  document.body.classList.toggle('disconnected', view.state === 'disconnected');
}

function itemRow({ itemId, material, confidence, bin, outcome, cause, truth }) {
  const number = itemId.slice(itemId.lastIndexOf('-') + 1).replace(/^0+(?=\d)/, '');
  const ending = outcome === undefined ? ['on\u00a0its\u00a0way', 'pending'] : [UNNAMED_CAUSES.includes(cause) ? outcome : `${outcome} (${cause})`, OUTCOME_CLASS[outcome]];
  const isWrong = truth !== undefined && material !== undefined && truth.material !== material;
  const really = truth === undefined ? '' : truth.landedIn === (outcome === 'sorted' ? bin : 'residue') ? truth.material : `${truth.material}, fell into ${truth.landedIn}`;
  return row([[number, 'number'], material ?? 'unknown', [percent(confidence), 'number'], bin, ending, [really, isWrong ? 'bad' : '']]);
}

function showItems() {
  byId('items').replaceChildren(...view.items.map(itemRow));
}

function showAlarms() {
  byId('alarms').replaceChildren(...view.alarms.map(({ alarm, subject, message, whatToDo }) => {
    const box = element('p');
    box.append(element('strong', subject === '' ? alarm : `${alarm} (${subject})`), ` ${message.replace(/\.$/, '')}. ${whatToDo}`);
    return box;
  }));
  byId('parts').replaceChildren(...Object.entries(PARTS).map(([part, codes]) => {
    const found = view.alarms.filter(({ alarm }) => codes.includes(alarm)).map(({ alarm }) => alarm);
    const item = element('li', found.length > 0 ? `${part}: ${found.join(', ')}` : part);
    item.dataset.part = found.length > 0 ? 'alarm' : view.state === 'starting' || view.state === 'disconnected' ? 'unknown' : 'ok';
    return item;
  }));
}

function showBins() {
  byId('bins').replaceChildren(...(view.bins ?? []).map(({ id, materials, settled, landed, right, due, full, enabled }) => row([
    full || !enabled ? [[id, full && 'full', !enabled && 'disabled'].filter(Boolean).join(', '), 'warn'] : id, materials.join(', '), [settled, 'number'], [percent(landed > 0 ? right / landed : undefined, 1), 'number'], [percent(due > 0 ? right / due : undefined, 1), 'number'],
  ])));
  byId('truth-note').textContent = (view.bins ?? []).some(({ due }) => due > 0)
    ? 'Purity and recovery are measured against what the simulator put on the belt, by where each item fell.'
    : 'Purity and recovery need to know what an item really was: only a simulated belt does.';
}

function showStats() {
  const { stats } = view;
  if (!stats) return;
  const facts = {
    'items seen': stats.itemsSeen, 'belt': `${(stats.beltMmPerSecond / 1000).toFixed(2)} m/s`, 'frames looked at': stats.framesProcessed,
    'frames dropped': stats.framesDropped, 'pictures classified': stats.cropsClassified, 'exposure to command, p99 without inference': milliseconds(stats.overheadMsP99),
    'serial round trip': milliseconds(stats.linkRoundTripMs), 'serial frames sent again': stats.linkRetransmissions, 'recipe': view.recipe?.name ?? '–',
    'model': view.model === undefined ? '–' : `${view.model.model} on ${view.model.provider}${view.model.insteadOf === undefined ? '' : ` in place of ${view.model.insteadOf}`}`,
  };
  byId('stats').replaceChildren(...Object.entries(facts).flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
  const sum = Object.values(stats.outcomes).reduce((total, count) => total + count, 0);
  byId('outcomes').replaceChildren(...Object.entries(stats.outcomes).map(([outcome, count]) => row([[outcome, OUTCOME_CLASS[outcome]], [count, 'number'], [percent(count / sum, 1), 'number']])));
}

function showAll() {
  showState();
  showAlarms();
  showItems();
  showBins();
  showStats();
}

function take(change) {
  if (change.kind === 'state') Object.assign(view, { state: change.state, reason: change.reason });
  if (change.kind === 'alarms') view.alarms = change.alarms;
  if (change.kind === 'item') {
    const at = view.items.findIndex(({ itemId }) => itemId === change.item.itemId);
    if (at >= 0) view.items[at] = change.item;
    else view.items = [change.item, ...view.items].slice(0, MAX_ITEMS);
    return showItems();
  }
  showState();
  showAlarms();
}

function disconnected(reason) {
  Object.assign(view, { state: 'disconnected', reason });
  showState();
  showAlarms();
}

async function order(name) {
  byId('answer').textContent = '';
  try {
    const response = await fetch(`/api/${name}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    const text = await response.text();
    if (response.ok) return;
    const reason = response.status === 409 ? JSON.parse(text).reason : text;
    byId('answer').textContent = `${name} refused: ${reason}`;
  } catch {
    byId('answer').textContent = `${name} did not reach the service`;
  }
}

// The next picture is asked for when this one is here and somebody looks: a hidden page costs the line nothing.
async function showPictures() {
  for (let shown; ; await new Promise((resolve) => setTimeout(resolve, PICTURE_PERIOD_MS))) {
    if (document.hidden || view.state === 'disconnected') continue;
    const response = await fetch('/api/snapshot.jpg').catch(() => undefined);
    if (response?.status !== 200) continue;
    const url = URL.createObjectURL(await response.blob());
    byId('camera').src = url;
    byId('camera').hidden = false;
    byId('no-picture').hidden = true;
    if (shown !== undefined) URL.revokeObjectURL(shown);
    shown = url;
  }
}

const source = new EventSource('/api/events');
source.addEventListener('view', (message) => {
  lastNewsAt = performance.now();
  Object.assign(view, { stats: undefined, recipe: undefined }, JSON.parse(message.data));
  showAll();
});
source.addEventListener('change', (message) => {
  lastNewsAt = performance.now();
  take(JSON.parse(message.data));
});
source.addEventListener('error', () => disconnected('the service does not answer; trying again'));
setInterval(() => {
  const silentMs = performance.now() - lastNewsAt;
  if (silentMs > STALE_AFTER_MS && view.state !== 'stopped') disconnected(`no news from the service for ${Math.round(silentMs / 1000)} s`);
}, 1000);
byId('start').addEventListener('click', () => void order('start'));
byId('pause').addEventListener('click', () => void order('pause'));
void showPictures();
