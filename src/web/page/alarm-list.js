// Active alarms: what happened, what to do, and who has seen it.
import { html, useState } from '/library/htm-preact.js';
import { command, mayAct } from '/service.js';

export function AlarmList({ alarms, session }) {
  const [answer, setAnswer] = useState('');
  const acknowledge = async ({ alarm, subject }) => {
    setAnswer('');
    try {
      await command('acknowledge-alarm', subject === '' ? { alarm } : { alarm, subject });
    } catch (error) {
      setAnswer(`not acknowledged: ${error.message}`);
    }
  };
  return html`<section class="alarms" aria-label="Alarms" aria-live="assertive">
    ${alarms.map((each) => html`<div key=${`${each.alarm}/${each.subject}`} class=${each.acknowledgedBy ? 'alarm seen' : 'alarm'}>
      <div><strong>▲ ${each.alarm}${each.subject === '' ? '' : ` (${each.subject})`}</strong> ${each.message.replace(/\.$/, '')}.<br /><span>${each.whatToDo}</span></div>
      ${each.acknowledgedBy ? html`<span class="faint">seen by ${each.acknowledgedBy}</span>` : mayAct(session, 'operator') && html`<button class="small" onClick=${() => acknowledge(each)}>Acknowledge<span class="hidden"> ${each.alarm}</span></button>`}
    </div>`)}
    <p class="answer bad" role="alert">${answer}</p>
  </section>`;
}
