import { Refusal } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import { kernelErrors } from '@alongside/kernel/kernel-errors';
import { proofAlgorithms } from '../dpop.ts';

/** Returns the challenge of a protected resource (RFC 6750 section 3, RFC 9449 section 7.1). An entry without a code names no error. */
export function resourceChallenge(realm: string, thrown: unknown, { headers }: HttpRequest): string {
  const { entry, extra } =
    thrown instanceof Refusal ? thrown : { entry: kernelErrors.unexpected.entry, extra: {} };
  const { code, description } = entry;
  const { scheme: wanted, algs = proofAlgorithms.join(' ') } = extra as Refusal['extra'];
  const isDpop = /^dpop\b/i.test(headers.authorization ?? '') || code === 'invalid_dpop_proof';
  const dpop = wanted === undefined ? isDpop : wanted === 'DPoP';
  const challenge = `${dpop ? `DPoP algs="${algs}",` : 'Bearer'} realm="${realm}"`;
  return code === '' ? challenge : `${challenge}, error="${code}", error_description="${description}"`;
}
