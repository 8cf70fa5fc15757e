// Code, machine and data of each run: enough to do it again, and to see which data a figure rests on.
import type { Artifact } from '../store/learning-store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { moment } from './numbers.ts';
import type { RunView } from './run-view.ts';

export function provenanceBody(views: readonly RunView[]): Html {
  return html`<div class="scroll"><table class="wide">
<thead><tr><th scope="col">run</th><th scope="col">id</th><th scope="col">code</th><th scope="col">machine</th><th scope="col">started (UTC)</th><th scope="col">read</th><th scope="col">made</th></tr></thead>
<tbody>${views.map(({ run, name, inputs, outputs }) => html`<tr><th scope="row">${name}</th><td class="mono">${run.id}</td><td class="mono">${run.codeRevision}</td><td>${run.host}</td><td class="number">${moment(run.startedAtIso)}</td><td>${artifactList(inputs)}</td><td>${artifactList(outputs)}</td></tr>`)}</tbody>
</table></div>`;
}

function artifactList(artifacts: readonly Artifact[]): Html[] {
  return artifacts.map(({ name, version, digest }) => html`<div>${name}:v${version} <span class="mono quiet" title="${digest}">${digest.slice(0, 10)}</span></div>`);
}
