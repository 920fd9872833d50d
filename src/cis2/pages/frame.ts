import type { Answer, PagePolicy } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage, type LayoutOptions } from '@alongside/kernel/layout';
import { words } from '../text/words.ts';
import { onceScriptPath } from './once-script.ts';

export type PageOptions = Omit<LayoutOptions, 'service' | 'words'>;

const frame = { lang: words.locale, ...words.frame };

/** A page of CIS2 in the common frame. */
export const cis2Page = (status: number, options: PageOptions, policy?: PagePolicy): Answer =>
  framedPage(status, { ...options, service: words.serviceName, words: frame }, policy);

/** A page with a form that may be sent once: its script keeps a second press from taking the answer to the first away. It works without. */
export const askingPage = (status: number, options: Omit<PageOptions, 'head'>): Answer =>
  cis2Page(
    status,
    { ...options, head: html`<script src="${onceScriptPath}" defer></script>` },
    { script: ["'self'"] },
  );

/** Sends the browser on by GET: what a form ends in that leads to another origin, for `form-action 'self'` would block a redirect. */
export const goingOnPage = ({
  to,
  ...options
}: Pick<PageOptions, 'title' | 'development'> & { to: string }) =>
  cis2Page(200, {
    ...options,
    head: html`<meta http-equiv="refresh" content="0;url=${to}">`,
    main: html`<p role="status">${words.common.takenOn}</p><p><a class="button" href="${to}">${words.common.next}</a></p>`,
  });
