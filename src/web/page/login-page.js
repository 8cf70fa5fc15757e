// Logging in, where the service asks for it.
import { html, useEffect, useRef, useState } from '/library/htm-preact.js';
import { order } from '/service.js';

export function LoginPage({ session, onWelcome }) {
  const [answer, setAnswer] = useState('');
  const [isBusy, setBusy] = useState(false);
  const name = useRef(null), password = useRef(null);
  useEffect(() => name.current?.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setAnswer('');
    try {
      await order('/api/login', { name: name.current.value, password: password.current.value });
      onWelcome();
    } catch (error) {
      setAnswer(error.message);
      password.current.value = '';
      password.current.focus();
    } finally {
      setBusy(false);
    }
  };
  if (!session.hasLogin) return html`<main><p role="alert">This service does not know who you are: it is reached through a proxy that must name you, or by its own name only.</p></main>`;
  return html`<main><form class="panel login" onSubmit=${submit}>
    <h1>Sortline</h1>
    <label>Name <input ref=${name} name="name" autocomplete="username" required maxlength="64" /></label>
    <label>Password <input ref=${password} name="password" type="password" autocomplete="current-password" required maxlength="1024" /></label>
    <button class="main" disabled=${isBusy}>${isBusy ? 'Checking…' : 'Log in'}</button>
    <p class="answer bad" role="alert">${answer}</p>
  </form></main>`;
}
