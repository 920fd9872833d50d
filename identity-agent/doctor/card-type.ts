import { type Check, ok, remark, wrong } from './check.ts';

/** Errors that mean an unreadable card. */
const unreadable = ['transaction_failed', 'malformed_response'];

export const cardType: Check = {
  name: 'card-type',
  run({ agent }) {
    if (!agent) return [];
    const { card, refusal } = agent.status;
    if (!card) return [remark('No card is in the reader.', 'Put the card in, and call the doctor again.')];
    if (refusal === 'not_a_piv_card')
      return [
        wrong(
          'The card in the reader is no PIV card.',
          'Series 8 needs "reader": "pkcs11" and the middleware of its maker; older series can no longer sign in.',
        ),
      ];
    if (unreadable.includes(refusal ?? ''))
      return [
        wrong('The card cannot be read.', 'Clean its contacts, try another reader, then another card.'),
      ];
    return [ok(`The card of ${card.name} can be read.`)];
  },
};
