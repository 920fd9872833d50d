import { html } from '@alongside/kernel/html';
import type { InteractionPage } from './page.ts';

/** Shown when no PIN attempts are left. */
export const blocked: InteractionPage = {
  id: 'blocked',
  applies: ({ status }) => status.state === 'blocked',
  title: 'Your smartcard is blocked',
  main: ({ status }, path) => html`<p class="error" role="alert">${status.reason}</p>
<p><a class="button" href="${path}/card">Unblock this smartcard</a></p>
<p>Or use another card of yours, or another way to sign in.</p>`,
  cancelled: () => 'card_blocked',
};
