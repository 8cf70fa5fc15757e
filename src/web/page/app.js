// The dashboard: who is here, and which of its pages is open. Preact with htm, as modules, no build step.
import { html, render, useEffect, useState } from '/library/htm-preact.js';
import { LivePage } from '/live-page.js';
import { LoginPage } from '/login-page.js';
import { loadSession, mayAct, order } from '/service.js';

const PAGES = { live: 'Live', history: 'History', labels: 'Label corner' };
const pageOf = () => { const name = location.hash.replace(/^#\/?/, '').split('?')[0]; return name in PAGES ? name : 'live'; };

/** Pages other than the first are loaded when they are opened. */
const LATER = { history: () => import('/history-page.js').then(({ HistoryPage }) => HistoryPage), labels: () => import('/label-page.js').then(({ LabelPage }) => LabelPage) };

function App() {
  const [session, setSession] = useState(undefined);
  const [problem, setProblem] = useState('');
  const [page, setPage] = useState(pageOf);
  const [later, setLater] = useState({});
  const [facts, setFacts] = useState(undefined);
  const refresh = () => loadSession().then(async (found) => {
    if (found.name !== null) setFacts(await (await fetch('/api/line')).json());
    setSession(found);
    setProblem('');
  }).catch((error) => setProblem(error.message));
  useEffect(() => { void refresh(); }, []);
  useEffect(() => {
    const follow = () => setPage(pageOf());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    document.title = `${PAGES[page]} · Sortline${facts === undefined ? '' : ` ${facts.line}`}`;
    if (page in LATER && later[page] === undefined) void LATER[page]().then((Page) => setLater((known) => ({ ...known, [page]: () => Page })));
  }, [page, facts]);
  if (session === undefined) return html`<p class="loading" role="status">${problem === '' ? 'Connecting to the line…' : `${problem}.`} ${problem !== '' && html`<button onClick=${refresh}>Try again</button>`}</p>`;
  if (session.name === null) return html`<${LoginPage} session=${session} onWelcome=${refresh} />`;
  const Page = page === 'live' ? LivePage : later[page]?.();
  return html`
    <header class="top">
      <h1>Sortline <span class="faint">${facts.site} / ${facts.line}</span></h1>
      <nav aria-label="Pages">${Object.entries(PAGES).filter(([name]) => name !== 'labels' || mayAct(session, 'operator')).map(([name, title]) => html`<a href=${`#/${name}`} aria-current=${page === name ? 'page' : undefined}>${title}</a>`)}</nav>
      <div class="who"><span>${session.name} · ${session.role}</span>${session.hasLogin && html`<button class="small" onClick=${() => order('/api/logout').finally(refresh)}>Log out</button>`}</div>
    </header>
    <main>${Page === undefined ? html`<p role="status">Loading…</p>` : html`<${Page} session=${session} facts=${facts} onDismissed=${refresh} />`}</main>`;
}

const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
