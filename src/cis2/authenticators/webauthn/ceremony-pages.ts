import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { longestLabel } from '../../enrolment/label.ts';
import { ownReferrer } from '../../enrolment/pages/enrolment.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';
import type { WebAuthnKind } from './kind.ts';
import { type WebAuthnPage, webAuthnPage } from './page.ts';

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
