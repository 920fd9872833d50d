import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { filled } from './filled.ts';
import { askingPage, cis2Page } from './frame.ts';
import { words } from './words.ts';

const { signOut: says } = words;

/** Asks before a sign-out that nobody proved to be wanted. `question` is the id of what waits for the answer. */
export const confirmSignOutPage = (
  action: string,
  question: string,
  applicationName: string | null,
  development: boolean,
): Answer =>
  askingPage(200, {
    title: says.title,
    development,
    main: html`<p class="lead">${applicationName === null ? says.leadOfPage : filled(says.lead, { application: applicationName })}</p>
<form method="post" action="${action}">
<input type="hidden" name="question" value="${question}">
<div class="actions"><button>${says.button}</button></div>
</form>
<p>${says.stay}</p>`,
  });

export const signedOutPage = (development: boolean): Answer =>
  cis2Page(200, {
    title: says.doneTitle,
    development,
    main: html`<p class="lead">${says.done}</p>
<p>${says.card}</p>`,
  });
