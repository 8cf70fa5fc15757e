// HTML and SVG from templates in which every value is escaped: names of materials, runs and files come from outside, and one
// called <script> must show as that. Only what such a template made goes in as it is.

/** Finished markup; made by {@link html} and {@link trusted} alone. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** `html\`<b>${name}</b>\``: texts are escaped for content and for attributes in double quotes, lists joined, null, undefined and false left out. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, index) => part + (index < values.length ? markup(values[index]) : '')).join(''));
}

/** Markup that somebody else vouches for: a style sheet of ours, an SVG drawing of ours. */
export function trusted(text: string): Html {
  return new Html(text);
}

function markup(value: HtmlValue): string {
  if (value instanceof Html) return value.text;
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(value);
  return value.map(markup).join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
