import { html } from '@alongside/kernel/html';
import { longDate } from '../../handoff/pages/page.ts';
import type { Agent } from '../../session/agent.ts';
import { cardForm, cardSummary, formResult, secretField } from './fields.ts';
import type { CardPage } from './page.ts';
import { givePin } from './sign-in.ts';

const renewed = 'Your smartcard is renewed. Nothing changes for you: the PIN stays the same.';

/** Signs in first if the user is not signed in with this card. */
async function renewWith(agent: Agent, pin: string) {
  if (pin !== '') {
    const answered = await givePin(agent, pin);
    if (!answered.ok && answered.error !== 'no_open_question') return answered;
  }
  return agent.renewCard();
}

/** Renews the certificates in their last 90 days. */
export const renew: CardPage = {
  id: 'renew',
  title: 'Renew your smartcard',
  fields: { pin: /^[0-9]{0,12}$/ },
  main: ({ status, card, path, insertion, signedIn }) => html`${cardSummary(status)}
${
  card.renewalDue && card.certificateEnds
    ? html`<p>The certificate of your smartcard ends on ${longDate(card.certificateEnds)}. After that you cannot sign in with it.</p>
${cardForm(
  `${path}/renew`,
  insertion,
  signedIn
    ? html`<input type="hidden" name="pin" value="">`
    : secretField('pin', 'PIN of your smartcard', '6 to 8 digits', true),
  'Renew now',
)}`
    : html`<p>There is nothing to renew: this can be done in the last 90 days of the certificate.</p>`
}`,
  act: async (agent, { pin = '' }) => {
    const result = await renewWith(agent, pin);
    if (result.ok) return formResult(result, renewed);
    const { error } = result;
    if (error === 'no_open_question') return { well: false, sentence: 'This card cannot sign in.' };
    return formResult({ ...result, error }, renewed);
  },
};
