import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { longestLabel } from '../../enrolment/label.ts';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import { webAuthnScriptPath } from './script.ts';
import type { WebAuthnKind } from './variants.ts';

/** A page on which the browser talks to an authenticator. */
export interface WebAuthnPage {
  title: string;
  /** What it is about, above the button. */
  lead: Html;
  /** Within a sentence: "your security key". */
  thing: string;
  ceremony: 'create' | 'get';
  /** Options for the browser, as JSON. */
  options: object;
  /** Where the result goes. */
  action: string;
  /** More for the form, above its button. */
  fields?: Html;
  button: string;
  /** Why the page comes again; empty at first. */
  problem: string;
  /** What else the person can do. */
  otherwise?: Html;
  development: boolean;
}

const errorLine = (name: string, sentence: string, thing: string): Html =>
  html`<p class="error" role="alert" data-says="${name}" hidden>${filled(sentence, { thing })}</p>`;

/** It begins by itself, and again by its button, which waits for the script: before, the form would go without a result. */
function webAuthnPage({ thing, problem, ...page }: WebAuthnPage): Answer {
  const { waiting, done, browser, noScript } = words.webAuthn;
  const main = html`${page.lead}
${problem ? html`<p class="error" role="alert" data-says="problem">${problem}</p>` : undefined}
<noscript><p class="error">${filled(noScript, { thing })}</p></noscript>
${Object.entries(browser).map(([name, sentence]) => errorLine(name, sentence, thing))}
<div role="status"><p class="note waiting" data-says="waiting" hidden>${filled(waiting, { thing })}</p>
<p class="note" data-says="done" hidden>${done}</p></div>
<form method="post" action="${page.action}" data-webauthn="${page.ceremony}" data-options="${JSON.stringify(page.options)}" ${problem || page.ceremony === 'create' ? undefined : html`data-auto="1"`}>
<input type="hidden" name="response" id="response">
${page.fields}
<div class="actions"><button id="start" disabled>${page.button}</button></div>
</form>
${page.otherwise}`;
  return cis2Page(
    problem ? 400 : 200,
    {
      title: page.title,
      development: page.development,
      head: html`<script src="${webAuthnScriptPath}" defer></script>`,
      main,
    },
    { script: ["'self'"] },
  );
}

const { webAuthn: says, common } = words;

type Shown = Pick<WebAuthnPage, 'options' | 'action' | 'problem' | 'development'> & { kind: WebAuthnKind };

/** Where a person signs in with an authenticator of one kind. */
export const webAuthnSignInPage = ({
  kind,
  applicationName,
  otherWay,
  ...page
}: Shown & {
  applicationName: string;
  /** Address of the choice. */
  otherWay: string;
}): Answer =>
  webAuthnPage({
    ...page,
    title: filled(says.signIn, { thing: kind.thing }),
    lead: html`<p class="lead">${filled(common.signingIn, { application: applicationName })}</p><p>${kind.hint}</p>`,
    thing: kind.thing,
    ceremony: 'get',
    button: page.problem ? common.again : common.signIn,
    otherwise: html`<p><a href="${otherWay}">${says.otherWay}</a></p>`,
  });

/** Where a person sets one up, and names it. */
export const webAuthnCreationPage = ({
  kind,
  personName,
  label,
  ...page
}: Shown & { personName: string; label: string }): Answer =>
  webAuthnPage({
    ...page,
    title: filled(says.setUp, { thing: kind.thing }),
    lead: html`<dl class="summary"><dt>${common.for}</dt><dd>${personName}</dd><dt>${common.need}</dt><dd>${kind.enrolmentHint}</dd></dl>`,
    thing: kind.thing,
    ceremony: 'create',
    fields: html`<div class="field"><label for="label">${says.name}</label><p class="hint" id="label-hint">${says.nameHint}</p>
<input type="text" id="label" name="label" value="${label}" maxlength="${longestLabel}" autocomplete="off" aria-describedby="label-hint"></div>`,
    button: page.problem ? common.again : says.setUpButton,
  }).with(ownReferrer);
