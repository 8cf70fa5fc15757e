// The shell of every report: one HTML document with its style inside, nothing fetched when it is opened, no script.
import { readFileSync } from 'node:fs';
import type { Html, HtmlValue } from './html.ts';
import { html, trusted } from './html.ts';

export interface Page {
  readonly title: string;
  /** Under the title: what this is of, and when it was made. */
  readonly subtitle: HtmlValue;
  readonly sections: readonly (Section | undefined)[];
}

export interface Section {
  /** Anchor; letters and dashes. */
  readonly id: string;
  readonly heading: string;
  readonly body: HtmlValue;
}

/** The document's text. */
export function page({ title, subtitle, sections }: Page): string {
  const present = sections.filter((section) => section !== undefined);
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${trusted(styleSheet())}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
${present.length > 2 && html`<nav aria-label="Sections">${present.map(({ id, heading }) => html`<a href="#${id}">${heading}</a>`)}</nav>`}
</header>
<main>
${present.map(sectionHtml)}
</main>
</body>
</html>`}\n`;
}

function sectionHtml({ id, heading, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${body}
</section>
`;
}

function styleSheet(): string {
  return readFileSync(new URL('report.css', import.meta.url), 'utf8');
}
