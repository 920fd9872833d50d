import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { maxLabelLength } from '../../enrolment/enrolment.ts';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { cis2Page, programTag } from '../../pages/frame.ts';
import { filled, words } from '../../text/words.ts';
import { webAuthnText as text } from './text.ts';
import type { WebAuthnVariant } from './variants.ts';

const { common } = words;

/** A page on which the browser communicates with an authenticator. */
interface WebAuthnPage {
  variant: WebAuthnVariant;
  /** Options for the browser, as JSON. */
  options: object;
  /** Address that receives the result. */
  action: string;
  /** Why the page is shown again; empty at first. */
  problem: string;
  development: boolean;
}

interface PageContent {
  title: string;
  /** Above the button. */
  lead: Html;
  ceremony: 'create' | 'get';
  button: string;
  /** Further fields of the form. */
  fields?: Html;
  /** Below the form. */
  footer?: Html;
}

const errorLine = (name: string, sentence: string, thing: string): Html =>
  html`<p class="error" role="alert" data-says="${name}" hidden>${filled(sentence, { thing })}</p>`;

/** A sign-in starts by itself. Otherwise the user starts with the button, which the script enables. */
function webAuthnPage(
  { variant: { thing }, options, action, problem, development }: WebAuthnPage,
  { title, lead, ceremony, button, fields, footer }: PageContent,
): Answer {
  const main = html`${lead}
${problem ? html`<p class="error" role="alert" data-says="problem">${problem}</p>` : undefined}
<noscript><p class="error">${filled(text.noScript, { thing })}</p></noscript>
${Object.entries(text.browser).map(([name, sentence]) => errorLine(name, sentence, thing))}
<div role="status"><p class="note waiting" data-says="waiting" hidden>${filled(text.waiting, { thing })}</p>
<p class="note" data-says="done" hidden>${text.done}</p></div>
<form method="post" action="${action}" data-webauthn="${ceremony}" data-options="${JSON.stringify(options)}" ${problem || ceremony === 'create' ? undefined : html`data-auto="1"`}>
<input type="hidden" name="response" id="response">
${fields}
<div class="actions"><button id="start" disabled>${button}</button></div>
</form>
${footer}`;
  return cis2Page(
    problem ? 400 : 200,
    { title, development, head: programTag('authenticators/webauthn/webauthn'), main },
    { script: ["'self'"] },
  );
}

/** @param choicePath address of the choice page. */
export const webAuthnSignInPage = (page: WebAuthnPage, applicationName: string, choicePath: string): Answer =>
  webAuthnPage(page, {
    title: filled(text.signIn, { thing: page.variant.thing }),
    lead: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p><p>${page.variant.hint}</p>`,
    ceremony: 'get',
    button: page.problem ? common.again : common.signIn,
    footer: html`<p><a href="${choicePath}">${text.otherWay}</a></p>`,
  });

/** The user sets up an authenticator and names it. */
export const webAuthnCreationPage = (page: WebAuthnPage, personName: string, label: string): Answer =>
  webAuthnPage(page, {
    title: filled(text.setUp, { thing: page.variant.thing }),
    lead: html`<dl class="summary"><dt>${common.for}</dt><dd>${personName}</dd><dt>${common.need}</dt><dd>${page.variant.enrolmentHint}</dd></dl>`,
    ceremony: 'create',
    fields: html`<div class="field"><label for="label">${text.name}</label><p class="hint" id="label-hint">${text.nameHint}</p>
<input type="text" id="label" name="label" value="${label}" maxlength="${maxLabelLength}" autocomplete="off" aria-describedby="label-hint"></div>`,
    button: page.problem ? common.again : text.setUpButton,
  }).with(ownReferrer);
