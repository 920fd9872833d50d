import { type Html, html } from '@alongside/kernel/html';
import { longDate } from '../../handoff/pages/page.ts';
import { attemptsText } from '../../protocol.ts';
import type { CardPage, CardPageContext } from './page.ts';
import { changePin, renew, unblock, unlock, unlockCode } from './pin-pages.ts';
import { signIn } from './sign-in.ts';

function pinState({ status }: CardPageContext): string {
  if (status.problem === 'card_blocked') return 'blocked after three wrong entries';
  const left = status.attemptsLeft;
  return left === null ? 'not known' : attemptsText(left);
}

/** Links to the operations for the card's current state. */
function acts({ status, card, path }: CardPageContext): Html {
  const blocked = status.problem === 'card_blocked';
  return html`<ul>
${blocked ? html`<li><a href="${path}/unlock-code">Unblock it with a code that is mailed to you</a></li>` : undefined}
${blocked ? html`<li><a href="${path}/unblock">Unblock it with the card's own unblocking code</a></li>` : undefined}
${blocked ? undefined : html`<li><a href="${path}/change-pin">Change your PIN</a></li>`}
${card.renewalDue && !blocked ? html`<li><a href="${path}/renew">Renew your smartcard</a></li>` : undefined}
</ul>`;
}

const overview: CardPage = {
  id: 'overview',
  title: 'Your smartcard',
  fields: {},
  main: (context) => {
    const { card, status } = context;
    const problem = status.problem === 'card_rejected' || status.problem === 'no_role';
    return html`${problem ? html`<p class="error" role="alert">${status.reason}</p>` : undefined}
<dl class="summary"><dt>Smartcard</dt><dd>${card.name}</dd><dt>PIN</dt><dd>${pinState(context)}</dd>
<dt>Certificate</dt><dd>${card.certificateEnds ? `ends on ${longDate(card.certificateEnds)}` : 'cannot be read'}</dd></dl>
${acts(context)}`;
  },
};

/** The card pages; the first has the visit's own path. */
export const cardPages: readonly CardPage[] = [
  overview,
  changePin,
  unlockCode,
  unlock,
  unblock,
  renew,
  signIn,
];

if (new Set(cardPages.map(({ id }) => id)).size !== cardPages.length)
  throw new Error('Two pages about the card have the same id.');
