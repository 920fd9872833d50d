import { html } from '@alongside/kernel/html';
import type { InteractionPage } from './page.ts';

/** Shown when the card or its holder was refused, with the reason. */
export const rejected: InteractionPage = {
  id: 'rejected',
  applies: ({ status }) => status.state === 'cardRejected',
  title: 'This smartcard cannot be used',
  main: ({ status }) => html`<p class="error" role="alert">${status.reason}</p>
<p>To try again, take the card out and put it in again.</p>`,
  cancelled: ({ status }) => (status.problem === 'no_role' ? 'no_role' : 'card_rejected'),
};
