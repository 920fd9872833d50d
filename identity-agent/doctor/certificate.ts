import { type Check, ok, remark, wrong } from './check.ts';

const authority = 'The person needs a new card or certificate from the Registration Authority.';

/** Certificate errors with their fixes. */
const refusals: Readonly<Record<string, string>> = {
  certificate_expired: authority,
  certificate_revoked: authority,
  certificate_untrusted:
    'The card is of another authority, or CIS does not know its authority: compare the certificate with the authorities of CIS.',
  object_missing: authority,
  signature_invalid: authority,
};

export const certificate: Check = {
  name: 'certificate',
  run({ agent }) {
    const { card, refusal, reason } = agent?.status ?? {};
    if (!agent || !card) return [];
    const mend = refusals[refusal ?? ''];
    if (mend !== undefined) return [wrong(reason ?? 'The certificate was refused.', mend)];
    if (card.certificateEnds == null) return [];
    const day = card.certificateEnds.slice(0, 10);
    if (Date.parse(card.certificateEnds) <= Date.parse(agent.configuration.now))
      return [wrong(`The certificate of the card ended on ${day}.`, authority)];
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
