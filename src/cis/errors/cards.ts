import { catalogue } from '@alongside/kernel/errors';

const wire = 'CIS protocol';
const byAgent = { actor: 'agent', source: wire } as const;
const byOperator = { actor: 'operator', source: wire } as const;
const byUser = { actor: 'user', source: wire } as const;

/** Errors of card issue, unlocking, renewal and the actions of the registration authority. */
export const cardErrors = catalogue('cis', {
  virtualCardsOff: {
    code: 'virtual_cards_not_allowed',
    status: 403,
    description: 'Virtual cards are not issued here.',
    ...byOperator,
    expected: 'an instance in development',
    fix: 'Issue smartcards. Virtual cards are for development.',
  },
  cardKeyUnfit: {
    code: 'invalid_key',
    status: 422,
    description: 'A card needs two different keys, each P-256 or RSA of 2048 to 4096 bits.',
    source: 'SP 800-78 section 3.1',
    expected: 'two different keys, each P-256 or RSA of 2048 to 4096 bits',
    fix: 'Create two different keys on the card, each P-256 or RSA of 2048 to 4096 bits.',
  },
  cardTaken: {
    code: 'card_taken',
    status: 409,
    description: 'A card with this serial already exists.',
    source: wire,
    expected: 'an unused serial',
    fix: 'Use another serial.',
  },
  cardUnknown: {
    code: 'not_found',
    status: 404,
    description: 'There is no such card.',
    source: wire,
    expected: 'the serial of a card that CIS issued',
  },
  cardNotOrdered: {
    code: 'card_not_ordered',
    status: 403,
    description: 'No registration authority has ordered this card or its renewal.',
    ...byOperator,
    expected: 'a card or renewal that the registration authority ordered',
    fix: 'Order the card or its renewal at the registration authority first.',
  },
  cardOver: {
    code: 'card_revoked',
    status: 409,
    description: 'This card has been revoked or replaced.',
    ...byOperator,
    expected: 'a card that is neither revoked nor replaced',
    fix: 'Issue a new card.',
  },
  actNotAllowed: {
    code: 'act_not_allowed',
    status: 422,
    description: 'The acting person has no position in the registration authority that allows this action.',
    ...byOperator,
    expected: 'a position in the registration authority that allows the action',
    fix: 'Give the acting person a position in the registration authority that allows the action.',
  },
  unblockingCodeUnknown: {
    code: 'no_unblocking_code',
    status: 409,
    description: 'CIS does not have the unblocking code of this card.',
    ...byOperator,
    expected: 'a card whose unblocking code CIS has',
    fix: 'Issue a new card. The issuer did not send the unblocking code to CIS.',
  },
  cardUnproven: {
    code: 'card_unproven',
    status: 401,
    description: 'The agent did not prove that this card is in its reader.',
    ...byAgent,
    expected: 'a proof by the key of the card',
    fix: 'Try again with the card in the reader. If the error persists, update the Identity Agent.',
  },
  wrongCode: {
    code: 'wrong_code',
    status: 403,
    description: 'This is not the code in the email.',
    ...byUser,
    expected: 'the code of the newest email',
    fix: 'Enter the code from the newest email.',
  },
  codeExpired: {
    code: 'expired',
    status: 410,
    description: 'No code is valid any more. Please ask for a new one.',
    ...byUser,
    expected: 'an unexpired code',
    fix: 'Ask for a new code.',
  },
  renewalTooEarly: {
    code: 'renewal_too_early',
    status: 409,
    description: 'The certificates of this card cannot be renewed yet.',
    ...byUser,
    expected: 'a certificate that expires soon',
    fix: 'Renew the certificates closer to their expiry.',
  },
  mailMissing: {
    code: 'not_found',
    status: 404,
    description: 'There is no mail with this id. Mails are stored for seven days.',
    source: wire,
    expected: 'the id of a listed mail',
    fix: 'Use the id of a listed mail: alongside mail.',
  },
  outboxOff: {
    code: 'outbox_not_shown',
    status: 403,
    description: 'Mail is shown in development only.',
    ...byOperator,
    expected: 'an instance in development',
    fix: 'Configure a mail server in production: smtpUrl.',
  },
});
