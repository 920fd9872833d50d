import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { serviceName } from './text.ts';

/** Asks before a sign-out that nobody proved to be wanted. `question` is the id of what waits for the answer. */
export const confirmSignOutPage = (
  question: string,
  applicationName: string | null,
  development: boolean,
): Answer =>
  framedPage(200, {
    title: 'Do you want to sign out?',
    service: serviceName,
    development,
    main: html`<p class="lead">${applicationName === null ? 'A page' : applicationName} asks to sign you out of your care identity, everywhere in this browser.</p>
<form method="post" action="/sign-out">
<input type="hidden" name="question" value="${question}">
<div class="actions"><button>Sign out</button></div>
</form>
<p>To stay signed in, close this page.</p>`,
  });

export const signedOutPage = (development: boolean): Answer =>
  framedPage(200, {
    title: 'You are signed out',
    service: serviceName,
    development,
    main: html`<p class="lead">You are signed out of your care identity in this browser. The applications that you used have been told.</p>
<p>If your smartcard is in the reader, the Identity Agent still knows you. Take the card with you when you leave.</p>`,
  });
