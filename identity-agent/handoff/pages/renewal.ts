import { html } from '@alongside/kernel/html';
import { dateInWords } from '../../self-service/pages/dates.ts';
import type { InteractionPage } from './page.ts';

/** Offers to renew a certificate that expires soon. */
export const renewal: InteractionPage = {
  id: 'renewal',
  applies: ({ offersRenewal }) => offersRenewal,
  title: 'Renew your smartcard',
  main: ({ status, notice }, path) => html`${
    notice === 'not_renewed'
      ? html`<p class="error" role="alert">The smartcard could not be renewed now. You can go on, and try again later.</p>`
      : undefined
  }
<dl class="summary"><dt>Smartcard</dt><dd>${status.card?.name}</dd></dl>
<p>The certificate of your smartcard ends on ${dateInWords(status.card?.certificateEnds ?? '')}. After that you cannot sign in with it. Renewing takes a moment, and your PIN stays the same.</p>
<form method="post" action="${path}/renewal" class="actions">
<button name="how" value="now">Renew now</button>
<button class="secondary" name="how" value="later">Not now</button>
</form>`,
  signedIn: true,
  cancelled: () => 'cancelled',
};
