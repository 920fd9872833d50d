import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { field } from '../../pages/field.ts';
import { askingPage, cis2Page } from '../../pages/frame.ts';
import { qrCode } from '../../pages/qr.ts';
import { words } from '../../text/words.ts';

const { secrets: says } = words;

/** What is wrong with a form, by its fields. */
export type FieldProblems = Partial<Record<'password' | 'repeat' | 'code', string>>;

interface Shown {
  action: string;
  email: string;
  problems: FieldProblems;
  development: boolean;
}

const newPassword = (problems: FieldProblems): Html =>
  html`${field({ name: 'password', label: says.password, hint: says.passwordHint, type: 'password', autocomplete: 'new-password', longest: 256, problem: problems.password })}
${field({ name: 'repeat', label: says.repeat, type: 'password', autocomplete: 'new-password', longest: 256, problem: problems.repeat })}`;

const framed = (title: string, { action, email, problems, development }: Shown, above: Html, fields: Html) =>
  askingPage(Object.keys(problems).length > 0 ? 400 : 200, {
    title,
    development,
    main: html`${above}
<form method="post" action="${action}">
<dl class="summary"><dt>${says.signInName}</dt><dd>${email}</dd></dl>
<input type="hidden" name="username" value="${email}" autocomplete="username">
${fields}
<div class="actions"><button>${says.save}</button></div></form>`,
  }).with(ownReferrer);

/** The key in groups of four, as apps let it be typed. */
const typed = (secret: string): string => (secret.match(/.{1,4}/g) ?? []).join(' ');

/** Setting up an authenticator app: the key, a password, and one code as the proof that the app has the key. */
export const totpEnrolmentPage = (
  shown: Shown & { uri: string; secret: string; replaces: boolean },
): Answer =>
  framed(
    says.title,
    shown,
    html`${shown.replaces ? html`<p class="warning">${says.twice}</p>` : undefined}
<p>${says.scan}</p>
${qrCode(shown.uri, says.picture)}
<p>${says.byHand}<br><strong class="code typed" data-secret>${typed(shown.secret)}</strong></p>`,
    html`${newPassword(shown.problems)}
${field({ name: 'code', label: says.code, hint: says.codeHint, type: 'text', autocomplete: 'one-time-code', longest: 16, code: true, problem: shown.problems.code })}`,
  );

/** Setting a password, in development. */
export const passwordEnrolmentPage = (shown: Shown): Answer =>
  framed(says.passwordTitle, shown, html``, newPassword(shown.problems));

/** The directory does not say enough of the person. */
export const noAccountPage = (title: string, sentence: string, development: boolean): Answer =>
  cis2Page(409, {
    title,
    development,
    main: html`<p class="error" role="alert">${sentence}</p>`,
  });
