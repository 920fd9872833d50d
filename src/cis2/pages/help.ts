import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { hopCauses, serviceName } from './text.ts';

export const helpPath = '/help/smartcard';

/** What may be wrong when the hop to the agent shows nothing. */
export const hopHelp = (): Html =>
  html`<ul>${hopCauses.map(({ cause, mend }) => html`<li><strong>${cause}</strong> ${mend}</li>`)}</ul>`;

/** `GET /help/smartcard`: also for a person who came to the browser's own error page. */
export const helpPage = (development: boolean): Answer =>
  framedPage(200, {
    title: 'If the smartcard does not work',
    service: serviceName,
    development,
    main: html`<p class="lead">To sign in with a smartcard, the browser goes to the Identity Agent on this computer and comes back. If the browser says that it cannot reach 127.0.0.1, one of these is the cause:</p>
${hopHelp()}
<p>Then go back to your application and begin again, or choose another way to sign in.</p>`,
  });
