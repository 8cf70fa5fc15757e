// The dashboard: one event source in, plain DOM out. Text only ever enters as textContent.
const byId = (id) => document.getElementById(id);
const maxItems = 40;
let items = [];

const percent = (share) => (share === undefined || Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`);

function row(cells, className) {
  const tr = document.createElement('tr');
  if (className) tr.className = className;
  for (const text of cells) {
    const td = document.createElement('td');
    td.textContent = text;
    tr.append(td);
  }
  return tr;
}

function showState(state, reason) {
  byId('state').textContent = `${state}: ${reason}`;
  byId('state').dataset.state = state;
  byId('start').disabled = state === 'running' || state === 'starting' || state === 'stopped';
  byId('pause').disabled = state !== 'running';
}

function showItems() {
  byId('items').replaceChildren(...items.map((item) => row([
    item.itemId.slice(item.itemId.lastIndexOf('-') + 1), item.material ?? 'unknown', percent(item.confidence), item.bin,
    item.cause === 'fired' ? item.outcome : `${item.outcome} (${item.cause})`,
  ], `outcome-${item.outcome}`)));
}

function showAlarms(alarms) {
  byId('alarms').replaceChildren(...alarms.map((alarm) => {
    const box = document.createElement('p');
    const title = document.createElement('strong');
    title.textContent = `${alarm.alarm} (${alarm.subject}) `;
    box.append(title, `${alarm.message}. ${alarm.whatToDo}`);
    return box;
  }));
}

function showBins(bins) {
  byId('bins').replaceChildren(...bins.map((bin) => row([
    bin.id, bin.settled, percent(bin.landed > 0 ? bin.right / bin.landed : undefined), percent(bin.due > 0 ? bin.right / bin.due : undefined),
    [bin.full && 'full', !bin.enabled && 'disabled'].filter(Boolean).join(', '),
  ])));
}

function showStats(stats) {
  if (!stats) return;
  const facts = {
    'items seen': stats.itemsSeen, 'belt': `${(stats.beltMmPerSecond / 1000).toFixed(2)} m/s`, 'frames processed': stats.framesProcessed,
    'frames dropped': stats.framesDropped, 'pictures classified': stats.cropsClassified,
    'exposure to command, p99 without inference': stats.overheadMsP99 === undefined ? '–' : `${stats.overheadMsP99.toFixed(1)} ms`,
    'serial round trip': stats.linkRoundTripMs === undefined ? '–' : `${stats.linkRoundTripMs.toFixed(1)} ms`,
  };
  byId('stats').replaceChildren(...Object.entries(facts).flatMap(([name, value]) => {
    const term = document.createElement('dt');
    const fact = document.createElement('dd');
    term.textContent = name;
    fact.textContent = value;
    return [term, fact];
  }));
}

function showView(view) {
  items = view.items;
  showState(view.state, view.reason);
  showItems();
  showAlarms(view.alarms);
  showBins(view.bins);
  showStats(view.stats);
}

async function command(name) {
  const response = await fetch(`/api/${name}`, { method: 'POST', headers: { 'x-sortline': '1' } });
  const answer = await response.json().catch(() => ({}));
  byId('answer').textContent = answer.result === 'refused' ? `Start refused: ${answer.reason}` : '';
}

const source = new EventSource('/api/events');
source.addEventListener('view', (message) => showView(JSON.parse(message.data)));
source.addEventListener('line', (message) => {
  const event = JSON.parse(message.data);
  if (event.kind === 'line.state') showState(event.state, event.reason);
  if (event.kind === 'item.settled') {
    items = [event, ...items].slice(0, maxItems);
    showItems();
  }
});
source.addEventListener('snapshot', () => {
  byId('camera').hidden = false;
  byId('camera').src = `/api/snapshot.jpg?${Date.now()}`;
});
source.addEventListener('error', () => showState('disconnected', 'the service does not answer; trying again'));
byId('start').addEventListener('click', () => void command('start'));
byId('pause').addEventListener('click', () => void command('pause'));
