import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, trusted } from '../../../src/learning/report/html.ts';

describe('html', () => {
  it('escapes texts, in content and in attributes', () => {
    expect(html`<b title="${'"><script>'}">${"<i> & 'so'"}</b>`.text).toBe('<b title="&#34;&#62;&#60;script&#62;">&#60;i&#62; &#38; &#39;so&#39;</b>');
  });

  it('takes markup, lists and numbers as they are, and leaves out what is absent', () => {
    const rows = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${rows}</ul>${null}${undefined}${false}${0}${trusted('<hr>')}`.text).toBe('<ul><li>a</li><li>&#60;b&#62;</li></ul>0<hr>');
  });

  it('lets no text open or close anything, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(html`${text}`.text).not.toMatch(/[<>"']/);
    }));
  });
});
