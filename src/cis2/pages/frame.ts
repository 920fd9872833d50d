import type { Answer, PagePolicy } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage, type LayoutOptions } from '@alongside/kernel/layout';
import { words } from '../text/words.ts';
import { onceScriptPath } from './script-route.ts';

export type PageOptions = Omit<LayoutOptions, 'service' | 'words'>;

const frame = { lang: words.locale, ...words.frame };

/** Returns a page in the common layout. */
export const cis2Page = (status: number, options: PageOptions, policy?: PagePolicy): Answer =>
  framedPage(status, { ...options, service: words.serviceName, words: frame }, policy);

/** Returns a page with a form that is submitted once: a second press would discard the first response. It works without scripts too. */
export const askingPage = (status: number, options: Omit<PageOptions, 'head'>): Answer =>
  cis2Page(
    status,
    { ...options, head: html`<script src="${onceScriptPath}" defer></script>` },
    { script: ["'self'"] },
  );

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
