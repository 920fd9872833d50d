import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { words } from '../text/words.ts';
import { cis2Page } from './frame.ts';

const { help: says } = words;

export const helpPath = '/help/smartcard';

/** Possible causes if the agent shows nothing. */
export const hopHelp = (): Html =>
  html`<ul>${says.causes.map(({ cause, fix }) => html`<li><strong>${cause}</strong> ${fix}</li>`)}</ul>`;

/** `GET /help/smartcard`, also for users who see the browser's own error page. */
export const helpPage = (development: boolean): Answer =>
  cis2Page(200, {
    title: says.title,
    development,
    main: html`<p class="lead">${says.lead}</p>
${hopHelp()}
<p>${says.otherwise}</p>`,
  });
