import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { type Interaction, interactionPath } from '../../model/interactions.ts';
import { field } from '../../pages/field.ts';
import { askingPage } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { totp: says, common } = words;

/** Where the person is, and what the page has to say. */
interface Shown {
  interaction: Interaction;
  applicationName: string;
  /** What the application says of the person. */
  email: string;
  /** Why the page comes again; empty at first. */
  problem: string;
  development: boolean;
}

const framed = ({ interaction, applicationName, problem, development }: Shown, title: string, form: Html) =>
  askingPage(problem ? 400 : 200, {
    title,
    development,
    main: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p>
${problem ? html`<p class="error" role="alert">${problem}</p>` : undefined}
${form}
<p><a href="${interactionPath(interaction.id)}">${common.otherWay}</a></p>`,
  });

/** First page of the authenticator app: who the person is. */
export const totpPasswordPage = (shown: Shown): Answer =>
  framed(
    shown,
    says.title,
    html`<form method="post" action="${interactionPath(shown.interaction.id, 'totp/password')}">
${field({ name: 'email', label: says.email, type: 'email', value: shown.email, autocomplete: 'username', longest: 254 })}
${field({ name: 'password', label: says.password, type: 'password', autocomplete: 'current-password', longest: 1024 })}
<div class="actions"><button>${says.next}</button></div>
</form>`,
  );

/** Second page: the code. It comes whether the first was answered rightly or not. */
export const totpCodePage = (shown: Shown & { step: string }): Answer =>
  framed(
    shown,
    says.codeTitle,
    html`<form method="post" action="${interactionPath(shown.interaction.id, 'totp/code')}">
<input type="hidden" name="step" value="${shown.step}">
${field({ name: 'code', label: says.code, hint: says.codeHint, type: 'text', autocomplete: 'one-time-code', longest: 16, code: true })}
<div class="actions"><button>${says.submit}</button></div>
</form>
<p><a href="${interactionPath(shown.interaction.id, 'totp')}">${says.again}</a></p>`,
  );
