import { type Html, html } from '@alongside/kernel/html';
import { accountPath } from '../../model/account-client.ts';
import { filled } from '../../text/filled.ts';
import { words } from '../../text/words.ts';

const { account: says } = words;

/** Offers to end the sessions of the user in other browsers; undefined without any. */
export const otherSessions = (others: number): Html | undefined =>
  others === 0
    ? undefined
    : html`<div class="panel"><h2>${says.others}</h2><p>${filled(others === 1 ? says.otherSession : says.otherSessions, { others })}</p>
<form method="post" action="${accountPath}/end-others"><div class="actions"><button class="secondary">${says.endOthers}</button></div></form></div>`;
