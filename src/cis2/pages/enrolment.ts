import type { Answer } from '@alongside/kernel/answer';
import { html } from '@alongside/kernel/html';
import { framedPage } from '@alongside/kernel/layout';
import { accountPath } from '../interaction/own-party.ts';
import { serviceName } from './text.ts';

/** Browsers tell our own pages where a form comes from, and nobody else. */
export const ownReferrer = { 'referrer-policy': 'same-origin' } as const;

/** What a person finds behind an officer's link. */
export const linkPage = ({
  label,
  hint,
  personName,
  action,
  development,
}: {
  label: string;
  hint: string;
  personName: string;
  action: string;
  development: boolean;
}): Answer =>
  framedPage(200, {
    title: 'Set up a way to sign in',
    service: serviceName,
    development,
    main: html`<dl class="summary"><dt>For</dt><dd>${personName}</dd><dt>What</dt><dd>${label}</dd><dt>You need</dt><dd>${hint}</dd></dl>
<p>Go on only if this is you. The link works once, and for 15 minutes.</p>
<form method="post" action="${action}"><div class="actions"><button>Begin</button></div></form>`,
  }).with(ownReferrer);

/** The end of an enrolment. */
export const enrolledPage = ({
  label,
  note,
  ownAccount,
  development,
}: {
  label: string;
  note: string;
  ownAccount: boolean;
  development: boolean;
}): Answer =>
  framedPage(200, {
    title: 'You can sign in with it now',
    service: serviceName,
    development,
    main: html`<p class="note" role="status"><strong>${label}</strong> is set up. ${note}</p>
${ownAccount ? html`<p><a href="${accountPath}">Back to your ways to sign in</a></p>` : html`<p>You can close this page, and choose it when you sign in next time.</p>`}`,
  });
