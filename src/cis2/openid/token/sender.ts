import type { HttpRequest } from '@alongside/kernel/http';
import type { Confirmation } from '../../../oauth/confirmation.ts';
import { readCertificate } from '../../../oauth/mutual-tls.ts';
import { tokenErrors } from '../../errors/token.ts';
import { type Addresses, type ProofChecks, readProof } from '../../model/confirmation.ts';
import { rulesOf } from '../../model/profiles.ts';
import type { RelyingParty } from '../../model/relying-party.ts';

interface Asked {
  request: HttpRequest;
  party: RelyingParty;
}

/** The key that a client proves, null when it sent no proof. The published profile knows no such header. */
export const proveKey = (addresses: Addresses, checks: ProofChecks) =>
  async function proveKey({ request, party }: Asked): Promise<{ jkt: string | null }> {
    if (!rulesOf(party.client).extended) return { jkt: null };
    const proof = await readProof(request, party.client, addresses, checks);
    if (proof && 'fault' in proof)
      throw proof.needsNonce
        ? tokenErrors.dpopNonceNeeded(proof.fault)
        : tokenErrors.dpopProofInvalid(proof.fault);
    return { jkt: proof?.jkt ?? null };
  };

/** What the tokens of this call are bound to, as the client registered and its profile wants it (RFC 9449 section 5, RFC 8705 section 3). */
export async function bindSender({
  request,
  party: { client },
  jkt,
}: Asked & { jkt: string | null }): Promise<{ confirmation: Confirmation | null }> {
  const { extended, strict } = rulesOf(client);
  if (!extended) return { confirmation: null };
  const certificate = readCertificate(request.certificate);
  const byCertificate =
    client.boundTokens === 'certificate' || (strict && jkt === null && !client.boundTokens);
  if (client.boundTokens === 'certificate' && !certificate)
    throw tokenErrors.certificateMissing(
      'the client registered tokens bound to its certificate, and none came',
    );
  if (client.boundTokens === 'dpop' && jkt === null)
    throw tokenErrors.dpopProofInvalid('the client registered tokens bound by DPoP, and no proof came');
  const confirmation: Confirmation = {
    ...(jkt === null ? {} : { jkt }),
    ...(byCertificate && certificate ? { 'x5t#S256': certificate.thumbprint } : {}),
  };
  if (Object.keys(confirmation).length > 0) return { confirmation };
  if (strict) throw tokenErrors.dpopProofInvalid('neither a DPoP proof nor a certificate came');
  return { confirmation: null };
}
