import type { Headers } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import { proofAlgorithmsOf } from '../oauth/dpop.ts';
import { type ErrorName, errorNameOf } from './errors/catalogue.ts';
import type { Trace } from './trace.ts';

const badToken = 'invalid_token';
const badProof = 'invalid_dpop_proof';

/** `error` of the challenge (RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9). */
const codes: Readonly<Partial<Record<ErrorName, string>>> = {
  invalidToken: badToken,
  expiredToken: badToken,
  boundToken: badToken,
  unboundToken: badToken,
  wrongCertificate: badToken,
  wrongAudience: badToken,
  personDisabled: badToken,
  missingProof: badProof,
  invalidProof: badProof,
  nonceRequired: 'use_dpop_nonce',
};

/**
 * Returns the challenge for a refused token. The published gateway sends none, so a token of the nhs profile gets none. For a
 * bound token, the challenge names its scheme.
 */
export function challengeOf(refusal: Refusal, { scheme, profile, nonce }: Trace): Headers {
  const name = errorNameOf(refusal);
  const error = name && codes[name];
  if (error === undefined || profile === 'nhs' || (profile === undefined && scheme !== 'dpop')) return {};
  const bound = scheme === 'dpop' || name === 'boundToken';
  const challenge = bound
    ? `DPoP error="${error}", algs="${proofAlgorithmsOf(profile).join(' ')}"`
    : `Bearer error="${error}"`;
  return { 'www-authenticate': challenge, ...(nonce === undefined ? {} : { 'dpop-nonce': nonce }) };
}
