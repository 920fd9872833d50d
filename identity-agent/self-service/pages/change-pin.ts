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

/** Lets the holder change the PIN. */
export const changePin: CardPage = {
  id: 'change-pin',
  title: 'Change your PIN',
  fields: { pin: digits, ...newPinForms },
  main: ({ status, path, insertion }) => html`${cardSummary(status)}
${cardForm(
  `${path}/change-pin`,
  insertion,
  html`${secretField('pin', 'Your PIN now', 'Three wrong entries block the card', true)}${newPinFields()}`,
  'Change PIN',
)}`,
  act: async (agent, { pin = '', newPin = '', again }) =>
    newPin === again ? saidOf(await agent.changePin(pin, newPin), 'Your PIN was changed.') : differ,
};
