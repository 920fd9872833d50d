const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and quoted attribute values. */
export const escapeHtml = (value: string): string => value.replace(/[&<>"']/g, (c) => entities[c] ?? c);

/** Markup with escaped values. Only `html` and `trusted` create it. */
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

/** Builds markup from a template. Escapes every value except markup. Attributes must be quoted. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  let markup = parts[0] ?? '';
  values.forEach((value, index) => {
    markup += render(value) + (parts[index + 1] ?? '');
  });
  return new Html(markup);
}

/** Marks constant text of the product, such as an SVG file, as markup. Never call it with outside data. */
export const trusted = (markup: string): Html => new Html(markup);

/** Returns a link target that is http or https, otherwise `#`, so that no script URL reaches a page. */
export function safeHref(value: string): string {
  const url = URL.parse(value);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : '#';
}
