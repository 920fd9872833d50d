import { html } from '@alongside/kernel/html';
import { cardForm, cardSummary, saidOf } from './fields.ts';
import type { CardPage } from './page.ts';

/** Requests a code by mail from CIS. */
export const unlockCode: CardPage = {
  id: 'unlock-code',
  title: 'Unblock your smartcard',
  fields: {},
  next: 'unlock',
  main: ({ status, path, insertion }) => html`${cardSummary(status)}
<p>We can mail a code to the address that your Registration Authority has of you. It is good for 15 minutes.
Leave the card in the reader, and do not close this page.</p>
${cardForm(`${path}/unlock-code`, insertion, html``, 'Mail me a code')}
<p><a href="${path}/unlock">I have a code already</a></p>`,
  act: async (agent) =>
    saidOf(
      await agent.requestUnlockCode(),
      'If your smartcard can be unblocked in this way, a code is on its way to you.',
    ),
};
