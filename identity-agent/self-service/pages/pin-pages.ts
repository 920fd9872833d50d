import { type Html, html } from '@alongside/kernel/html';
import { longDate } from '../../handoff/pages/page.ts';
import type { Agent } from '../../session/agent.ts';
import { isPin } from '../../session/card-acts.ts';
import {
  type CardPage,
  cardForm,
  cardSummary,
  differ,
  digits,
  formResult,
  newPinFields,
  newPinForms,
  notPin,
  secretField,
} from './page.ts';
import { givePin } from './sign-in.ts';

const unblocked = 'Your smartcard is unblocked and has the new PIN.';

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
  async act(agent, { pin = '', newPin = '', again }) {
    if (!isPin(pin)) return notPin;
    if (newPin !== again) return differ;
    return formResult(await agent.changePin(pin, newPin), 'Your PIN was changed.');
  },
};

/** Requests a code by mail from CIS. */
export const unlockCode: CardPage = {
  id: 'unlock-code',
  title: 'Unblock your smartcard',
  fields: {},
  next: 'unlock',
  main: ({ status, path, insertion }) => html`${cardSummary(status)}
<p>We can mail a code to the address that your Registration Authority has of you. It is valid for 15 minutes.
Leave the card in the reader, and do not close this page.</p>
${cardForm(`${path}/unlock-code`, insertion, html``, 'Mail me a code')}
<p><a href="${path}/unlock">I have a code already</a></p>`,
  act: async (agent) =>
    formResult(
      await agent.requestUnlockCode(),
      'If your smartcard can be unblocked in this way, a code is on its way to you.',
    ),
};

/** Returns the form with a code and a new PIN. */
const codeForm = (path: string, insertion: string, field: Html): Html =>
  cardForm(path, insertion, html`${field}${newPinFields()}`, 'Unblock');

/** Asks for the mailed code and a new PIN. */
export const unlock: CardPage = {
  id: 'unlock',
  title: 'Enter the code from your mail',
  fields: { code: digits, ...newPinForms },
  main: ({ status, path, insertion, development }) => html`${cardSummary(status)}
${development ? html`<p class="quiet">This is a test system: no mail leaves it, "npx alongside mail" shows it.</p>` : undefined}
${codeForm(`${path}/unlock`, insertion, secretField('code', 'Code from the mail', '8 digits, valid for 15 minutes', true))}
<p><a href="${path}/unlock-code">Ask for another code</a></p>`,
  act: async (agent, { code = '', newPin = '', again }) =>
    newPin === again ? formResult(await agent.unlockCard(code, newPin), unblocked) : differ,
};

/** Asks for the card's own unblocking code and a new PIN. */
export const unblock: CardPage = {
  id: 'unblock',
  title: 'Enter the unblocking code',
  fields: { unblockingCode: digits, ...newPinForms },
  main: ({ status, path, insertion }) => html`${cardSummary(status)}
<p>Your Registration Authority gives you this code. Three wrong entries make the card useless.</p>
${codeForm(`${path}/unblock`, insertion, secretField('unblockingCode', 'Unblocking code of the card', '8 digits', true))}`,
  act: async (agent, { unblockingCode = '', newPin = '', again }) =>
    newPin === again ? formResult(await agent.unblockPin(unblockingCode, newPin), unblocked) : differ,
};

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
    if (pin !== '' && !isPin(pin)) return notPin;
    const result = await renewWith(agent, pin);
    if (result.ok) return formResult(result, renewed);
    const { error } = result;
    if (error === 'no_open_question') return { well: false, sentence: 'This card cannot sign in.' };
    return formResult({ ...result, error }, renewed);
  },
};
