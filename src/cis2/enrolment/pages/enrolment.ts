import type { Answer } from '@alongside/kernel/answer';
import { type Html, html } from '@alongside/kernel/html';
import { accountPath } from '../../model/relying-party.ts';
import { cis2Page } from '../../pages/frame.ts';
import { filled, markedUp, words } from '../../text/words.ts';

const { enrolment: says, common, account } = words;

/** Browsers send the referrer only to our own pages. */
export const ownReferrer = { 'referrer-policy': 'same-origin' } as const;

/** The page of an officer's link. */
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
  cis2Page(200, {
    title: says.title,
    development,
    main: html`<dl class="summary"><dt>${common.for}</dt><dd>${personName}</dd><dt>${says.what}</dt><dd>${label}</dd><dt>${common.need}</dt><dd>${hint}</dd></dl>
<p>${says.onlyYou}</p>
<form method="post" action="${action}"><div class="actions"><button>${says.begin}</button></div></form>`,
  }).with(ownReferrer);

/** The last page of an enrolment. */
export const enrolledPage = ({
  label,
  note,
  ownAccount,
  others,
  development,
}: {
  label: string;
  note: string;
  ownAccount: boolean;
  /** Sessions of the user in other browsers. */
  others: number;
  development: boolean;
}): Answer =>
  cis2Page(200, {
    title: says.doneTitle,
    development,
    main: html`<p class="note" role="status">${markedUp(says.done, { label, note }, (text) => html`<strong>${text}</strong>`)}</p>
${ownAccount ? html`${otherSessions(others)}<p><a href="${accountPath}">${account.back}</a></p>` : html`<p>${says.close}</p>`}`,
  });

/** Offers to end the sessions of the user in other browsers; undefined without any. */
export const otherSessions = (others: number): Html | undefined =>
  others === 0
    ? undefined
    : html`<div class="panel"><h2>${account.others}</h2><p>${filled(others === 1 ? account.otherSession : account.otherSessions, { others })}</p>
<form method="post" action="${accountPath}/end-others"><div class="actions"><button class="secondary">${account.endOthers}</button></div></form></div>`;
