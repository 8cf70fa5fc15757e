// Periods people mean: the last hour, a day, a shift of the plant, a run of the service, a batch.
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Every period on offer, grouped; shifts of today and yesterday that have begun. */
export function choicesOf({ nowMs, shifts, spans }) {
  const midnight = new Date(nowMs).setHours(0, 0, 0, 0);
  const lately = [['Last hour', HOUR_MS], ['Last 8 hours', 8 * HOUR_MS], ['Last 24 hours', DAY_MS], ['Last 7 days', 7 * DAY_MS], ['Last 30 days', 30 * DAY_MS]]
    .map(([name, ms]) => ({ group: 'Lately', name, fromMs: nowMs - ms, toMs: nowMs }));
  const days = [{ group: 'Days', name: 'Today', fromMs: midnight, toMs: nowMs }, { group: 'Days', name: 'Yesterday', fromMs: new Date(midnight - HOUR_MS).setHours(0, 0, 0, 0), toMs: midnight }];
  return [...lately, ...days, ...shiftsOf(nowMs, midnight, shifts), ...spans.map((span) => spanChoice(span, nowMs))];
}

function shiftsOf(nowMs, midnight, shifts) {
  const begins = [-1, 0, 1].flatMap((day) => shifts.map((time) => {
    const [hours, minutes] = time.split(':').map(Number);
    const at = new Date(midnight);
    at.setDate(at.getDate() + day);
    return { time, at: at.setHours(hours, minutes, 0, 0) };
  })).sort((a, b) => a.at - b.at);
  return begins.slice(0, -1).map(({ time, at }, index) => ({ group: 'Shifts', name: `${new Intl.DateTimeFormat(navigator.language, { weekday: 'short' }).format(at)} ${time}–${begins[index + 1].time}`, fromMs: at, toMs: Math.min(nowMs, begins[index + 1].at) }))
    .filter(({ fromMs }) => fromMs < nowMs).reverse();
}

function spanChoice({ kind, name, fromMs, toMs }, nowMs) {
  return { group: kind === 'run' ? 'Runs of the service' : 'Batches', name, fromMs, toMs: toMs === undefined || toMs <= fromMs ? nowMs : toMs };
}

/** `#/history?from=…&to=…`; the last hour where the address says nothing. */
export function periodFromAddress() {
  const query = new URLSearchParams(location.hash.split('?')[1] ?? '');
  const [fromMs, toMs] = [Number(query.get('from')), Number(query.get('to'))];
  if (fromMs > 0 && toMs > fromMs) return { fromMs, toMs };
  const nowMs = Date.now();
  return { fromMs: nowMs - HOUR_MS, toMs: nowMs };
}

export function periodToAddress({ fromMs, toMs }) {
  history.replaceState(null, '', `#/history?from=${fromMs}&to=${toMs}`);
}

/** For an input of type datetime-local: local time to the minute. */
export function toLocalInput(ms) {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
