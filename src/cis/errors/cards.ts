import { catalogue } from '@alongside/kernel/errors';

const wire = 'CIS protocol';

/** Refusals in the life of cards: issue, unlocking, renewal, acts of the registration authority. */
export const cardErrors = catalogue('cis', {
  virtualCardsOff: {
    code: 'virtual_cards_not_allowed',
    status: 403,
    description: 'Virtual cards are not issued here.',
    actor: 'operator',
    source: wire,
  },
  cardKeyUnfit: {
    code: 'invalid_key',
    status: 422,
    description: 'A card has two different keys, each P-256 or RSA of 2048 to 4096 bits.',
    actor: 'developer',
    source: 'SP 800-78 section 3.1',
  },
  cardTaken: {
    code: 'card_taken',
    status: 409,
    description: 'There is a card of this serial already.',
    actor: 'developer',
    source: wire,
  },
  cardUnknown: {
    code: 'not_found',
    status: 404,
    description: 'There is no such card.',
    actor: 'developer',
    source: wire,
  },
  cardNotOrdered: {
    code: 'card_not_ordered',
    status: 403,
    description: 'No registration authority has ordered this card, or its renewal.',
    actor: 'operator',
    source: wire,
  },
  cardOver: {
    code: 'card_revoked',
    status: 409,
    description: 'This card has been revoked or replaced.',
    actor: 'operator',
    source: wire,
  },
  actNotAllowed: {
    code: 'act_not_allowed',
    status: 422,
    description: 'The acting person has no position of the registration authority that may do this.',
    actor: 'operator',
    source: wire,
  },
  unblockingCodeUnknown: {
    code: 'no_unblocking_code',
    status: 409,
    description: 'The unblocking code of this card is not kept here.',
    actor: 'operator',
    source: wire,
  },
  cardUnproven: {
    code: 'card_unproven',
    status: 401,
    description: 'The agent did not prove that this card is in its reader.',
    actor: 'agent',
    source: wire,
  },
  wrongCode: {
    code: 'wrong_code',
    status: 403,
    description: 'This is not the code that was mailed.',
    actor: 'user',
    source: wire,
  },
  codeExpired: {
    code: 'expired',
    status: 410,
    description: 'There is no code that is still good. Please ask for a new one.',
    actor: 'user',
    source: wire,
  },
  renewalTooEarly: {
    code: 'renewal_too_early',
    status: 409,
    description: 'The certificates of this card cannot be renewed yet.',
    actor: 'user',
    source: wire,
  },
  outboxOff: {
    code: 'outbox_not_shown',
    status: 403,
    description: 'Mail is shown in development only.',
    actor: 'operator',
    source: wire,
  },
});
