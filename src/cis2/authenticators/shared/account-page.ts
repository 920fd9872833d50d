import type { Answer } from '@alongside/kernel/answer';
import { type Html, html, trusted } from '@alongside/kernel/html';
import { renderSVG } from 'uqr';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { askingPage, cis2Page, field } from '../../pages/frame.ts';
import { accountText as text } from './text.ts';

/** A problem of each field that has one. */
export type FieldProblems = Partial<Record<'password' | 'repeat' | 'code', string>>;

export interface AccountPage {
  action: string;
  email: string;
  problems: FieldProblems;
  development: boolean;
}

/** Returns the page that sets a password. `above` and `below` surround the two fields of the password. */
export const accountPage = (
  { action, email, problems, development }: AccountPage,
  title: string,
  above: Html = html``,
  below: Html = html``,
): Answer =>
  askingPage(Object.keys(problems).length > 0 ? 400 : 200, {
    title,
    development,
    main: html`${above}
<form method="post" action="${action}">
<dl class="summary"><dt>${text.signInName}</dt><dd>${email}</dd></dl>
<input type="hidden" name="username" value="${email}" autocomplete="username">
${field({ name: 'password', label: text.password, hint: text.passwordHint, type: 'password', autocomplete: 'new-password', longest: 256, problem: problems.password })}
${field({ name: 'repeat', label: text.repeat, type: 'password', autocomplete: 'new-password', longest: 256, problem: problems.repeat })}
${below}
<div class="actions"><button>${text.save}</button></div></form>`,
  }).with(ownReferrer);

/** The directory lacks data of the user, so no account can be set up. */
export const noAccountPage = (title: string, reason: string, development: boolean): Answer =>
  cis2Page(409, {
    title,
    development,
    main: html`<p class="error" role="alert">${reason}</p>`,
  });

/** Returns a QR code. It is black on white in dark mode too, because cameras need that. */
export function qrCode(text: string, label: string): Html {
  const svg = renderSVG(text, { ecc: 'M', border: 3 }).replace('<svg ', '<svg width="240" height="240" ');
  return html`<div class="picture" role="img" aria-label="${label}">${trusted(svg)}</div>`;
}
