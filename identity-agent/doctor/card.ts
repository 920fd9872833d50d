import { roleText } from '../../src/cis/protocol.ts';
import type { Check } from './check.ts';
import { ok, remark, wrong } from './report.ts';

/** Whether the server is on another machine, which does not accept virtual cards. */
const isRealDesk = (cisUrl: string): boolean =>
  !['localhost', '127.0.0.1', '[::1]'].includes(new URL(cisUrl).hostname);

export const reader: Check = {
  name: 'reader',
  run({ agent }) {
    if (!agent) return [];
    const { reader: name, readerProblem, cisUrl } = agent.configuration;
    if (name === 'Virtual reader' && isRealDesk(cisUrl))
      return [
        remark(
          'The reader is the virtual one, which no real card goes into.',
          'Set "reader" to "pcsc" or "pkcs11" in the policy, and start the agent again.',
        ),
      ];
    if (name !== null) return [ok(name)];
    return [
      wrong(
        readerProblem ?? 'The agent has no card reader.',
        'Plug the reader in, and see that its driver and the card service (pcscd; on Windows "Smart Card") run.',
      ),
    ];
  },
};

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

const newCard = 'The person needs a new card or certificate from the Registration Authority.';

/** Certificate errors with their fixes. */
const certificateRefusals: Readonly<Record<string, string>> = {
  certificate_expired: newCard,
  certificate_revoked: newCard,
  certificate_untrusted:
    'The card is of another authority, or CIS does not know its authority: compare the certificate with the authorities of CIS.',
  object_missing: newCard,
  signature_invalid: newCard,
};

export const certificate: Check = {
  name: 'certificate',
  run({ agent }) {
    const { card, refusal, reason } = agent?.status ?? {};
    if (!agent || !card) return [];
    const fix = certificateRefusals[refusal ?? ''];
    if (fix !== undefined) return [wrong(reason ?? 'The certificate was refused.', fix)];
    if (card.certificateEnds == null) return [];
    const day = card.certificateEnds.slice(0, 10);
    if (Date.parse(card.certificateEnds) <= Date.parse(agent.configuration.now))
      return [wrong(`The certificate of the card ended on ${day}.`, newCard)];
    return card.renewalDue
      ? [
          remark(
            `The certificate of the card ends on ${day}.`,
            'identity-agent renew, or the page /card of the agent.',
          ),
        ]
      : [ok(`The certificate of the card ends on ${day}.`)];
  },
};

export const pin: Check = {
  name: 'pin',
  run({ agent }) {
    const { card, problem, attemptsLeft } = agent?.status ?? {};
    if (!agent || !card) return [];
    if (problem === 'card_blocked')
      return [
        wrong(
          'The PIN of the card is blocked.',
          `The holder unblocks it at ${agent.configuration.url}/card with a mailed code, or the Registration Authority does.`,
        ),
      ];
    if (attemptsLeft == null) return [];
    return attemptsLeft < 3
      ? [remark(`${attemptsLeft} PIN attempt${attemptsLeft === 1 ? ' is' : 's are'} left.`)]
      : [ok('All PIN attempts are left.')];
  },
};

const position = 'The Registration Authority assigns the person to a position.';

/** User errors with their fixes. */
const personRefusals: Readonly<Record<string, string>> = {
  person_unknown: 'Ask the Registration Authority to add the person to the directory of CIS.',
  person_disabled: 'The Registration Authority enables the account again.',
  no_role: position,
};

export const role: Check = {
  name: 'role',
  run({ agent }) {
    if (!agent) return [];
    const { problem, refusal, reason, person, roles, role: chosen } = agent.status;
    const fix = personRefusals[problem === 'no_role' ? 'no_role' : (refusal ?? '')];
    if (fix !== undefined) return [wrong(reason ?? 'The person has no role.', fix)];
    if (!person) return [];
    if (roles.length === 0) return [remark('The person who is signed in has no role.', position)];
    if (!chosen && agent.configuration.generation === 'hscn')
      return [remark('The person has not chosen a role yet.', 'Choose it at the page that asks.')];
    return [ok(chosen ? roleText(chosen) : `${roles.length} roles; CIS2 asks for one.`)];
  },
};
