import { catalogue } from '@alongside/kernel/errors';

const wire = 'CIS protocol';
const byAgent = { actor: 'agent', source: wire } as const;
const byUser = { actor: 'user', source: wire } as const;

/** Errors of a card or its holder. The codes are those of `SignInRefusal`; the descriptions are for the user. */
export const signInErrors = catalogue('cis', {
  challengeInvalid: {
    code: 'challenge_invalid',
    status: 401,
    description: 'Signing in took too long. Please try again.',
    ...byAgent,
    expected: 'an unused challenge of the last minute',
    fix: 'Start the sign-in again.',
  },
  certificateUnreadable: {
    code: 'certificate_untrusted',
    status: 403,
    description: 'The certificate on this card cannot be read. Please contact your Registration Authority.',
    actor: 'user',
    source: 'RFC 5280 section 4.1',
    expected: 'an X.509 certificate',
    fix: 'Ask the registration authority to check the card.',
  },
  issuerUnknown: {
    code: 'certificate_untrusted',
    status: 403,
    description:
      'The authority that issued this card is not trusted here. Please contact your Registration Authority.',
    actor: 'user',
    source: 'RFC 5280 section 6.1',
    expected: 'a certificate of a trusted issuer',
    fix: 'Ask the registration authority for a card of a trusted issuer. The operator can trust the issuer in cardIssuers.',
  },
  certificateExpired: {
    code: 'certificate_expired',
    status: 403,
    description:
      'The certificate on this card has expired. Please contact your Registration Authority to renew it.',
    actor: 'user',
    source: 'RFC 5280 section 6.1.3',
    expected: 'a certificate that is valid now',
    fix: 'Ask the registration authority to renew the card.',
  },
  certificateNotYetValid: {
    code: 'certificate_expired',
    status: 403,
    description: 'The certificate on this card is not valid yet. Please check the clock of this computer.',
    actor: 'user',
    source: 'RFC 5280 section 6.1.3',
    expected: 'a certificate that is valid now',
    fix: 'Correct the clock of the workstation.',
  },
  certificateUse: {
    code: 'certificate_untrusted',
    status: 403,
    description: 'This certificate is not for signing in. Please contact your Registration Authority.',
    actor: 'user',
    source: 'RFC 5280 section 4.2.1.3',
    expected: 'a certificate for signing in',
    fix: 'Use the certificate for signing in, or ask the registration authority for a new card.',
  },
  virtualCard: {
    code: 'certificate_untrusted',
    status: 403,
    description: 'This is a virtual card for testing. Virtual cards cannot be used here.',
    ...byUser,
    expected: 'a smartcard that was issued in production',
    fix: 'Use a smartcard that was issued in production.',
  },
  certificateUnrecorded: {
    code: 'certificate_untrusted',
    status: 403,
    description: 'There is no record of this card. Please contact your Registration Authority.',
    ...byUser,
    expected: 'a card that CIS issued or registered',
    fix: 'Ask the registration authority to register the card.',
  },
  certificateRevoked: {
    code: 'certificate_revoked',
    status: 403,
    description: 'This card has been revoked. Please contact your Registration Authority.',
    actor: 'user',
    source: 'RFC 5280 section 6.3',
    expected: 'a card that is not revoked',
    fix: 'Ask the registration authority for a new card.',
  },
  revocationUnknown: {
    code: 'certificate_untrusted',
    status: 403,
    description:
      'We cannot check whether this card has been revoked. Please try again, or contact your Registration Authority.',
    actor: 'operator',
    source: 'RFC 5280 section 6.3',
    expected: 'a recent answer of the revocation service',
    fix: "Check that CIS reaches the revocation service of the card's issuer.",
  },
  signatureInvalid: {
    code: 'signature_invalid',
    status: 401,
    description: 'The signature of the card is invalid. Please take the card out and try again.',
    ...byAgent,
    expected: 'a signature of the challenge by the key of the card',
    fix: 'Take the card out, insert it and try again. The registration authority replaces a faulty card.',
  },
  personUnknown: {
    code: 'person_unknown',
    status: 403,
    description:
      'The holder of this card is not in the directory. Please contact your Registration Authority.',
    ...byUser,
    expected: 'a person of the directory',
    fix: 'Ask the registration authority to add the holder of the card to the directory.',
  },
  personDisabled: {
    code: 'person_disabled',
    status: 403,
    description: 'This account is disabled. Please contact your Registration Authority.',
    ...byUser,
    expected: 'a person who is enabled',
    fix: 'Ask the registration authority to enable the account.',
  },
  anotherPerson: {
    code: 'another_person',
    status: 403,
    description: 'This card belongs to another person. Please sign in with it instead.',
    ...byAgent,
    expected: 'a card of the person who is signed in',
    fix: 'Sign in with this card instead.',
  },
});
