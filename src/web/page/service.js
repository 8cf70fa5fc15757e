// Talks to the service: questions, orders, and the live stream. Nothing is shown that the service did not say.
export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

let csrf = null;

export async function loadSession() {
  const session = await ask('/api/session');
  csrf = session.csrf;
  return session;
}

/** JSON of a question; throws Refused with the service's own reason. */
export async function ask(path) {
  let response;
  try {
    response = await fetch(path);
  } catch {
    throw new Refused(0, 'the service does not answer');
  }
  if (!response.ok) throw new Refused(response.status, await reasonOf(response));
  return response.json();
}

/** Gives an order; its JSON answer, or Refused with the reason. */
export async function order(path, body = {}) {
  let response;
  try {
    response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json', ...(csrf === null ? {} : { 'x-csrf-token': csrf }) }, body: JSON.stringify(body) });
  } catch {
    throw new Refused(0, 'the order did not reach the service');
  }
  if (!response.ok) throw new Refused(response.status, await reasonOf(response));
  return response.json();
}

async function reasonOf(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).reason ?? text;
  } catch {
    return text;
  }
}

export const command = (name, args = {}) => order(`/api/command/${name}`, args);

const STALE_AFTER_MS = 4000;

/**
 * Follows the line until `stop()`: `onView(view)` with everything known after each message, `onSilent(reason)` when nothing came
 * for a while, `onDismissed()` when the login has ended.
 */
export function followLine({ onView, onSilent, onDismissed }) {
  let view;
  let lastNewsAt = performance.now();
  const source = new EventSource('/api/events');
  const heard = (next) => {
    lastNewsAt = performance.now();
    view = { ...next, heardAt: lastNewsAt };
    onView(view);
  };
  source.addEventListener('view', (message) => heard(JSON.parse(message.data)));
  source.addEventListener('update', (message) => heard(merge(view, JSON.parse(message.data))));
  source.addEventListener('error', () => {
    onSilent('the service does not answer; trying again');
    // A refused stream looks like a broken one: ask why.
    void ask('/api/session').then((session) => session.name === null && onDismissed()).catch(() => undefined);
  });
  const watch = setInterval(() => {
    const silentMs = performance.now() - lastNewsAt;
    if (silentMs > STALE_AFTER_MS) onSilent(`no news from the service for ${Math.round(silentMs / 1000)} s`);
  }, 1000);
  return () => {
    source.close();
    clearInterval(watch);
  };
}

const KEPT_ITEMS = 60;

function merge(view, update) {
  const { items, ...sections } = update;
  if (items === undefined) return { ...view, ...sections };
  const changed = new Map(items.map((item) => [item.itemId, item]));
  const known = new Set(view.items.map(({ itemId }) => itemId));
  const fresh = items.filter(({ itemId }) => !known.has(itemId));
  return { ...view, ...sections, items: [...fresh, ...view.items.map((item) => changed.get(item.itemId) ?? item)].slice(0, KEPT_ITEMS) };
}

const ROLES = ['viewer', 'operator', 'maintainer'];
export const mayAct = (session, needed) => ROLES.indexOf(session.role) >= ROLES.indexOf(needed);
