import type { Answer, PagePolicy } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage, type LayoutOptions } from '@alongside/kernel/layout';
import { words } from '../text/words.ts';

/** @param name path of a program below `src/cis2`, without its endings */
export const programTag = (name: string): Html =>
  html`<script type="module" src="/assets/${name}.browser.js"></script>`;

export type PageOptions = Omit<LayoutOptions, 'service' | 'words'>;

export const frameWords = { lang: words.locale, ...words.frame };

/** Returns a page in the common layout. */
export const cis2Page = (status: number, options: PageOptions, policy?: PagePolicy): Answer =>
  framedPage(status, { ...options, service: words.serviceName, words: frameWords }, policy);

/** Returns a page with a form that is submitted once: a second press would discard the first response. It works without scripts too. */
export const askingPage = (status: number, options: Omit<PageOptions, 'head'>): Answer =>
  cis2Page(status, { ...options, head: programTag('pages/once') }, { script: ["'self'"] });

/** Redirects by GET after a form that leads to another origin, because `form-action 'self'` would block a redirect. */
export const goingOnPage = ({
  to,
  ...options
}: Pick<PageOptions, 'title' | 'development'> & { to: string }) =>
  cis2Page(200, {
    ...options,
    head: html`<meta http-equiv="refresh" content="0;url=${to}">`,
    main: html`<p role="status">${words.common.redirecting}</p><p><a class="button" href="${to}">${words.common.next}</a></p>`,
  });

/** An input of a form. */
interface Field {
  name: string;
  label: string;
  type: 'text' | 'email' | 'password';
  hint?: string;
  value?: string;
  autocomplete: string;
  /** The error message. */
  problem?: string | undefined;
  /** Whether it is a short code, such as six digits. */
  code?: boolean;
  longest: number;
}

/** Returns the input with its label, hint and error message. */
export function field({ name, label, type, hint, value, autocomplete, problem, code, longest }: Field): Html {
  const described = [hint && `${name}-hint`, problem && `${name}-problem`].filter(Boolean).join(' ');
  return html`<div class="field"><label for="${name}">${label}</label>
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : undefined}
${problem ? html`<p class="error-message" id="${name}-problem">${problem}</p>` : undefined}
<input type="${type}" id="${name}" name="${name}" ${value ? html`value="${value}"` : undefined} autocomplete="${autocomplete}" maxlength="${longest}" required ${code ? html`inputmode="numeric" class="short"` : undefined} ${described ? html`aria-describedby="${described}"` : undefined} ${problem ? html`aria-invalid="true"` : undefined} autocapitalize="none" spellcheck="false"></div>`;
}
