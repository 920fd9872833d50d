const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and for quoted attribute values. */
export const escapeHtml = (value: string): string => value.replace(/[&<>"']/g, (c) => entities[c] ?? c);

/** A piece of markup whose parts were escaped. Only `html` and `trusted` make one. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Value = string | number | boolean | null | undefined | Html | Value[];

function render(value: Value): string {
  if (Array.isArray(value)) return value.map(render).join('');
  if (value instanceof Html) return String(value);
  if (value === null || value === undefined || value === false || value === true) return '';
  return escapeHtml(String(value));
}

/** A template whose every value is escaped, except values that are markup already. Attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  let markup = parts[0] ?? '';
  values.forEach((value, index) => {
    markup += render(value) + (parts[index + 1] ?? '');
  });
  return new Html(markup);
}

/** Markup that is our own constant text, such as an SVG file. Never call it with anything from outside. */
export const trusted = (markup: string): Html => new Html(markup);

/** A link target that is http or https; anything else becomes `#`, so no script URL reaches a page. */
export function safeHref(value: string): string {
  const url = URL.parse(value);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : '#';
}
