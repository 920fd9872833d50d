import type { HttpRequest } from '@alongside/kernel/http';
import { decodeJwt } from '@alongside/kernel/jws';
import type { Cis2Half } from '../../oauth/applications.ts';
import { checkProof, proofAlgorithmsOf } from '../../oauth/dpop.ts';
import type { ProofNonces } from '../../oauth/dpop-nonce.ts';

/** What proofs are checked with. */
export type ProofChecks = Parameters<typeof checkProof>[2] & {
  /** Where a proof must carry one of these. */
  proofNonces?: ProofNonces | undefined;
};

/** Why a proof does not hold, in words for the log; `needsNonce` where a nonce of ours is all that may be wrong. */
interface ProofFault {
  fault: string;
  needsNonce?: true;
}

/** The addresses under which one endpoint is known: its own, and the one for clients with a certificate. */
export type Addresses = readonly [string, ...string[]];

/**
 * The DPoP proof of a call: its key, a fault in words for the log, or undefined when none came (RFC 9449 section 4).
 * A client may call either address of the endpoint; what it may sign with, its profile says.
 */
export async function readProof(
  request: HttpRequest,
  { profile }: Pick<Cis2Half, 'profile'>,
  addresses: Addresses,
  checks: ProofChecks,
  accessToken?: string,
): Promise<{ jkt: string } | ProofFault | undefined> {
  const header = request.headers.dpop;
  if (header === undefined) return undefined;
  const proof = [header].flat().join(',');
  if (checks.proofNonces && !checks.proofNonces.accepts(proof))
    return { fault: 'the proof has no nonce of ours, or an old one', needsNonce: true };
  const htu = decodeJwt(proof)?.claims.htu;
  const url = addresses.find((address) => address === htu) ?? addresses[0];
  const algorithms = proofAlgorithmsOf(profile);
  const target = {
    ...{ method: request.method, url, algorithms },
    ...(accessToken === undefined ? {} : { accessToken }),
  };
  return checkProof(proof, target, checks);
}
