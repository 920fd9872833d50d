import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { askingPage, field } from '../../pages/frame.ts';
import { filled, words } from '../../text/words.ts';
import { type AccountPage, accountPage, qrCode } from '../shared/account-page.ts';
import { totpText as text } from './text.ts';

const { common } = words;

interface SignInPage {
  interaction: Interaction;
  applicationName: string;
  /** Why the page is shown again; empty at first. */
  problem: string;
  development: boolean;
}

const signInPage = (
  { interaction, applicationName, problem, development }: SignInPage,
  title: string,
  form: Html,
) =>
  askingPage(problem ? 400 : 200, {
    title,
    development,
    main: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p>
${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
${form}
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });

/**
 * The first page: e-mail address and password.
 * @param email suggested by the application; may be empty.
 */
export const totpPasswordPage = (page: SignInPage, email: string): Answer =>
  signInPage(
    page,
    text.title,
    html`<form method="post" action="${interactionPath(page.interaction.id, 'totp/password')}">
${field({ name: 'email', label: text.email, type: 'email', value: email, autocomplete: 'username', longest: 254 })}
${field({ name: 'password', label: text.password, type: 'password', autocomplete: 'current-password', longest: 1024 })}
<div class="actions"><button>${text.next}</button></div>
</form>`,
  );

/** The second page: the code. It follows a right and a wrong password. */
export const totpCodePage = (page: SignInPage, sealed: string): Answer =>
  signInPage(
    page,
    text.codeTitle,
    html`<form method="post" action="${interactionPath(page.interaction.id, 'totp/code')}">
<input type="hidden" name="step" value="${sealed}">
${field({ name: 'code', label: text.code, hint: text.codeHint, type: 'text', autocomplete: 'one-time-code', longest: 16, code: true })}
<div class="actions"><button>${text.submit}</button></div>
</form>
<p><a href="${interactionPath(page.interaction.id, 'totp')}">${text.again}</a></p>`,
  );

/** Returns the key in groups of four, for typing. */
const typed = (secret: string): string => (secret.match(/.{1,4}/g) ?? []).join(' ');

/** Sets up the app: the key, a password, and a code that proves that the app has the key. */
export const totpEnrolmentPage = (
  page: AccountPage,
  { uri, secret, replaces }: { uri: string; secret: string; replaces: boolean },
): Answer =>
  accountPage(
    page,
    text.enrolment.title,
    html`${replaces ? html`<p class="warning">${text.enrolment.replaces}</p>` : undefined}
<p>${text.enrolment.scan}</p>
${qrCode(uri, text.enrolment.picture)}
<p>${text.enrolment.byHand}<br><strong class="code typed" data-secret>${typed(secret)}</strong></p>`,
    field({
      name: 'code',
      label: text.enrolment.code,
      hint: text.enrolment.codeHint,
      type: 'text',
      autocomplete: 'one-time-code',
      longest: 16,
      code: true,
      problem: page.problems.code,
    }),
  );
