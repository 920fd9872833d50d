import { equalSecrets, sha256 } from '@alongside/kernel/secrets';
import { confirmationOf } from '../../oauth/confirmation.ts';
import { checkProof, proofAlgorithmsOf } from '../../oauth/dpop.ts';
import { SingleUse } from '../../storage/single-use.ts';
import type { Dependencies } from '../dependencies.ts';
import { errors } from '../errors/catalogue.ts';
import type { HeaderMap } from '../headers.ts';
import type { Arrival } from './arrival.ts';
import type { Verified } from './token.ts';

/** Requires the certificate that the token was issued to (RFC 8705 section 3). */
function checkCertificate(wanted: string | undefined, certificate: Buffer | undefined): void {
  if (wanted === undefined) return;
  if (certificate === undefined)
    throw errors.wrongCertificate('the token is bound to a certificate, and none came');
  if (!equalSecrets(sha256(certificate), wanted))
    throw errors.wrongCertificate('the certificate is not the one that the token is bound to');
}

const nothing = 'the token is bound to no key of a proof';

/**
 * Requires a bound token to be used with its key and in its own scheme (RFC 9449 section 7). Refuses a proof with an unbound
 * token, because its sender expects a protection that does not exist. Tokens of the nhs profile are never bound, and a proof with
 * them is ignored.
 */
export const checkBinding = (dependencies: Dependencies) => {
  const { clock, database, urls, mutualTlsUrl, proofNonces } = dependencies;
  const origins = [urls.api, mutualTlsUrl ?? []].flat();
  const checks = { clock, singleUse: new SingleUse(database, clock) };

  async function checkKey(jkt: string, call: Arrival & Verified & { client: HeaderMap }): Promise<void> {
    const { request, client, presented, trace } = call;
    const proof = client.get('dpop');
    trace.nonce = proofNonces?.current();
    if (proof === undefined) throw errors.missingProof('the scheme is DPoP, and no proof came');
    if (proofNonces && !proofNonces.accepts(proof))
      throw errors.nonceRequired('the proof has no nonce of ours, or an old one');
    const url = origins.map((origin) => origin + request.path);
    const algorithms = proofAlgorithmsOf(trace.profile);
    const target = { method: request.method, url, accessToken: presented.token, algorithms };
    const result = await checkProof(proof, target, checks);
    if ('fault' in result) throw errors.invalidProof(result.fault);
    if (!equalSecrets(result.jkt, jkt))
      throw errors.invalidProof('the key of the proof is not the one that the token is bound to');
  }

  return async function checkBinding(call: Arrival & Verified & { client: HeaderMap }): Promise<void> {
    const { request, client, token, presented, trace } = call;
    const { jkt, 'x5t#S256': x5t } = confirmationOf(token) ?? {};
    checkCertificate(x5t, request.certificate);
    if (jkt !== undefined) {
      if (presented.scheme !== 'dpop') throw errors.boundToken('a token bound to a key came as Bearer');
      await checkKey(jkt, call);
    } else if (presented.scheme === 'dpop') throw errors.unboundToken(nothing);
    else if (trace.profile !== 'nhs' && client.has('dpop')) throw errors.unboundToken(nothing);
  };
};
