import { html } from '@alongside/kernel/html';
import {
  cardForm,
  cardSummary,
  differ,
  digits,
  newPinFields,
  newPinForms,
  saidOf,
  secretField,
} from './fields.ts';
import type { CardPage } from './page.ts';

/** Asks for the mailed code and a new PIN. */
export const unlock: CardPage = {
  id: 'unlock',
  title: 'Enter the code from your mail',
  fields: { code: digits, ...newPinForms },
  main: ({ status, path, insertion, development }) => html`${cardSummary(status)}
${development ? html`<p class="quiet">This is a test system: no mail leaves it, "npx alongside mail" shows it.</p>` : undefined}
${cardForm(
  `${path}/unlock`,
  insertion,
  html`${secretField('code', 'Code from the mail', '8 digits, good for 15 minutes', true)}${newPinFields()}`,
  'Unblock',
)}
<p><a href="${path}/unlock-code">Ask for another code</a></p>`,
  act: async (agent, { code = '', newPin = '', again }) =>
    newPin === again
      ? saidOf(await agent.unlockCard(code, newPin), 'Your smartcard is unblocked and has the new PIN.')
      : differ,
};
