// The contact sheet of what a model got wrong while being sure: often a wrong label, or a kind of item it has never seen.
import { basename } from 'node:path';
import { confidentMistakes, predictedOf } from '../evaluate/evaluate-verdicts.ts';
import type { Verdict } from '../evaluate/evaluation.ts';
import type { MistakePicture } from '../evaluate/kept-evaluation.ts';
import { SHEET_SIZE } from '../evaluate/mistake-pictures.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { percent } from './numbers.ts';

/** The mistakes of `verdicts` of which there is a picture; where there is none, their names. */
export function mistakeSheet(verdicts: readonly Verdict[], pictures: readonly MistakePicture[]): Html {
  const mistakes = confidentMistakes(verdicts);
  if (mistakes.length === 0) return html`<p>None: every picture was recognised.</p>`;
  const jpegByFile = new Map(pictures.map(({ file, jpeg }) => [file, jpeg]));
  const shown = mistakes.slice(0, SHEET_SIZE);
  return html`<p class="note">${mistakes.length} of ${verdicts.length} pictures were not recognised${mistakes.length > shown.length && `; the ${shown.length} that the model was surest of`}.</p>
<ol class="sheet">${shown.map((verdict) => {
    const jpeg = jpegByFile.get(verdict.file), said = predictedOf(verdict);
    return html`<li>${jpeg !== undefined && html`<img alt="${verdict.file}, taken for ${said}" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}">`}
<div><span class="said">${said}</span> ${percent(Math.max(...verdict.probabilities))}<br>is ${verdict.actual}<br><span class="quiet" title="${verdict.file}">${basename(verdict.file)}</span></div></li>`;
  })}</ol>`;
}
