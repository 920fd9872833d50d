import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { askingPage, cis2Page } from '../../pages/frame.ts';
import { filled, words } from '../../text/words.ts';

const { signOut: says } = words;

interface SignOutQuestion {
  action: string;
  /** Id of the sign-out that waits for the answer. */
  question: string;
  /** Null for an unknown application. */
  applicationName: string | null;
  /** Whether the session is of another browser. */
  elsewhere: boolean;
  development: boolean;
}

/** Returns the page that asks the user to confirm a sign-out. */
export const confirmSignOutPage = ({
  action,
  question,
  applicationName,
  elsewhere,
  development,
}: SignOutQuestion): Answer =>
  askingPage(200, {
    title: says.title,
    development,
    main: html`<p class="lead">${filled(says.lead, {
      asking: applicationName ?? says.page,
      where: elsewhere ? says.elsewhere : says.everywhere,
    })}</p>
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
