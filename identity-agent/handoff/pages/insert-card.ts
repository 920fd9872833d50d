import { html } from '@alongside/kernel/html';
import type { InteractionPage } from './page.ts';

/** Shown when no card is in the reader. */
export const insertCard: InteractionPage = {
  id: 'insertCard',
  applies: ({ status }) => status.card === null,
  title: 'Insert your smartcard',
  main: () =>
    html`<p role="status" class="waiting">Put your smartcard into the reader. This page goes on by itself when it is in.</p>`,
  cancelled: () => 'no_card',
  reloads: true,
};
