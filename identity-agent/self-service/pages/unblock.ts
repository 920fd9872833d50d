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

/** Asks for the card's own unblocking code and a new PIN. */
export const unblock: CardPage = {
  id: 'unblock',
  title: 'Enter the unblocking code',
  fields: { unblockingCode: digits, ...newPinForms },
  main: ({ status, path, insertion }) => html`${cardSummary(status)}
<p>Your Registration Authority gives you this code. Three wrong entries make the card useless.</p>
${cardForm(
  `${path}/unblock`,
  insertion,
  html`${secretField('unblockingCode', 'Unblocking code of the card', '8 digits', true)}${newPinFields()}`,
  'Unblock',
)}`,
  act: async (agent, { unblockingCode = '', newPin = '', again }) =>
    newPin === again
      ? saidOf(
          await agent.unblockPin(unblockingCode, newPin),
          'Your smartcard is unblocked and has the new PIN.',
        )
      : differ,
};
